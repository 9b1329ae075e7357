//! `minke run`: a cluster of its own for some manifests, in front of the user, until they are done.

mod follow;
mod manifests;
mod outcome;
mod output;
mod pods;
mod state;

use crate::{
    cluster::{self, Cluster},
    data_dir::DataDir,
    settings::Settings,
    signals::Signals,
};
use anyhow::{Result, anyhow};
use http::Request;
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject},
    core::ApiResource,
};
use manifests::Manifest;
use output::Output;
use pods::Pods;
use std::path::PathBuf;

/// What Ctrl-C ends with: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;

/// An object that this run created.
struct Created {
    api: Api<DynamicObject>,
    name: String,
}

/// Runs manifests and returns the exit code.
pub async fn run(files: &[PathBuf], settings: &Settings) -> Result<u8> {
    let served = settings.served_kinds()?;
    let manifests: Vec<Manifest> = files
        .iter()
        .map(|file| manifests::read(file, &served))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    let data = DataDir::open(&settings.data_dir())?;
    let mut signals = Signals::listen()?;
    let instance = data.private_instance()?;
    let cluster = cluster::start(cluster::Options::private(&data, &instance, settings)).await?;
    let result = show(&cluster, &manifests, &mut signals).await;
    cluster.stop(node::Pods::Stop).await;
    drop(instance);
    result
}

/// Creates the objects, follows the pods until they are done or the user has seen enough, and deletes what it created.
async fn show(cluster: &Cluster, manifests: &[Manifest], signals: &mut Signals) -> Result<u8> {
    let client = cluster.admin_client();
    let output = Output::detect();
    let mut pods = Pods::watch(&client, output);
    let mut created = Vec::new();
    let mut result = create_all(&client, manifests, output, &mut created).await.map(|()| INTERRUPTED);
    if result.is_ok() && !manifests.iter().any(Manifest::is_pod) {
        output.state("run", "no Pod in the manifests, so there is nothing to wait for");
        result = Ok(0);
    } else if result.is_ok() {
        tokio::select! {
            code = pods.done() => result = code,
            () = signals.stop() => {}
        }
    }
    let remove = async {
        delete_all(created).await?;
        pods.gone().await
    };
    tokio::select! {
        removed = remove => removed?,
        () = signals.stop() => pods.delete_now().await?,
    }
    result
}

async fn create_all(client: &Client, manifests: &[Manifest], output: Output, created: &mut Vec<Created>) -> Result<()> {
    for Manifest { kind, object, origin } in manifests {
        let resource = ApiResource {
            group: kind.group.to_string(),
            version: kind.version.to_string(),
            api_version: kind.api_version(),
            kind: kind.kind.to_string(),
            plural: kind.plural.to_string(),
        };
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
        let api: Api<DynamicObject> = if kind.namespaced {
            Api::namespaced_with(client.clone(), namespace, &resource)
        } else {
            Api::all_with(client.clone(), &resource)
        };
        // As kubectl: a field that the kind does not have is a mistake.
        let request = Request::post(format!("{}?fieldValidation=Strict", api.resource_url()))
            .header("content-type", "application/json")
            .body(serde_json::to_vec(object)?)?;
        let answer: DynamicObject = client.request(request).await.map_err(|error| match error {
            kube::Error::Api(status) => anyhow!("{origin}: {}", status.message),
            other => anyhow!("{origin}: {other}"),
        })?;
        let name = answer.metadata.name.unwrap_or_default();
        output.state(&format!("{}/{name}", kind.singular()), "created");
        created.push(Created { api, name });
    }
    Ok(())
}

/// Deletes what was created, last first.
async fn delete_all(created: Vec<Created>) -> Result<()> {
    for Created { api, name } in created.into_iter().rev() {
        match api.delete(&name, &DeleteParams::default()).await {
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            deleted => drop(deleted?),
        }
    }
    Ok(())
}
