//! `minke run`: a cluster of its own for some manifests, in front of the user, until they are done.

mod follow;
mod manifests;
mod outcome;
mod output;

use crate::{
    cluster::{self, Cluster},
    data_dir::DataDir,
    settings::Settings,
    signals::Signals,
};
use anyhow::{Result, anyhow};
use futures::{StreamExt, TryStreamExt};
use http::Request;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject},
    core::ApiResource,
    runtime::{WatchStreamExt, watcher},
};
use manifests::Manifest;
use node::Pods;
use output::Output;
use std::{collections::BTreeMap, path::PathBuf, pin::pin};

/// What Ctrl-C ends with: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;

/// An object that this run created.
struct Created {
    api: Api<DynamicObject>,
    name: String,
}

/// Runs manifests and returns the exit code.
pub async fn run(files: &[PathBuf], settings: &Settings) -> Result<u8> {
    let manifests: Vec<Manifest> =
        files.iter().map(|file| manifests::read(file)).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    let data = DataDir::open(&settings.data_dir())?;
    let mut signals = Signals::listen()?;
    let instance = data.private_instance()?;
    let cluster = cluster::start(cluster::Options::private(&data, &instance, settings)).await?;
    let result = show(&cluster, &manifests, &mut signals).await;
    cluster.stop(Pods::Stop).await;
    drop(instance);
    result
}

/// Creates the objects, follows the pods until they are done or the user has seen enough, and deletes what it created.
async fn show(cluster: &Cluster, manifests: &[Manifest], signals: &mut Signals) -> Result<u8> {
    let client = cluster.admin_client();
    let output = Output::detect();
    let mut created = Vec::new();
    let mut result = create_all(&client, manifests, output, &mut created).await.map(|()| INTERRUPTED);
    if result.is_ok() {
        tokio::select! {
            code = follow_pods(&client, output) => result = code,
            () = signals.stop() => {}
        }
    }
    tokio::select! {
        removed = delete_all(&client, created, output) => removed?,
        () = signals.stop() => {}
    }
    result
}

async fn create_all(client: &Client, manifests: &[Manifest], output: Output, created: &mut Vec<Created>) -> Result<()> {
    for Manifest { kind, object, origin } in manifests {
        let resource = ApiResource {
            group: kind.group.into(),
            version: kind.version.into(),
            api_version: kind.api_version(),
            kind: kind.kind.into(),
            plural: kind.plural.into(),
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

/// Shows state changes and logs of all pods until they are all done, and returns what they came to.
async fn follow_pods(client: &Client, output: Output) -> Result<u8> {
    let mut events =
        pin!(watcher(Api::<Pod>::all(client.clone()), watcher::Config::default()).default_backoff().applied_objects());
    let mut pods: BTreeMap<String, Pod> = BTreeMap::new();
    let mut followers = follow::Followers::new(client.clone(), output);
    while let Some(pod) = events.try_next().await? {
        let key = format!(
            "{}/{}",
            pod.metadata.namespace.as_deref().unwrap_or_default(),
            pod.metadata.name.as_deref().unwrap_or_default()
        );
        followers.see(&pod);
        pods.insert(key, pod);
        let all: Vec<Pod> = pods.values().cloned().collect();
        if let Some(code) = outcome::exit_code(&all) {
            followers.finish().await;
            return Ok(code);
        }
    }
    Err(anyhow!("the watch on pods ended"))
}

/// Deletes what was created, last first, and waits until it is gone.
async fn delete_all(client: &Client, created: Vec<Created>, output: Output) -> Result<()> {
    let mut gone = pin!(watcher(Api::<Pod>::all(client.clone()), watcher::Config::default()).default_backoff());
    for Created { api, name } in created.into_iter().rev() {
        match api.delete(&name, &DeleteParams::default()).await {
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            deleted => drop(deleted?),
        }
    }
    let pods = Api::<Pod>::all(client.clone());
    while !pods.list_metadata(&kube::api::ListParams::default()).await?.items.is_empty() {
        match gone.next().await {
            Some(Ok(watcher::Event::Delete(pod))) => {
                output.state(&format!("pod/{}", pod.metadata.name.unwrap_or_default()), "deleted");
            }
            Some(_) => {}
            None => break,
        }
    }
    Ok(())
}
