//! The pods of this node as the API server tells of them: each change goes to the pod's worker, and who is new is judged
//! first.

use crate::{
    admission::{self, Admitter},
    adoption::Leftovers,
    complaint::Complaint,
    pod::Observed,
    pod_object::PodObject,
    pod_workers::{Inheritance, PodWorkers, SharedParts},
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

/// Hands each pod of the node to its worker.
pub struct PodWatch {
    pub client: kube::Client,
    pub node_name: String,
    pub admitter: Admitter,
    pub parts: SharedParts,
    pub workers: PodWorkers,
}

impl PodWatch {
    /// Follows the pods of this node and hands each change to the pod's worker.
    pub async fn run(self, leftovers: Leftovers) {
        let pods: Api<PodObject> = Api::all(self.client.clone());
        let selector = watcher::Config::default().fields(&format!("spec.nodeName={}", self.node_name));
        let mut events = watcher(pods, selector).default_backoff().boxed();
        let mut leftovers = Some(leftovers);
        let (mut listed, mut complaint) = (Vec::new(), Complaint::default());
        loop {
            match events.try_next().await {
                Ok(Some(watcher::Event::Apply(object))) => {
                    if let Some(pod) = self.readable(object) {
                        self.take(pod, Inheritance::default()).await;
                    }
                }
                Ok(Some(watcher::Event::Delete(object))) => self.workers.gone(&object.uid().unwrap_or_default()),
                Ok(Some(watcher::Event::Init)) => listed.clear(),
                Ok(Some(watcher::Event::InitApply(object))) => listed.push(object),
                Ok(Some(watcher::Event::InitDone)) => {
                    complaint.settle();
                    let listed = std::mem::take(&mut listed);
                    let inheritances = self.settle(leftovers.take(), &listed).await;
                    self.replace(listed, inheritances).await;
                }
                Ok(None) => return,
                Err(error) if complaint.is_news(&error) => {
                    tracing::warn!(%error, "cannot watch the pods of this node");
                }
                Err(_) => {}
            }
        }
    }

    /// The pod, if it can be read. One that cannot stays as it is until it is to go: then whatever there is of it ends.
    fn readable(&self, object: PodObject) -> Option<Pod> {
        let (metadata, is_deleting, error) = match object {
            PodObject::Readable(pod) => return Some(*pod),
            PodObject::Unreadable { metadata, is_deleting, error } => (metadata, is_deleting, error),
        };
        let uid = metadata.uid.clone().unwrap_or_default();
        tracing::warn!(error, pod = metadata.name, namespace = metadata.namespace, uid, "a pod cannot be read");
        if is_deleting && self.workers.has(&uid) {
            self.workers.gone(&uid);
        } else if is_deleting {
            let status_manager = self.parts.reporter.status_manager.clone();
            let pod = Pod { metadata: *metadata, ..Pod::default() };
            tokio::spawn(async move {
                status_manager.finish(&Arc::new(pod), PodStatus::default()).await;
                status_manager.forget(&uid);
            });
        }
        None
    }

    /// At the first list: what earlier runs left goes to the pods that are wanted, the rest is removed.
    async fn settle(&self, leftovers: Option<Leftovers>, listed: &[PodObject]) -> HashMap<String, Inheritance> {
        let Some(leftovers) = leftovers else { return HashMap::new() };
        let wanted: HashSet<_> = listed.iter().filter_map(wanted).collect();
        leftovers.settle(&self.parts, |uid| wanted.contains(uid)).await
    }

    /// Brings the workers in step with a new list: every pod in it is news, and what is missing is gone.
    async fn replace(&self, listed: Vec<PodObject>, mut inheritances: HashMap<String, Inheritance>) {
        let there: HashSet<_> = listed.iter().filter_map(ResourceExt::uid).collect();
        for uid in self.workers.uids().into_iter().filter(|uid| !there.contains(uid)) {
            self.workers.gone(&uid);
        }
        let mut listed: Vec<_> = listed.into_iter().filter_map(|object| self.readable(object)).collect();
        // Who was here first keeps the place: pods that are still to be judged come after the others, the oldest first.
        listed.sort_by_key(|pod| {
            let inherited = pod.metadata.uid.as_ref().and_then(|uid| inheritances.get(uid));
            let nothing = Observed::default();
            let observed = inherited.map_or(&nothing, |inheritance| &inheritance.observed);
            (admission::is_due(pod, observed), pod.creation_timestamp())
        });
        for pod in listed {
            let inheritance = inheritances.remove(&pod.uid().unwrap_or_default()).unwrap_or_default();
            self.take(pod, inheritance).await;
        }
    }

    /// Hands a pod to its worker, with the verdict on it if it is new.
    async fn take(&self, pod: Pod, mut inheritance: Inheritance) {
        if !self.workers.has(&pod.uid().unwrap_or_default()) {
            self.admitter.judge(&pod, &self.workers.active_pods(), &mut inheritance.observed).await;
        }
        self.workers.update(pod, inheritance);
    }
}

/// The uid of a pod that goes on. For one that cannot be read there will be nobody to take over what is left of it.
fn wanted(object: &PodObject) -> Option<&str> {
    match object {
        PodObject::Readable(pod) => pod.metadata.uid.as_deref(),
        PodObject::Unreadable { .. } => None,
    }
}
