//! One worker a pod: a task that alone decides and acts for its pod, fed through a mailbox.

mod base;
mod cgroups;
mod ends;
mod exit;
mod find;
mod inheritance;
mod kill;
mod killer;
mod leftover;
mod mailbox;
mod merge;
mod namesake;
mod objects;
mod operations;
mod parts;
mod preparer;
mod record_file;
mod refresher;
mod remover;
mod reporter;
mod sandboxes;
mod starter;
mod transitions;
mod view;
mod worker;

pub use cgroups::Cgroups;
pub use inheritance::Inheritance;
pub use killer::Killer;
pub use leftover::Leftover;
pub use mailbox::{Message, Shutdown};
pub use merge::Listing;
pub use parts::{Parts, SharedParts};
pub use preparer::Preparer;
pub use refresher::Refresher;
pub use remover::{Remover, finish_removals};
pub use reporter::Reporter;
pub use sandboxes::{Sandboxes, pod_of_sandbox};
pub use starter::{AT_ONCE as STARTS_AT_ONCE, Starter};
pub use view::View;

use k8s_openapi::api::core::v1::Pod;
use mailbox::Mailbox;
use namesake::Namesake;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{sync::watch, task::JoinHandle};
use tracing::Instrument;
use worker::Worker;

/// The workers of a node, by pod uid.
#[derive(Clone)]
pub struct PodWorkers {
    parts: SharedParts,
    workers: Arc<Mutex<HashMap<String, Handle>>>,
}

struct Handle {
    mailbox: Arc<Mailbox>,
    view: watch::Receiver<View>,
    task: JoinHandle<()>,
    /// Set under the lock, before the task itself is over.
    has_ended: bool,
    /// Higher than that of every pod that came before.
    arrival: u64,
}

impl Handle {
    fn namesake(&self) -> Namesake {
        let is_deleting = self.view.borrow().pod.metadata.deletion_timestamp.is_some();
        Namesake { is_gone: self.mailbox.is_gone(), is_deleting, arrival: self.arrival }
    }
}

impl PodWorkers {
    pub fn new(parts: SharedParts) -> Self {
        Self { parts, workers: Arc::default() }
    }

    /// Tells the pod's worker of the newest object; a pod without a worker gets one, which takes over what an
    /// earlier run left.
    pub fn update(&self, pod: Pod, inheritance: Inheritance) {
        let Some(uid) = pod.metadata.uid.clone() else { return };
        let pod = Arc::new(pod);
        let mut workers = self.lock();
        if let Some(handle) = workers.get(&uid) {
            handle.mailbox.post(Message::Pod(pod));
            return;
        }
        let mailbox = Arc::new(Mailbox::default());
        let first = View { pod: Arc::clone(&pod), observed: inheritance.observed.clone(), sandbox: None };
        let (sender, view) = watch::channel(first);
        let span =
            tracing::info_span!("pod", pod = pod.metadata.name, namespace = pod.metadata.namespace, uid = uid.as_str());
        let worker = Worker::new(Arc::clone(&self.parts), Arc::clone(&mailbox), sender, pod, inheritance);
        let (all, own_uid, own_mailbox) = (self.clone(), uid.clone(), Arc::clone(&mailbox));
        let work = async move {
            worker::run_to_the_end(worker).await;
            all.ended(&own_uid, &own_mailbox);
        };
        let task = tokio::spawn(work.instrument(span));
        let arrival = workers.values().map(|handle| handle.arrival + 1).max().unwrap_or_default();
        workers.insert(uid, Handle { mailbox, view, task, has_ended: false, arrival });
    }

    /// A pod's worker has ended. Its handle stays until the API server has no such pod any more: news that is still on
    /// its way must not bring another worker to life.
    fn ended(&self, uid: &str, mailbox: &Mailbox) {
        let mut workers = self.lock();
        if mailbox.is_gone() {
            workers.remove(uid);
        } else if let Some(handle) = workers.get_mut(uid) {
            handle.has_ended = true;
        }
    }

    /// Gives a worker news; without a worker there is nobody to care.
    pub fn post(&self, uid: &str, message: Message) {
        if let Some(handle) = self.lock().get(uid) {
            handle.mailbox.post(message);
        }
    }

    /// The API server has no such pod any more: its worker ends it, unless it has done so already.
    pub fn gone(&self, uid: &str) {
        let mut workers = self.lock();
        match workers.get(uid) {
            Some(handle) if handle.has_ended || handle.task.is_finished() => drop(workers.remove(uid)),
            Some(handle) => handle.mailbox.post(Message::Gone),
            None => {}
        }
    }

    /// Whether the pod has a worker.
    pub fn has(&self, uid: &str) -> bool {
        self.lock().contains_key(uid)
    }

    /// The pods that take something of the node: those that have not ended (`filterOutInactivePods` of
    /// `pkg/kubelet/kubelet_pods.go`). What a pod takes that the API server has no more, the scheduler gives to others
    /// at once.
    pub fn active_pods(&self) -> Vec<Arc<Pod>> {
        let workers = self.lock();
        let there = workers.values().filter(|handle| !handle.mailbox.is_gone());
        there.filter_map(|handle| handle.view.borrow().active_pod()).collect()
    }

    /// The uids of all pods that have a worker.
    pub fn uids(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// What can be seen of all workers now.
    pub fn views(&self) -> Vec<View> {
        self.lock().values().map(|handle| handle.view.borrow().clone()).collect()
    }

    /// A pod's worker as it is and as it changes. A pod that the API server has no more is not meant: another one may
    /// have its name by now.
    pub fn find(&self, namespace: &str, name: &str) -> Option<watch::Receiver<View>> {
        let is_meant = |pod: &Pod| {
            pod.metadata.namespace.as_deref() == Some(namespace) && pod.metadata.name.as_deref() == Some(name)
        };
        let workers = self.lock();
        let namesakes = workers.values().filter(|handle| is_meant(&handle.view.borrow().pod));
        namesakes
            .filter_map(|handle| Some((handle.namesake().rank()?, handle)))
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, handle)| handle.view.clone())
    }

    /// Ends all pods, and completes when they have ended.
    pub async fn stop_all(&self, shutdown: Shutdown) {
        let mut views = Vec::new();
        for handle in self.lock().values() {
            handle.mailbox.post(Message::NodeShutdown(shutdown));
            views.push(handle.view.clone());
        }
        for mut view in views {
            // A worker that has ended has nothing more to show.
            while view.changed().await.is_ok() {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Handle>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
