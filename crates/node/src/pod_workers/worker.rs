//! One pod's worker: looks at its mailbox, plans, has the plan done, says what became of it.

mod actions;
mod news;

use super::{
    context::{SharedContext, find_container},
    kill::Kills,
    mailbox::{Mailbox, Message},
    merge::Listing,
    operations::{Operations, Outcome},
    prepare::Prepared,
    record_file::RecordFile,
    refresh,
    transitions::container_events,
    view::View,
};
use crate::{
    directories::PodDirectory,
    pod::{self, Observed, plan, status},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use runtime::{ContainerState as RuntimeState, Sandbox};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{oneshot, watch},
    task::JoinSet,
};
use tracing::Instrument;

/// What a worker begins with: nothing, or what a run before this one left.
#[derive(Default)]
pub struct Inheritance {
    pub observed: Observed,
    pub sandbox: Option<Sandbox>,
    /// What the sandbox's supervisor says of its containers.
    pub listing: Option<Listing>,
}

pub struct Worker {
    context: SharedContext,
    mailbox: Arc<Mailbox>,
    view: watch::Sender<View>,
    uid: String,
    /// The newest object; its status is the last one computed here.
    pod: Arc<Pod>,
    directory: PodDirectory,
    observed: Observed,
    sandbox: Option<Sandbox>,
    prepared: Option<Prepared>,
    record_file: RecordFile,
    operations: Operations,
    /// Starts that can still be given up, by container name.
    cancels: HashMap<String, oneshot::Sender<()>>,
    kills: Kills,
    /// Ends of containers whose start has not been reported yet.
    early_exits: Vec<RuntimeState>,
    removing: Vec<String>,
    /// What keeps the files of volumes current, from the first sandbox to the pod's end.
    refresher: JoinSet<()>,
    is_deleting: bool,
    is_shutting_down: bool,
    was_reported_running: bool,
}

impl Worker {
    pub fn new(
        context: SharedContext,
        mailbox: Arc<Mailbox>,
        view: watch::Sender<View>,
        pod: Arc<Pod>,
        inheritance: Inheritance,
    ) -> Self {
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let directory = context.directory.pod(&uid);
        let mut observed = inheritance.observed;
        let now = context.clock.now();
        observed.start_time.get_or_insert(now);
        if let Some(listing) = inheritance.listing {
            mailbox.post(Message::Listed(listing));
        }
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        let was_reported_running = phase.is_some_and(|phase| phase != "Pending");
        Self {
            record_file: RecordFile::new(directory.clone(), context.cgroup(&pod)),
            sandbox: inheritance.sandbox,
            was_reported_running,
            context,
            mailbox,
            view,
            uid,
            pod,
            directory,
            observed,
            prepared: None,
            operations: Operations::default(),
            cancels: HashMap::new(),
            kills: Kills::default(),
            early_exits: Vec::new(),
            removing: Vec::new(),
            refresher: JoinSet::new(),
            is_deleting: false,
            is_shutting_down: false,
        }
    }

    /// Works until the pod is gone, or has ended with the node.
    pub async fn run(mut self) {
        loop {
            let inbox = self.mailbox.look();
            self.read(inbox);
            let now = self.context.clock.now();
            for id in self.kills.overdue(now) {
                self.operations.kill(Arc::clone(&self.context), self.sandbox.clone(), id, None);
            }
            let plan = plan(&self.pod, &self.observed, now);
            for action in plan.actions {
                self.begin(action, now);
            }
            self.save();
            self.report(now);
            self.refresh_volumes();
            if self.is_shutting_down && self.has_stopped() {
                return;
            }
            let wake_at = plan.wake_at.into_iter().chain(self.kills.next_deadline()).min();
            tokio::select! {
                () = self.mailbox.arrived() => {}
                outcome = self.operations.next() => {
                    if matches!(outcome, Outcome::PodDeleted) {
                        self.context.status_manager.forget(&self.uid);
                        return;
                    }
                    self.finish(outcome);
                }
                () = sleep_until(wake_at, now) => {}
            }
        }
    }

    fn refresh_volumes(&mut self) {
        let phase = self.pod.status.as_ref().and_then(|status| status.phase.as_deref());
        if pod::is_terminal(phase) {
            self.refresher.abort_all();
        } else if self.refresher.is_empty() && self.observed.ready_sandbox().is_some() && refresh::is_needed(&self.pod)
        {
            let (context, view) = (Arc::clone(&self.context), self.view.subscribe());
            let keep_current = refresh::keep_current(context, view, self.directory.clone());
            self.refresher.spawn(keep_current.in_current_span());
        }
    }

    fn has_stopped(&self) -> bool {
        let in_flight = &self.observed.in_flight;
        self.observed.live().next().is_none()
            && self.observed.ready_sandbox().is_none()
            && !in_flight.sandbox
            && in_flight.starting.is_empty()
    }

    fn save(&mut self) {
        if self.is_deleting {
            return;
        }
        if let Err(error) = self.record_file.save(&self.observed) {
            tracing::warn!(%error, "cannot write down what is known of the pod");
        }
    }

    fn status(&self, now: Timestamp) -> PodStatus {
        let previous = self.pod.status.clone().unwrap_or_default();
        status(&self.pod, &self.observed, &self.context.host_ips, &previous, now)
    }

    /// Says what has changed: to the API server, in events, to those who look at this worker.
    fn report(&mut self, now: Timestamp) {
        let new = self.status(now);
        let old = self.pod.status.clone().unwrap_or_default();
        for event in container_events(&self.pod, &old, &new) {
            if let Some((_, about)) = find_container(&self.pod, &event.container) {
                self.context.recorder.record(about, event.type_, event.reason, event.message);
            }
        }
        if !self.was_reported_running && new.phase.as_deref() == Some("Running") {
            self.was_reported_running = true;
            if let Some(seen) = self.observed.start_time {
                self.context.metrics.pod_started(between(seen, now));
            }
        }
        // A pod that ends with the node has not failed: the next start takes up where it was.
        if !self.is_deleting && !self.is_shutting_down {
            self.context.status_manager.set(&self.pod, new.clone());
        }
        Arc::make_mut(&mut self.pod).status = Some(new);
        self.view.send_replace(View {
            pod: Arc::clone(&self.pod),
            observed: self.observed.clone(),
            sandbox: self.sandbox.clone(),
        });
    }
}

fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    later.duration_since(earlier).try_into().unwrap_or_default()
}

/// Sleeps until a moment; for ever without one.
async fn sleep_until(moment: Option<Timestamp>, now: Timestamp) {
    match moment {
        Some(moment) => tokio::time::sleep(between(now, moment)).await,
        None => std::future::pending().await,
    }
}
