//! Files of volumes that follow what they were made from, while the pod runs.
//!
//! The kubelet looks again every minute or so; here each config map and secret is watched, and the pod itself for the
//! downward API. A change makes all files of the pod anew; those that are right are left alone.

use super::{context::SharedContext, view::View};
use crate::{
    directories::PodDirectory,
    events::{EventType::Warning, pod_reference},
    volumes::{References, shown_by, shows_objects, volumes_of},
};
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream, SelectAll},
};
use k8s_openapi::{
    NamespaceResourceScope,
    api::core::v1::{ConfigMap, Pod, Secret},
};
use kube::{
    Api, Client, Resource,
    core::PartialObjectMeta,
    runtime::{WatchStreamExt, watcher},
};
use std::{fmt::Debug, pin::pin};
use tokio::sync::watch;

/// Whether there is anything to follow.
pub fn is_needed(pod: &Pod) -> bool {
    volumes_of(pod).iter().any(shows_objects)
}

/// Keeps the files of the pod's volumes as they should be. Begins with a look, for what changed since they were made.
pub async fn keep_current(context: SharedContext, mut view: watch::Receiver<View>, directory: PodDirectory) {
    let mut pod = view.borrow_and_update().pod.clone();
    let mut changes = pin!(changes(&context.client, &pod));
    let mut complaint = None;
    loop {
        tokio::select! {
            Some(()) = changes.next() => {}
            seen = view.changed() => {
                if seen.is_err() {
                    return;
                }
                let new = view.borrow_and_update().pod.clone();
                let shows_the_same = shown(&new) == shown(&pod);
                pod = new;
                if shows_the_same {
                    continue;
                }
            }
        }
        let outcome = context.volumes.refresh(&pod, &directory).await.map_err(|error| error.to_string());
        // What is missing now may come back; until then it is said once.
        if let Err(message) = &outcome
            && complaint.as_ref() != Some(message)
        {
            context.recorder.record(pod_reference(&pod), Warning, "FailedMount", message.clone());
        }
        complaint = outcome.err();
    }
}

/// What the downward API shows of a pod and can change.
fn shown(pod: &Pod) -> impl PartialEq + '_ {
    let spec = pod.spec.as_ref();
    let resources = spec.map(|spec| spec.containers.iter().map(|container| &container.resources).collect::<Vec<_>>());
    (&pod.metadata.labels, &pod.metadata.annotations, resources)
}

/// Something for each change of what the pod's volumes refer to.
fn changes(client: &Client, pod: &Pod) -> impl Stream<Item = ()> + use<> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
    let References { config_maps, secrets } = shown_by(pod);
    let config_maps = config_maps.iter().map(|name| changes_of::<ConfigMap>(client, namespace, name));
    let secrets = secrets.iter().map(|name| changes_of::<Secret>(client, namespace, name));
    // A pod without either waits for its own changes alone.
    config_maps.chain(secrets).collect::<SelectAll<_>>().chain(stream::pending())
}

fn changes_of<K>(client: &Client, namespace: &str, name: &str) -> BoxStream<'static, ()>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + Debug + Send + 'static,
{
    let only = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let events = watcher(Api::<PartialObjectMeta<K>>::namespaced(client.clone(), namespace), only).default_backoff();
    events.filter(|event| std::future::ready(event.as_ref().is_ok_and(is_change))).map(drop).boxed()
}

/// Whether something is other than it was, or may be: at the end of a list.
fn is_change<K>(event: &watcher::Event<K>) -> bool {
    matches!(event, watcher::Event::Apply(_) | watcher::Event::Delete(_) | watcher::Event::InitDone)
}
