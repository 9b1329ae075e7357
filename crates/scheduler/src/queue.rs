//! The pods that wait for a node: which one is next, and when a rejected one gets another chance.

use k8s_openapi::api::core::v1::Pod;
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

/// The pause after the first failed attempt; it doubles with each further one.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(crate) struct Queue {
    /// By uid.
    pods: HashMap<String, QueuedPod>,
    active: BTreeSet<Rank>,
    /// Those that will be active at a time.
    backing_off: BTreeSet<(Instant, Rank)>,
    arrivals: u64,
}

struct QueuedPod {
    pod: Arc<Pod>,
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
    /// Fitted nowhere, and waits for a change that helps. After that it is tried at this time at the earliest.
    Unschedulable { not_before: Instant },
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
    pub(crate) fn put(&mut self, uid: &str, pod: Arc<Pod>, now: Instant) {
        let gated = has_gates(&pod);
        let Some(queued) = self.pods.get_mut(uid) else {
            self.arrivals += 1;
            let priority = pod.spec.as_ref().and_then(|spec| spec.priority).unwrap_or(0);
            let rank = Rank { priority: Reverse(priority), arrival: self.arrivals, uid: uid.to_owned() };
            let state = if gated { State::Gated } else { State::Active };
            if !gated {
                self.active.insert(rank.clone());
            }
            self.pods.insert(uid.to_owned(), QueuedPod { pod, rank, attempts: 0, state });
            return;
        };
        let before = std::mem::replace(&mut queued.pod, pod);
        let changed = before.spec != queued.pod.spec || before.metadata.labels != queued.pod.metadata.labels;
        match queued.state {
            State::Gated if !gated => self.enter(uid, State::Active),
            State::Unschedulable { .. } if changed => self.retry(uid, now),
            _ => {}
        }
    }

    pub(crate) fn remove(&mut self, uid: &str) {
        if let Some(queued) = self.pods.remove(uid) {
            self.leave_order(&queued);
        }
    }

    /// Takes the next pod out to be scheduled: an active one, or, if there is none, the one whose back-off ends first.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Arc<Pod>> {
        while let Some((until, rank)) = self.backing_off.first().cloned() {
            if until > now {
                break;
            }
            self.enter(&rank.uid, State::Active);
        }
        let waiting = || self.backing_off.iter().map(|(_, rank)| rank).find(|rank| !self.waits_after_error(rank));
        let uid = self.active.first().or_else(waiting)?.uid.clone();
        self.enter(&uid, State::InFlight);
        let queued = self.pods.get_mut(&uid)?;
        queued.attempts += 1;
        Some(queued.pod.clone())
    }

    /// Puts a pod aside that fitted nowhere.
    pub(crate) fn reject(&mut self, uid: &str, now: Instant) {
        let not_before = now + self.backoff(uid);
        self.enter(uid, State::Unschedulable { not_before });
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

    /// Gives those unschedulable pods another chance for which a change `helps`.
    pub(crate) fn retry_where(&mut self, now: Instant, helps: impl Fn(&Pod) -> bool) {
        let unschedulable = |queued: &&QueuedPod| matches!(queued.state, State::Unschedulable { .. });
        let helped = self.pods.values().filter(unschedulable).filter(|queued| helps(&queued.pod));
        for uid in helped.map(|queued| queued.rank.uid.clone()).collect::<Vec<_>>() {
            self.retry(&uid, now);
        }
    }

    /// When the next back-off ends.
    pub(crate) fn next_wakeup(&self) -> Option<Instant> {
        self.backing_off.first().map(|(until, _)| *until)
    }

    /// The uids of all pods.
    pub(crate) fn uids(&self) -> impl Iterator<Item = &String> {
        self.pods.keys()
    }

    fn retry(&mut self, uid: &str, now: Instant) {
        let Some(State::Unschedulable { not_before }) = self.pods.get(uid).map(|queued| queued.state) else { return };
        let state =
            if not_before > now { State::BackingOff { until: not_before, after_error: false } } else { State::Active };
        self.enter(uid, state);
    }

    fn enter(&mut self, uid: &str, state: State) {
        let Some(mut queued) = self.pods.remove(uid) else { return };
        self.leave_order(&queued);
        match state {
            State::Active => {
                self.active.insert(queued.rank.clone());
            }
            State::BackingOff { until, .. } => {
                self.backing_off.insert((until, queued.rank.clone()));
            }
            State::Unschedulable { .. } | State::Gated | State::InFlight => {}
        }
        queued.state = state;
        self.pods.insert(uid.to_owned(), queued);
    }

    fn leave_order(&mut self, queued: &QueuedPod) {
        match queued.state {
            State::Active => {
                self.active.remove(&queued.rank);
            }
            State::BackingOff { until, .. } => {
                self.backing_off.remove(&(until, queued.rank.clone()));
            }
            State::Unschedulable { .. } | State::Gated | State::InFlight => {}
        }
    }

    fn backoff(&self, uid: &str) -> Duration {
        let attempts = self.pods.get(uid).map_or(1, |queued| queued.attempts.max(1));
        FIRST_BACKOFF.saturating_mul(1 << (attempts - 1).min(10)).min(LONGEST_BACKOFF)
    }

    fn waits_after_error(&self, rank: &Rank) -> bool {
        let state = self.pods.get(&rank.uid).map(|queued| queued.state);
        matches!(state, Some(State::BackingOff { after_error: true, .. }))
    }
}

/// Whether a pod is not to be scheduled yet.
pub(crate) fn has_gates(pod: &Pod) -> bool {
    let gates = pod.spec.as_ref().and_then(|spec| spec.scheduling_gates.as_ref());
    gates.is_some_and(|gates| !gates.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, priority: i32) -> Arc<Pod> {
        let spec = json!({ "containers": [], "priority": priority });
        Arc::new(serde_json::from_value(json!({ "metadata": { "name": name }, "spec": spec })).unwrap())
    }

    fn with_gate(pod: &Arc<Pod>) -> Arc<Pod> {
        let mut pod = serde_json::to_value(&**pod).unwrap();
        pod["spec"]["schedulingGates"] = json!([{ "name": "example.com/wait" }]);
        Arc::new(serde_json::from_value(pod).unwrap())
    }

    fn popped(queue: &mut Queue, now: Instant) -> Option<String> {
        queue.pop(now).and_then(|pod| pod.metadata.name.clone())
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn higher_priority_goes_first_and_then_who_came_first() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for (name, priority) in [("a", 0), ("b", 10), ("c", 0), ("d", 10), ("e", -1)] {
            queue.put(name, pod(name, priority), now);
        }
        let order: Vec<_> = std::iter::from_fn(|| popped(&mut queue, now)).collect();
        assert_eq!(order, ["b", "d", "a", "c", "e"]);
    }

    #[test]
    fn an_unschedulable_pod_waits_for_a_change_that_helps() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.put("a", pod("a", 0), now);
        queue.pop(now);
        queue.reject("a", now);
        assert_eq!(popped(&mut queue, now + seconds(60)), None);
        queue.retry_where(now + seconds(60), |_| false);
        assert_eq!(popped(&mut queue, now + seconds(60)), None);
        queue.retry_where(now + seconds(60), |_| true);
        assert_eq!(popped(&mut queue, now + seconds(60)), Some("a".into()));
    }

    #[test]
    fn a_pod_that_backs_off_lets_others_pass_but_not_time() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.put("a", pod("a", 10), now);
        queue.pop(now);
        queue.reject("a", now);
        queue.put("b", pod("b", 0), now);
        queue.retry_where(now, |_| true);
        assert_eq!(queue.next_wakeup(), Some(now + seconds(1)));
        assert_eq!(popped(&mut queue, now), Some("b".into()));
        assert_eq!(popped(&mut queue, now), Some("a".into()), "nothing else was to be done");
    }

    #[test]
    fn failed_bindings_back_off_longer_and_longer() {
        let (mut queue, mut now) = (Queue::default(), Instant::now());
        queue.put("a", pod("a", 0), now);
        for pause in [1, 2, 4, 8, 10, 10].map(seconds) {
            assert_eq!(popped(&mut queue, now), Some("a".into()));
            assert!(queue.fail("a", now));
            assert_eq!(queue.next_wakeup(), Some(now + pause));
            assert_eq!(popped(&mut queue, now + pause.mul_f32(0.99)), None);
            now += pause;
        }
    }

    #[test]
    fn a_failed_binding_of_a_pod_that_went_is_nothing() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.put("a", pod("a", 0), now);
        queue.pop(now);
        queue.remove("a");
        assert!(!queue.fail("a", now));
        assert_eq!(popped(&mut queue, now + seconds(60)), None);
    }

    #[test]
    fn gated_pods_wait_until_the_last_gate_is_gone() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.put("a", with_gate(&pod("a", 0)), now);
        queue.retry_where(now, |_| true);
        assert_eq!(popped(&mut queue, now), None);
        queue.put("a", pod("a", 0), now);
        assert_eq!(popped(&mut queue, now), Some("a".into()));
    }

    #[test]
    fn only_changes_of_the_pod_that_matter_bring_it_back() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.put("a", pod("a", 0), now);
        queue.pop(now);
        queue.reject("a", now);
        let mut patched = Pod::clone(&pod("a", 0));
        patched.metadata.resource_version = Some("2".into());
        queue.put("a", Arc::new(patched.clone()), now);
        assert_eq!(popped(&mut queue, now), None, "our own status patch changes nothing");
        patched.metadata.labels = Some([("key".to_owned(), "value".to_owned())].into());
        queue.put("a", Arc::new(patched), now);
        assert_eq!(popped(&mut queue, now), Some("a".into()));
    }
}
