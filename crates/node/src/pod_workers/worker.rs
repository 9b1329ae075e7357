//! One pod's worker: looks at its mailbox, plans, has the plan done, says what became of it.

mod actions;
mod news;

use super::{
    base::Base,
    ends::Ends,
    inheritance::Inheritance,
    killer::Blow,
    leftover::Leftover,
    mailbox::{Mailbox, Message},
    operations::{Operations, Outcome},
    parts::SharedParts,
    record_file::RecordFile,
    refresher::Refreshing,
    reporter::Report,
    view::View,
};
use crate::{
    breaks::breaks,
    directories::PodDirectory,
    pod::{Observed, plan},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long a pod waits whose worker broke.
const AFTER_A_BREAK: Duration = Duration::from_secs(10);

/// Why a worker will end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// It will not, as far as is known.
    No,
    /// The node shuts down, and its pods with it; they begin again with the next start.
    WithTheNode,
    /// The pod is being taken off the node and the API server.
    Deleting,
}

pub struct Worker {
    parts: SharedParts,
    mailbox: Arc<Mailbox>,
    /// The newest object; its status is the last one computed here.
    pod: Arc<Pod>,
    directory: PodDirectory,
    observed: Observed,
    base: Base,
    ends: Ends,
    operations: Operations,
    refreshing: Refreshing,
    diary: Diary,
    ending: Ending,
}

/// What has been said of the pod: to whoever comes after this worker, and to others.
struct Diary {
    record_file: RecordFile,
    report: Report,
}

impl Worker {
    pub fn new(
        parts: SharedParts,
        mailbox: Arc<Mailbox>,
        view: watch::Sender<View>,
        pod: Arc<Pod>,
        inheritance: Inheritance,
    ) -> Self {
        let directory = parts.directory.pod(pod.metadata.uid.as_deref().unwrap_or_default());
        let Inheritance { mut observed, sandbox, is_unstopped, listing } = inheritance;
        observed.start_time.get_or_insert_with(|| parts.clock.now());
        if let Some(listing) = listing {
            mailbox.post(Message::Listed(listing));
        }
        let (unstopped, sandbox) = if is_unstopped { (sandbox, None) } else { (None, sandbox) };
        let mut worker = Self {
            diary: Diary {
                record_file: RecordFile::new(directory.clone(), parts.cgroups.of_pod(&pod)),
                report: Report::new(view, &pod),
            },
            operations: Operations::new(Arc::clone(&parts), directory.clone()),
            parts,
            mailbox,
            pod,
            directory,
            observed,
            base: Base::of(sandbox),
            ends: Ends::default(),
            refreshing: Refreshing::default(),
            ending: Ending::No,
        };
        if is_unstopped {
            worker.stop_sandbox(unstopped, 1);
        }
        worker
    }

    /// Works until the pod is gone, or has ended with the node.
    async fn run(mut self) {
        loop {
            let inbox = self.mailbox.look();
            self.read(inbox).await;
            let now = self.parts.clock.now();
            for id in self.ends.kills.overdue(now) {
                self.operations.kill(self.base.sandbox.clone(), id, Blow::Kill);
            }
            let plan = plan(&self.pod, &self.observed, now);
            for action in plan.actions {
                self.begin(action, now).await;
            }
            self.save().await;
            self.report(now);
            self.refreshing.follow(&self.parts.refresher, &self.diary.report.view, &self.directory);
            if self.ending == Ending::WithTheNode && self.has_stopped() {
                self.refreshing.stop().await;
                return self.parts.remover.remove_mounts(&self.directory, &self.observed.containers).await;
            }
            let wake_at = plan.wake_at.into_iter().chain(self.ends.kills.next_deadline()).min();
            tokio::select! {
                () = self.mailbox.arrived() => {}
                outcome = self.operations.next() => {
                    if matches!(outcome, Outcome::PodDeleted) {
                        let uid = self.pod.metadata.uid.as_deref().unwrap_or_default();
                        return self.parts.reporter.status_manager.forget(uid);
                    }
                    self.finish(outcome).await;
                }
                () = sleep_until(wake_at, now) => {}
            }
        }
    }

    fn has_stopped(&self) -> bool {
        let in_flight = &self.observed.in_flight;
        self.observed.live().next().is_none()
            && self.observed.ready_sandbox().is_none()
            && !in_flight.sandbox
            && in_flight.starting.is_empty()
    }

    async fn save(&mut self) {
        if self.ending == Ending::Deleting {
            return;
        }
        if let Err(error) = self.diary.record_file.save(&self.observed).await {
            tracing::warn!(%error, "cannot write down what is known of the pod");
        }
    }

    /// Says what has changed: to the API server, in events, to those who look at this worker.
    fn report(&mut self, now: Timestamp) {
        let reporter = &self.parts.reporter;
        let new = reporter.status(&self.pod, &self.observed, now);
        reporter.tell(&mut self.diary.report, &self.pod, &self.observed, &new, now);
        // A pod that ends with the node has not failed: the next start takes up where it was.
        if self.ending == Ending::No {
            reporter.status_manager.set(&self.pod, new.clone());
        }
        Arc::make_mut(&mut self.pod).status = Some(new);
        self.diary.report.view.send_replace(View {
            pod: Arc::clone(&self.pod),
            observed: self.shown(),
            sandbox: self.base.sandbox.clone(),
        });
    }

    /// What others see. From its deletion on nothing is to be had of a pod, although a finalizer may keep its object.
    fn shown(&self) -> Observed {
        let mut shown = self.observed.clone();
        if self.ending == Ending::Deleting {
            shown.containers.clear();
        }
        shown
    }
}

/// Lets a worker work to its end. One that breaks is followed by another, which finds the pod as after a restart of the
/// node: what is wrong with one pod costs no other, and the pod can still be deleted.
pub async fn run_to_the_end(worker: Worker) {
    let (parts, mailbox, view) =
        (Arc::clone(&worker.parts), Arc::clone(&worker.mailbox), worker.diary.report.view.clone());
    let take_over = || {
        let (parts, mailbox, view) = (Arc::clone(&parts), Arc::clone(&mailbox), view.clone());
        async move {
            let pod = mailbox.newest().unwrap_or_else(|| Arc::clone(&view.borrow().pod));
            let uid = pod.metadata.uid.clone().unwrap_or_default();
            let inheritance = Leftover::find(&parts, uid).await.settle(&parts, true).await.unwrap_or_default();
            Worker::new(parts, mailbox, view, pod, inheritance)
        }
    };
    one_after_the_other(worker, Worker::run, take_over).await;
}

/// Runs workers until one comes to its end; each that breaks is followed by another after a while.
async fn one_after_the_other<W, R, N>(mut worker: W, run: impl Fn(W) -> R, take_over: impl Fn() -> N)
where
    R: Future<Output = ()>,
    N: Future<Output = W>,
{
    while breaks(run(worker)).await {
        tracing::error!("the pod's worker broke; another one takes over in a while");
        tokio::time::sleep(AFTER_A_BREAK).await;
        worker = take_over().await;
    }
}

/// Sleeps until a moment; for ever without one.
async fn sleep_until(moment: Option<Timestamp>, now: Timestamp) {
    match moment {
        Some(moment) => tokio::time::sleep(moment.duration_since(now).try_into().unwrap_or_default()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_breaks_is_followed_by_another_until_one_comes_to_its_end() {
        let (begun, followers) = (Instant::now(), AtomicU32::new(0));
        let run = |number: u32| async move { assert_eq!(number, 2, "a test's own break") };
        let take_over = || std::future::ready(followers.fetch_add(1, Relaxed) + 1);
        one_after_the_other(0, run, take_over).await;
        assert_eq!((followers.load(Relaxed), begun.elapsed()), (2, 2 * AFTER_A_BREAK));
    }
}
