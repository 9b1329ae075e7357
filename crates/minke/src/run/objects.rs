//! The objects of a run: created in order, deleted in reverse.

use super::{manifests::Manifest, output::Output};
use anyhow::{Result, anyhow};
use http::Request;
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject},
    core::ApiResource,
};

/// An object that this run created.
pub struct Created {
    api: Api<DynamicObject>,
    name: String,
}

/// Creates all, and notes in `created` those that it has.
pub async fn create_all(
    client: &Client,
    manifests: &[Manifest],
    output: Output,
    created: &mut Vec<Created>,
) -> Result<()> {
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
pub async fn delete_all(created: Vec<Created>) -> Result<()> {
    for Created { api, name } in created.into_iter().rev() {
        match api.delete(&name, &DeleteParams::default()).await {
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            deleted => drop(deleted?),
        }
    }
    Ok(())
}
