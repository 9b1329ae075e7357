//! Empties namespaces that are being deleted, and then lets them go.

mod conditions;
mod content;

use crate::{
    error::Error,
    framework::{Controller, Informer, Key, Next, Row},
};
use futures::future::BoxFuture;
use k8s_openapi::{
    api::core::v1::{Namespace, NamespaceStatus},
    apimachinery::pkg::apis::meta::v1::Time,
    jiff::Timestamp,
};
use kube::{Api, Client, Resource, ResourceExt, api::PostParams};
use std::{sync::Arc, time::Duration};
use tokio::time;

/// The finalizer in `spec.finalizers` that stands for this controller.
const FINALIZER: &str = "kubernetes";
/// When what remains has not gone by then, it is deleted once more.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) const ROW: Row = Row {
    name: "namespace-controller",
    service_account: "namespace-controller",
    // They do not work so much as wait for what goes.
    workers: 100,
    start: |setup| {
        let namespaces = setup.watch::<Namespace>("", |event| vec![Key::of(&**event.object())]);
        Arc::new(NamespaceController { client: setup.client.clone(), namespaces })
    },
};

struct NamespaceController {
    client: Client,
    namespaces: Arc<Informer<Namespace>>,
}

impl Controller for NamespaceController {
    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Next, Error>> {
        Box::pin(async {
            match self.namespaces.get(key) {
                Some(namespace) => self.empty(&namespace).await,
                None => Ok(Next::Await),
            }
        })
    }
}

/// The key of the namespace that an object is in.
pub(crate) fn key_of_namespace(object: &Arc<impl Resource>) -> Vec<Key> {
    object.namespace().map(Key::cluster).into_iter().collect()
}

/// Whether a namespace is in use, and not being deleted.
pub(crate) fn is_active(namespace: &Namespace) -> bool {
    namespace.metadata.deletion_timestamp.is_none() && phase(namespace) != Some("Terminating")
}

fn phase(namespace: &Namespace) -> Option<&str> {
    namespace.status.as_ref()?.phase.as_deref()
}

/// The finalizers that others have yet to remove; `None` when it is not this controller's turn.
fn other_finalizers(namespace: &Namespace) -> Option<Vec<String>> {
    namespace.metadata.deletion_timestamp.as_ref()?;
    let finalizers = namespace.spec.as_ref()?.finalizers.clone()?;
    let others: Vec<_> = finalizers.iter().filter(|finalizer| *finalizer != FINALIZER).cloned().collect();
    (others.len() < finalizers.len()).then_some(others)
}

impl NamespaceController {
    /// A round of deleting what is in a namespace.
    async fn empty(&self, namespace: &Namespace) -> Result<Next, Error> {
        let Some(other_finalizers) = other_finalizers(namespace) else { return Ok(Next::Await) };
        let name = namespace.name_any();
        let progress = content::delete(&self.client, &name).await;
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        report(&namespaces, namespace, &progress).await.map_err(Error::during("write the status", &name))?;
        if progress.is_empty() {
            let finalized = finalize(&namespaces, namespace, other_finalizers).await;
            finalized.map_err(Error::during("remove the finalizer", &name))?;
            return Ok(Next::Await);
        }
        if progress.failures.is_empty() && progress.discovery_failure.is_none() {
            // Whether or not all of it went in time, the rest is dealt with by another round.
            let _ = time::timeout(PATIENCE, content::gone(&self.client, &name, progress.resources())).await;
            return Ok(Next::After(Duration::ZERO));
        }
        Ok(Next::Retry)
    }
}

async fn report(namespaces: &Api<Namespace>, namespace: &Namespace, progress: &content::Progress) -> kube::Result<()> {
    let status = namespace.status.clone().unwrap_or_default();
    let before = status.conditions.unwrap_or_default();
    let after = conditions::update(&before, progress, &Time(Timestamp::now()));
    if before == after && phase(namespace) == Some("Terminating") {
        return Ok(());
    }
    let mut reported = unconditional(namespace);
    reported.status = Some(NamespaceStatus { phase: Some("Terminating".into()), conditions: Some(after) });
    // Kubernetes' role has no right to patch.
    ignore_missing(namespaces.replace_status(&namespace.name_any(), &PostParams::default(), &reported).await)
}

async fn finalize(namespaces: &Api<Namespace>, namespace: &Namespace, finalizers: Vec<String>) -> kube::Result<()> {
    let mut finalized = unconditional(namespace);
    finalized.spec.get_or_insert_default().finalizers = Some(finalizers);
    let name = namespace.name_any();
    ignore_missing(namespaces.replace_subresource("finalize", &name, &PostParams::default(), &finalized).await)
}

/// A namespace to write a part of: changes of others in between, of labels for example, do not matter.
fn unconditional(namespace: &Namespace) -> Namespace {
    let mut namespace = namespace.clone();
    namespace.metadata.resource_version = None;
    namespace
}

/// A namespace that is gone meanwhile is what this is all about.
fn ignore_missing<T>(result: kube::Result<T>) -> kube::Result<()> {
    match result {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => other.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn namespace(deleted: bool, finalizers: &Value) -> Namespace {
        let timestamp = deleted.then_some("2026-01-01T00:00:00Z");
        let metadata = json!({ "name": "n", "deletionTimestamp": timestamp });
        serde_json::from_value(json!({ "metadata": metadata, "spec": { "finalizers": finalizers } })).unwrap()
    }

    #[test]
    fn a_namespace_is_emptied_when_it_is_deleted_and_not_yet_finalized() {
        let cases = [
            (false, json!(["kubernetes"]), None),
            (true, json!(["kubernetes"]), Some(vec![])),
            (true, json!(["example.com/mine", "kubernetes"]), Some(vec!["example.com/mine".to_owned()])),
            (true, json!(["example.com/mine"]), None),
            (true, json!([]), None),
            (true, Value::Null, None),
        ];
        for (deleted, finalizers, expected) in cases {
            let namespace = namespace(deleted, &finalizers);
            assert_eq!(other_finalizers(&namespace), expected, "{deleted} {finalizers}");
            assert_eq!(is_active(&namespace), !deleted);
        }
    }
}
