//! Tells the API server of pods' statuses: one patch a change, one in flight a pod, newer ones merge behind it.

mod patch;
#[cfg(test)]
mod tests;

use crate::{complaint::Complaint, metrics::Metrics, pod_object::PodObject};
use backoff::Backoff;
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::{
    ResourceExt,
    api::{Api, DeleteParams, Patch, PatchParams, Preconditions},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;
use tracing::Instrument;

/// How long a writer waits after a failed write.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(10), jitter: 0.0 };

/// Cheap to clone; all clones write for the same pods.
#[derive(Clone)]
pub struct StatusManager {
    client: kube::Client,
    metrics: Metrics,
    pods: Arc<Mutex<HashMap<String, Entry>>>,
}

/// What is to be said, and has been said, about one pod.
struct Entry {
    pod: Arc<Pod>,
    wanted: PodStatus,
    written: PodStatus,
    /// After the wanted status is written, the object goes.
    delete: bool,
    /// A task is writing; it sees what is wanted meanwhile.
    is_writing: bool,
    gone: watch::Sender<bool>,
}

impl StatusManager {
    pub fn new(client: kube::Client, metrics: Metrics) -> Self {
        Self { client, metrics, pods: Arc::default() }
    }

    /// Says that the pod's status is `status` from now on.
    pub fn set(&self, pod: &Arc<Pod>, status: PodStatus) {
        self.want(pod, status, false);
    }

    /// Writes the last status, then deletes the object with grace period 0; completes when it is gone.
    pub async fn finish(&self, pod: &Arc<Pod>, status: PodStatus) {
        let mut gone = self.want(pod, status, true);
        // An error means that the entry is forgotten: nobody waits for this object any more.
        let _ = gone.wait_for(|gone| *gone).await;
    }

    /// Forgets a pod whose worker has ended.
    pub fn forget(&self, uid: &str) {
        self.lock().remove(uid);
    }

    fn want(&self, pod: &Arc<Pod>, status: PodStatus, delete: bool) -> watch::Receiver<bool> {
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let mut pods = self.lock();
        let entry = pods.entry(uid.clone()).or_insert_with(|| Entry {
            pod: Arc::clone(pod),
            wanted: PodStatus::default(),
            written: pod.status.clone().unwrap_or_default(),
            delete: false,
            is_writing: false,
            gone: watch::Sender::new(false),
        });
        entry.pod = Arc::clone(pod);
        entry.wanted = status;
        entry.delete |= delete;
        if !entry.is_writing && entry.has_work() {
            entry.is_writing = true;
            tokio::spawn(self.clone().write_all(uid).in_current_span());
        }
        entry.gone.subscribe()
    }

    /// The writer of one pod: ends when all that is wanted is written.
    async fn write_all(self, uid: String) {
        let (mut failures, mut complaint) = (0_u32, Complaint::default());
        while let Some(task) = self.next_task(&uid) {
            match self.write(&task, &uid).await {
                Ok(()) => {
                    failures = 0;
                    complaint.settle();
                    self.done(&uid, task);
                }
                Err(error) => {
                    if complaint.is_news(&error) {
                        tracing::warn!(%error, "cannot write the pod's status");
                    }
                    failures = failures.saturating_add(1);
                    tokio::time::sleep(BACKOFF.pause(failures, 0.0)).await;
                }
            }
        }
    }

    fn next_task(&self, uid: &str) -> Option<Task> {
        let mut pods = self.lock();
        let entry = pods.get_mut(uid)?;
        if !entry.has_work() {
            entry.is_writing = false;
            return None;
        }
        Some(Task {
            pod: Arc::clone(&entry.pod),
            old: entry.written.clone(),
            new: entry.wanted.clone(),
            delete: entry.delete,
        })
    }

    fn done(&self, uid: &str, task: Task) {
        if let Some(entry) = self.lock().get_mut(uid) {
            entry.written = task.new;
            entry.gone.send_replace(task.delete);
        }
    }

    async fn write(&self, task: &Task, uid: &str) -> Result<(), kube::Error> {
        let name = task.pod.metadata.name.as_deref().unwrap_or_default();
        let namespace = task.pod.metadata.namespace.as_deref().unwrap_or_default();
        // Of an answer that cannot be read only the code counts.
        let pods: Api<PodObject> = Api::namespaced(self.client.clone(), namespace);
        if let Some(patch) = patch::status_patch(uid, &task.old, &task.new).map_err(kube::Error::SerdeError)? {
            let begun = Instant::now();
            let patched = pods.patch_status(name, &PatchParams::default(), &Patch::Strategic(patch)).await;
            if is_gone(&pods, name, uid, &patched).await? {
                return Ok(());
            }
            patched?;
            self.metrics.status_written(begun.elapsed());
        }
        if task.delete {
            let preconditions = Preconditions { uid: Some(uid.to_owned()), resource_version: None };
            let parameters = DeleteParams::default().grace_period(0).preconditions(preconditions);
            let deleted = pods.delete(name, &parameters).await;
            if !is_gone(&pods, name, uid, &deleted).await? {
                deleted?;
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.pods.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Task {
    pod: Arc<Pod>,
    old: PodStatus,
    new: PodStatus,
    delete: bool,
}

impl Entry {
    fn has_work(&self) -> bool {
        !*self.gone.borrow() && (self.delete || self.wanted != self.written)
    }
}

/// Whether a call failed because the object does not exist any more, or another one of the same name has taken its place.
/// A conflict can have other causes, so the object itself is asked for.
async fn is_gone<T: Sync>(
    pods: &Api<PodObject>,
    name: &str,
    uid: &str,
    result: &Result<T, kube::Error>,
) -> Result<bool, kube::Error> {
    match result {
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(true),
        Err(kube::Error::Api(status)) if status.is_conflict() => {
            Ok(pods.get_opt(name).await?.and_then(|pod| pod.uid()).is_none_or(|found| found != uid))
        }
        _ => Ok(false),
    }
}
