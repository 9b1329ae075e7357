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
use std::{pin::pin, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

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
    look_for_ever(|| relist(&workers, &clock, &metrics), &metrics, health).await;
}

async fn look_for_ever<L: Future<Output = ()>>(
    look: impl Fn() -> L,
    metrics: &Metrics,
    health: watch::Sender<NotReady>,
) {
    let mut last = Instant::now();
    loop {
        tokio::time::sleep(RELIST_PERIOD).await;
        let begun = Instant::now();
        let mut look = pin!(look());
        if tokio::time::timeout(RELIST_THRESHOLD, &mut look).await.is_err() {
            health.send_replace(vec![unhealthy(last.elapsed())]);
            look.await;
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
    let Some(answer) = in_time(sandbox.containers()).await else {
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

/// What a supervisor answers; `None` if that takes too long.
async fn in_time<T>(answer: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(ANSWER_TIMEOUT, answer).await.ok()
}

fn count(views: &[View], metrics: &Metrics) {
    let containers = || views.iter().flat_map(|view| view.observed.containers.iter());
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

    #[tokio::test(start_paused = true)]
    async fn a_look_that_takes_too_long_makes_the_node_not_ready_until_it_ends() {
        let (health, mut seen) = watch::channel(NotReady::new());
        let metrics = Metrics::default();
        let look = || tokio::time::sleep(Duration::from_mins(4));
        let looked = async {
            seen.changed().await.unwrap();
            let said = seen.borrow_and_update().clone();
            seen.changed().await.unwrap();
            (said, seen.borrow().clone())
        };
        tokio::select! {
            () = look_for_ever(look, &metrics, health) => unreachable!("it looks for ever"),
            (said, at_last) = looked => assert_eq!((said, at_last), (vec![unhealthy(Duration::from_secs(190))], vec![])),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_supervisor_that_does_not_answer_is_not_waited_for_for_ever() {
        assert_eq!(in_time(std::future::ready(1)).await, Some(1));
        let begun = Instant::now();
        assert_eq!(in_time(std::future::pending::<()>()).await, None);
        assert_eq!(begun.elapsed(), ANSWER_TIMEOUT);
    }

    #[test]
    fn an_overdue_relist_is_told_in_the_kubelets_words() {
        assert_eq!(
            unhealthy(Duration::from_secs(191)),
            "PLEG is not healthy: pleg was last seen active 3m11s ago; threshold is 3m0s"
        );
    }
}
