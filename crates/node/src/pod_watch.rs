//! The pods of this node as the API server tells of them: each change goes to the pod's worker, and who is new is judged
//! first.

use crate::{
    admission,
    adoption::Leftovers,
    events::{EventType::Warning, pod_reference},
    pod::{Observed, Rejection},
    pod_object::PodObject,
    pod_workers::{Context, Inheritance, PodWorkers, SharedContext},
};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::{
    Api, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Follows the pods of this node and hands each change to the pod's worker.
pub async fn watch_pods(context: SharedContext, workers: PodWorkers, leftovers: Leftovers) {
    let pods: Api<PodObject> = Api::all(context.client.clone());
    let selector = watcher::Config::default().fields(&format!("spec.nodeName={}", context.node_name));
    let mut events = watcher(pods, selector).default_backoff().boxed();
    let mut leftovers = Some(leftovers);
    let mut listed = Vec::new();
    loop {
        match events.try_next().await {
            Ok(Some(watcher::Event::Apply(object))) => {
                if let Some(pod) = readable(&context, &workers, object) {
                    take(&context, &workers, pod, Inheritance::default()).await;
                }
            }
            Ok(Some(watcher::Event::Delete(object))) => workers.gone(&object.uid().unwrap_or_default()),
            Ok(Some(watcher::Event::Init)) => listed.clear(),
            Ok(Some(watcher::Event::InitApply(object))) => listed.push(object),
            Ok(Some(watcher::Event::InitDone)) => {
                let listed = std::mem::take(&mut listed);
                let inheritances = settle(&context, leftovers.take(), &listed).await;
                replace(&context, &workers, listed, inheritances).await;
            }
            Ok(None) => return,
            Err(error) => tracing::warn!(%error, "cannot watch the pods of this node"),
        }
    }
}

/// The pod, if it can be read. One that cannot stays as it is until it is to go: then whatever there is of it ends.
fn readable(context: &Context, workers: &PodWorkers, object: PodObject) -> Option<Pod> {
    let (metadata, is_deleting, error) = match object {
        PodObject::Readable(pod) => return Some(*pod),
        PodObject::Unreadable { metadata, is_deleting, error } => (metadata, is_deleting, error),
    };
    let uid = metadata.uid.clone().unwrap_or_default();
    tracing::warn!(error, pod = metadata.name, namespace = metadata.namespace, uid, "a pod cannot be read");
    if is_deleting && workers.has(&uid) {
        workers.gone(&uid);
    } else if is_deleting {
        let status_manager = context.status_manager.clone();
        let pod = Pod { metadata: *metadata, ..Pod::default() };
        tokio::spawn(async move {
            status_manager.finish(&Arc::new(pod), PodStatus::default()).await;
            status_manager.forget(&uid);
        });
    }
    None
}

/// At the first list: what earlier runs left goes to the pods that are wanted, the rest is removed.
async fn settle(context: &Context, leftovers: Option<Leftovers>, listed: &[PodObject]) -> HashMap<String, Inheritance> {
    let Some(leftovers) = leftovers else { return HashMap::new() };
    let wanted: HashSet<_> = listed.iter().filter_map(is_wanted).collect();
    leftovers.settle(context, |uid| wanted.contains(uid)).await
}

/// The uid of a pod that goes on. For one that cannot be read there will be nobody to take over what is left of it.
fn is_wanted(object: &PodObject) -> Option<&str> {
    match object {
        PodObject::Readable(pod) => pod.metadata.uid.as_deref(),
        PodObject::Unreadable { .. } => None,
    }
}

/// Brings the workers in step with a new list: every pod in it is news, and what is missing is gone.
async fn replace(
    context: &Context,
    workers: &PodWorkers,
    listed: Vec<PodObject>,
    mut inheritances: HashMap<String, Inheritance>,
) {
    let wanted: HashSet<_> = listed.iter().filter_map(ResourceExt::uid).collect();
    for uid in workers.uids().into_iter().filter(|uid| !wanted.contains(uid)) {
        workers.gone(&uid);
    }
    let mut listed: Vec<_> = listed.into_iter().filter_map(|object| readable(context, workers, object)).collect();
    // Who was here first keeps the place: pods that are still to be judged come after the others, the oldest first.
    listed.sort_by_key(|pod| {
        let inheritance = pod.metadata.uid.as_ref().and_then(|uid| inheritances.get(uid));
        let is_due = inheritance.map_or_else(
            || admission::is_due(pod, &Observed::default()),
            |inheritance| admission::is_due(pod, &inheritance.observed),
        );
        (is_due, pod.creation_timestamp())
    });
    for pod in listed {
        let inheritance = inheritances.remove(&pod.uid().unwrap_or_default()).unwrap_or_default();
        take(context, workers, pod, inheritance).await;
    }
}

/// Hands a pod to its worker, with the verdict on it if it is new.
async fn take(context: &Context, workers: &PodWorkers, pod: Pod, mut inheritance: Inheritance) {
    let is_new = !workers.has(&pod.uid().unwrap_or_default());
    if is_new && admission::is_due(&pod, &inheritance.observed) {
        let node = context.node_object.get().await;
        inheritance.observed.rejection = admission::admit(&pod, &workers.active_pods(), &node, context.admission);
        if let Some(Rejection { reason, message }) = inheritance.observed.rejection.clone() {
            tracing::info!(
                pod = pod.metadata.name,
                namespace = pod.metadata.namespace,
                reason,
                message,
                "a pod is not taken"
            );
            context.recorder.record(pod_reference(&pod), Warning, reason, message);
        }
    }
    workers.update(pod, inheritance);
}
