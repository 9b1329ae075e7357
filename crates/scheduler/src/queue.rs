//! The pods that wait for a node: which one is next, and when a rejected one gets another chance.

use backoff::Backoff;
use k8s_openapi::api::core::v1::Pod;
use placement::PodInfo;
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a pod is left alone after an attempt (`podInitialBackoffSeconds`, `podMaxBackoffSeconds`).
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(10), jitter: 0.0 };
/// An unschedulable pod is tried after that long even if nothing seems to help it
/// (`DefaultPodMaxInUnschedulablePodsDuration`).
const LONGEST_REST: Duration = Duration::from_mins(5);

/// Three parts: active, backing off, unschedulable; beside them pods that have gates or are being bound.
#[derive(Default)]
pub(crate) struct Queue {
    /// By uid.
    pods: HashMap<String, QueuedPod>,
    active: BTreeSet<Rank>,
    /// Those that will be active at a time.
    backing_off: BTreeSet<(Instant, Rank)>,
    /// Those that wait for an event, until a time.
    unschedulable: BTreeSet<(Instant, Rank)>,
    arrivals: u64,
}

/// A pod that waits.
pub(crate) struct QueuedPod {
    pub(crate) pod: Arc<PodInfo>,
    /// The plugins that rejected a node for it. Only what they look at can help.
    pub(crate) rejected_by: BTreeSet<&'static str>,
    rank: Rank,
    attempts: u32,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Will be tried as soon as it is its turn.
    Active,
    /// Will be tried at this time; sooner, if nothing else is to be done and it was not an error that stopped it.
    BackingOff { until: Instant, after_error: bool },
    /// Fitted nowhere, and waits for an event that helps. After that it is tried at this time at the earliest.
    Unschedulable { not_before: Instant, at_last: Instant },
    /// Has scheduling gates (KEP-3521).
    Gated,
    /// Has been taken out to be bound.
    InFlight,
}

/// The order of the active pods: by priority, then by arrival.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    priority: Reverse<i32>,
    arrival: u64,
    uid: String,
}

impl Queue {
    /// Adds a pod, or notes its new version. An unschedulable one whose specification or labels changed is tried again.
    pub(crate) fn put(&mut self, uid: &str, pod: PodInfo, now: Instant) {
        let gated = has_gates(&pod.pod);
        let Some(queued) = self.pods.get_mut(uid) else { return self.add(uid, pod, gated) };
        let before = std::mem::replace(&mut queued.pod, Arc::new(pod));
        let (before, after) = (&before.pod, &queued.pod.pod);
        let changed = before.spec != after.spec || before.metadata.labels != after.metadata.labels;
        match queued.state {
            State::Gated if !gated => self.enter(uid, State::Active),
            State::Unschedulable { .. } if changed => self.retry(uid, now),
            _ => {}
        }
    }

    fn add(&mut self, uid: &str, pod: PodInfo, gated: bool) {
        self.arrivals += 1;
        let priority = pod.pod.spec.as_ref().and_then(|spec| spec.priority).unwrap_or(0);
        let rank = Rank { priority: Reverse(priority), arrival: self.arrivals, uid: uid.to_owned() };
        let (pod, rejected_by) = (Arc::new(pod), BTreeSet::new());
        let queued = QueuedPod { pod, rejected_by, rank, attempts: 0, state: State::Gated };
        self.pods.insert(uid.to_owned(), queued);
        if !gated {
            self.enter(uid, State::Active);
        }
    }

    pub(crate) fn remove(&mut self, uid: &str) {
        if let Some(queued) = self.pods.remove(uid) {
            self.leave_order(&queued);
        }
    }

    /// Takes the next pod out to be scheduled: an active one, or, if there is none, the one whose back-off ends first.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Arc<PodInfo>> {
        while let Some(uid) = due(&self.backing_off, now).or_else(|| due(&self.unschedulable, now)) {
            self.enter(&uid, State::Active);
        }
        let waiting = || self.backing_off.iter().map(|(_, rank)| rank).find(|rank| !self.waits_after_error(rank));
        let uid = self.active.first().or_else(waiting)?.uid.clone();
        self.enter(&uid, State::InFlight);
        let queued = self.pods.get_mut(&uid)?;
        queued.attempts += 1;
        Some(queued.pod.clone())
    }

    /// Puts a pod aside that fitted nowhere, rejected by these plugins.
    pub(crate) fn reject(&mut self, uid: &str, rejected_by: BTreeSet<&'static str>, now: Instant) {
        let not_before = now + self.backoff(uid);
        self.enter(uid, State::Unschedulable { not_before, at_last: now + LONGEST_REST });
        if let Some(queued) = self.pods.get_mut(uid) {
            queued.rejected_by = rejected_by;
        }
    }

    /// Puts a pod back whose binding failed. Says whether it was waiting for that.
    pub(crate) fn fail(&mut self, uid: &str, now: Instant) -> bool {
        let in_flight = self.pods.get(uid).is_some_and(|queued| queued.state == State::InFlight);
        if in_flight {
            let until = now + self.backoff(uid);
            self.enter(uid, State::BackingOff { until, after_error: true });
        }
        in_flight
    }

    /// Gives those unschedulable pods another chance that an event `helps`.
    pub(crate) fn retry_where(&mut self, now: Instant, mut helps: impl FnMut(&mut QueuedPod) -> bool) {
        let waiting: Vec<_> = self.unschedulable.iter().map(|(_, rank)| rank.uid.clone()).collect();
        for uid in waiting {
            if self.pods.get_mut(&uid).is_some_and(&mut helps) {
                self.retry(&uid, now);
            }
        }
    }

    /// When the next back-off ends, or the longest rest.
    pub(crate) fn next_wakeup(&self) -> Option<Instant> {
        let first = |timed: &BTreeSet<(Instant, Rank)>| timed.first().map(|(time, _)| *time);
        [first(&self.backing_off), first(&self.unschedulable)].into_iter().flatten().min()
    }

    /// The uids of all pods.
    pub(crate) fn uids(&self) -> impl Iterator<Item = &String> {
        self.pods.keys()
    }

    fn retry(&mut self, uid: &str, now: Instant) {
        let state = self.pods.get(uid).map(|queued| queued.state);
        let Some(State::Unschedulable { not_before, .. }) = state else { return };
        let state =
            if not_before > now { State::BackingOff { until: not_before, after_error: false } } else { State::Active };
        self.enter(uid, state);
    }

    fn enter(&mut self, uid: &str, state: State) {
        let Some(mut queued) = self.pods.remove(uid) else { return };
        self.leave_order(&queued);
        let rank = queued.rank.clone();
        match state {
            State::Active => self.active.insert(rank),
            State::BackingOff { until, .. } => self.backing_off.insert((until, rank)),
            State::Unschedulable { at_last, .. } => self.unschedulable.insert((at_last, rank)),
            State::Gated | State::InFlight => false,
        };
        queued.state = state;
        self.pods.insert(uid.to_owned(), queued);
    }

    fn leave_order(&mut self, queued: &QueuedPod) {
        let rank = queued.rank.clone();
        match queued.state {
            State::Active => self.active.remove(&rank),
            State::BackingOff { until, .. } => self.backing_off.remove(&(until, rank)),
            State::Unschedulable { at_last, .. } => self.unschedulable.remove(&(at_last, rank)),
            State::Gated | State::InFlight => false,
        };
    }

    fn backoff(&self, uid: &str) -> Duration {
        BACKOFF.pause(self.pods.get(uid).map_or(1, |queued| queued.attempts), 0.0)
    }

    fn waits_after_error(&self, rank: &Rank) -> bool {
        let state = self.pods.get(&rank.uid).map(|queued| queued.state);
        matches!(state, Some(State::BackingOff { after_error: true, .. }))
    }
}

/// The first whose time has come.
fn due(timed: &BTreeSet<(Instant, Rank)>, now: Instant) -> Option<String> {
    timed.first().filter(|(time, _)| *time <= now).map(|(_, rank)| rank.uid.clone())
}

/// Whether a pod is not to be scheduled yet.
pub(crate) fn has_gates(pod: &Pod) -> bool {
    let gates = pod.spec.as_ref().and_then(|spec| spec.scheduling_gates.as_ref());
    gates.is_some_and(|gates| !gates.is_empty())
}

#[cfg(test)]
mod tests;
