//! Files of volumes that follow what they were made from, while the pod runs.
//!
//! The kubelet looks again every minute or so; here each config map and secret is watched, and the pod itself for the
//! downward API. A change makes all files of the pod anew; those that are right are left alone. What could not be made is
//! tried again after a while.

use super::view::View;
use crate::{
    complaint::Complaint,
    directories::PodDirectory,
    events::{EventType::Warning, Recorder},
    naming::pod_reference,
    volumes::{References, Volumes, shown_by, shows_objects, volumes_of},
};
use api::pod::phase::is_terminal;
use backoff::Backoff;
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
use std::{fmt::Debug, pin::pin, time::Duration};
use tokio::{sync::watch, task::JoinSet, time::Instant};
use tracing::Instrument;

/// How long files that could not be made are left as they are (`pkg/util/goroutinemap/exponentialbackoff`).
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(122), jitter: 0.0 };

/// Keeps files of volumes current.
#[derive(Clone)]
pub struct Refresher {
    pub client: Client,
    pub volumes: Volumes,
    pub recorder: Recorder,
}

/// The keeping of one pod's files, from its first sandbox to its end.
#[derive(Default)]
pub struct Refreshing(JoinSet<()>);

impl Refreshing {
    /// Begins or ends it as the pod stands.
    pub fn follow(&mut self, refresher: &Refresher, view: &watch::Sender<View>, directory: &PodDirectory) {
        let View { pod, observed, .. } = &*view.borrow();
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        if is_terminal(phase) {
            self.0.abort_all();
        } else if self.0.is_empty() && observed.ready_sandbox().is_some() && volumes_of(pod).iter().any(shows_objects) {
            let keep_current = refresher.clone().keep_current(view.subscribe(), directory.clone());
            self.0.spawn(keep_current.in_current_span());
        }
    }

    /// Ends it; when this completes, nobody writes to the volumes any more.
    pub async fn stop(mut self) {
        self.0.shutdown().await;
    }
}

impl Refresher {
    /// Keeps the files of the pod's volumes as they should be. Begins with a look, for what changed since they were made.
    async fn keep_current(self, mut view: watch::Receiver<View>, directory: PodDirectory) {
        let mut pod = view.borrow_and_update().pod.clone();
        let mut changes = pin!(changes(&self.client, &pod));
        // What is missing now may come back; until then it is said once.
        let mut complaint = Complaint::default();
        let mut attempts = Attempts::default();
        loop {
            tokio::select! {
                Some(()) = changes.next() => {}
                () = attempts.next() => {}
                () = renewal(&self.volumes, &pod) => {}
                seen = view.changed() => {
                    if seen.is_err() {
                        return;
                    }
                    let before = std::mem::replace(&mut pod, view.borrow_and_update().pod.clone());
                    if shown(&before) == shown(&pod) {
                        continue;
                    }
                }
            }
            let refreshed = self.volumes.refresh(&pod, &directory).await;
            attempts.ended(&refreshed);
            match refreshed {
                Ok(()) => complaint.settle(),
                Err(error) if complaint.is_news(&error) => {
                    self.recorder.record(pod_reference(&pod), Warning, "FailedMount", error.to_string());
                }
                Err(_) => {}
            }
        }
    }
}

/// When what failed is tried again.
#[derive(Default)]
struct Attempts {
    failures: u32,
    next: Option<Instant>,
}

impl Attempts {
    fn ended<T, E>(&mut self, result: &Result<T, E>) {
        self.failures = if result.is_ok() { 0 } else { self.failures.saturating_add(1) };
        self.next = result.is_err().then(|| Instant::now() + BACKOFF.pause(self.failures, 0.0));
    }

    /// Completes when it is time; never, if nothing has failed.
    async fn next(&self) {
        match self.next {
            Some(next) => tokio::time::sleep_until(next).await,
            None => std::future::pending().await,
        }
    }
}

/// Comes when something that the volumes show ends by itself: a token.
async fn renewal(volumes: &Volumes, pod: &Pod) {
    match volumes.renewal(pod).and_then(|pause| pause.try_into().ok()) {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
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

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test(start_paused = true)]
    async fn what_failed_is_tried_again_later_and_later() {
        let mut attempts = Attempts::default();
        assert!(attempts.next().now_or_never().is_none());
        let mut pauses = Vec::new();
        for _ in 0..10 {
            let begun = Instant::now();
            attempts.ended(&Err::<(), _>("no such config map"));
            attempts.next().await;
            pauses.push(begun.elapsed().as_millis());
        }
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 122_000, 122_000]);
        attempts.ended(&Ok::<_, &str>(()));
        assert!(attempts.next().now_or_never().is_none());
    }
}
