//! The pod lifecycle event generator: hands the runtime's events to the pods' workers at once, and looks itself every
//! ten seconds, in case one was lost. If no look ends for three minutes the node is not ready.

use crate::{
    clock::Clock,
    metrics::Metrics,
    node_status::NotReady,
    pod::ContainerRecord,
    pod_workers::{Listing, Message, PodWorkers, View, pod_of_sandbox},
};
use futures::future::join_all;
use runtime::Event;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

const RELIST_PERIOD: Duration = Duration::from_secs(10);
const RELIST_THRESHOLD: Duration = Duration::from_mins(3);
/// For one supervisor's answer, less than makes the node not ready: the kubelet's `runtimeRequestTimeout`.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);

/// Hands the runtime's events on until the runtime ends.
pub async fn dispatch(workers: PodWorkers, mut events: mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = events.recv().await {
        let (sandbox, message) = match event {
            Event::ContainerExited { sandbox, container } => (sandbox, Message::ContainerExited(container)),
            Event::SandboxGone { sandbox } => (sandbox.clone(), Message::SandboxGone(sandbox)),
        };
        if let Some(uid) = pod_of_sandbox(&sandbox) {
            workers.post(uid, message);
        } else {
            tracing::warn!(sandbox, "an event of a sandbox that is not ours");
        }
    }
}

/// Looks again and again; tells through `health` when a look takes too long.
pub async fn relist_for_ever(workers: PodWorkers, clock: Clock, metrics: Metrics, health: watch::Sender<NotReady>) {
    let mut last = Instant::now();
    loop {
        tokio::time::sleep(RELIST_PERIOD).await;
        let begun = Instant::now();
        let relist = relist(&workers, &clock, &metrics);
        tokio::pin!(relist);
        if tokio::time::timeout(RELIST_THRESHOLD, &mut relist).await.is_err() {
            health.send_replace(vec![unhealthy(last.elapsed())]);
            relist.await;
            health.send_replace(NotReady::new());
        }
        metrics.relisted(begun.elapsed(), last.elapsed());
        last = Instant::now();
    }
}

/// The kubelet's words (pkg/kubelet/pleg/generic.go, runtime.go).
fn unhealthy(last_seen: Duration) -> String {
    format!(
        "PLEG is not healthy: pleg was last seen active {} ago; threshold is {}",
        minutes(last_seen),
        minutes(RELIST_THRESHOLD)
    )
}

/// A duration as Go prints it, to the second.
fn minutes(duration: Duration) -> String {
    format!("{}m{}s", duration.as_secs() / 60, duration.as_secs() % 60)
}

async fn relist(workers: &PodWorkers, clock: &Clock, metrics: &Metrics) {
    let views = workers.views();
    count(&views, metrics);
    join_all(views.iter().map(|view| list(workers, clock, view))).await;
}

/// Asks a supervisor for its containers and lets the pod's worker compare.
async fn list(workers: &PodWorkers, clock: &Clock, view: &View) {
    let (Some(uid), Some(sandbox)) = (view.pod.metadata.uid.as_deref(), &view.sandbox) else { return };
    let asked_at = clock.now();
    let Ok(answer) = tokio::time::timeout(ANSWER_TIMEOUT, sandbox.containers()).await else {
        // It may be slow, and is no proof of an end; it is asked again at the next look.
        tracing::warn!(uid, "a pod's supervisor does not answer in time");
        return;
    };
    let message = match answer {
        Ok(states) => Message::Listed(Listing { asked_at, states }),
        Err(error) => {
            tracing::warn!(%error, uid, "a pod's supervisor does not answer");
            Message::SandboxGone(sandbox.id().to_owned())
        }
    };
    workers.post(uid, message);
}

fn count(views: &[View], metrics: &Metrics) {
    let containers = || views.iter().flat_map(|view| &view.observed.containers);
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    metrics.running_pods.set(number(views.iter().filter(|view| view.sandbox.is_some()).count()));
    metrics.set_containers(
        number(containers().filter(|record| record.is_running()).count()),
        number(containers().filter(|record| ContainerRecord::has_exited(record)).count()),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overdue_relist_is_told_in_the_kubelets_words() {
        assert_eq!(
            unhealthy(Duration::from_secs(191)),
            "PLEG is not healthy: pleg was last seen active 3m11s ago; threshold is 3m0s"
        );
    }
}
