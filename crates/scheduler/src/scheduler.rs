//! The scheduler as a state machine: news of pods and nodes go in, decisions come out. Time and chance are passed in.

use crate::{
    cache::{Cache, NodeNews, Placement},
    framework::{ClusterEvent, Cycle},
    plugins::PLUGINS,
    queue::{Queue, QueuedPod, has_gates},
    schedule::{Choose, schedule},
};
use api::pod::phase::has_ended;
use k8s_openapi::api::core::v1::{Node, Pod};
use placement::PodInfo;
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Instant,
};

/// What is to be done about a pod.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Decision {
    Bind {
        pod: Arc<Pod>,
        node: String,
    },
    /// It fits nowhere now.
    Reject {
        pod: Arc<Pod>,
        message: String,
    },
    /// It is not to be scheduled yet.
    Gate {
        pod: Arc<Pod>,
    },
}

/// All that the scheduler knows.
pub(crate) struct Scheduler {
    /// The `spec.schedulerName` of the pods it is responsible for.
    name: String,
    cache: Cache,
    queue: Queue,
    newly_gated: VecDeque<Arc<Pod>>,
}

impl Scheduler {
    pub(crate) fn new(name: &str) -> Self {
        let (cache, queue) = (Cache::default(), Queue::default());
        Self { name: name.into(), cache, queue, newly_gated: VecDeque::new() }
    }

    /// A pod was created or changed.
    pub(crate) fn pod_applied(&mut self, pod: Pod, now: Instant) {
        let Some(uid) = pod.metadata.uid.clone() else { return };
        let Some(spec) = &pod.spec else { return };
        if has_ended(&pod) {
            self.pod_gone(&uid, now);
        } else if let Some(node) = spec.node_name.as_deref().filter(|node| !node.is_empty()) {
            self.queue.remove(&uid);
            let before = self.cache.place(node, Arc::new(PodInfo::placed(&pod)));
            self.room_made(before, now);
        } else if pod.metadata.deletion_timestamp.is_some() {
            // It is not bound any more; finalizers may keep it for long.
            self.pod_gone(&uid, now);
        } else if spec.scheduler_name.as_deref().unwrap_or(crate::DEFAULT_NAME) == self.name {
            let pod = Arc::new(pod);
            if has_gates(&pod) {
                self.newly_gated.push_back(pod.clone());
            }
            self.queue.put(&uid, PodInfo::new(pod), now);
        }
    }

    /// A pod was deleted, or has ended.
    pub(crate) fn pod_gone(&mut self, uid: &str, now: Instant) {
        self.queue.remove(uid);
        let before = self.cache.remove(uid);
        self.room_made(before, now);
    }

    /// A node was created or changed.
    pub(crate) fn node_applied(&mut self, node: &Node, now: Instant) {
        let news = self.cache.set_node(node);
        let Some(node) = node.metadata.name.as_ref().and_then(|name| self.cache.snapshot().get(name)) else { return };
        let event = match &news {
            NodeNews::Nothing => return,
            NodeNews::Added => ClusterEvent::NodeAdded(node),
            NodeNews::Changed(before) => ClusterEvent::NodeChanged { before, node },
        };
        self.queue.retry_where(now, |waiting| helps(&event, waiting, &self.cache));
    }

    pub(crate) fn node_gone(&mut self, name: &str) {
        self.cache.remove_node(name);
    }

    /// After a new list of all pods: the others are gone.
    pub(crate) fn keep_pods(&mut self, uids: &HashSet<String>, now: Instant) {
        let known: HashSet<_> = self.queue.uids().chain(self.cache.placed()).cloned().collect();
        known.difference(uids).for_each(|uid| self.pod_gone(uid, now));
    }

    /// After a new list of all nodes: the others are gone.
    pub(crate) fn keep_nodes(&mut self, names: &HashSet<String>) {
        let gone = self.cache.snapshot().keys().filter(|name| !names.contains(*name));
        for name in gone.cloned().collect::<Vec<_>>() {
            self.node_gone(&name);
        }
    }

    /// A binding could not be made: the pod's place is free again, and it is tried once more later.
    pub(crate) fn binding_failed(&mut self, uid: &str, now: Instant) {
        // A pod that went, or that the watch shows bound after all, is not waiting any more.
        if self.queue.fail(uid, now) {
            let before = self.cache.remove(uid);
            self.room_made(before, now);
        }
    }

    /// Decides about the next pod, if there is one to decide about. A pod that is to be bound counts as being on its
    /// node from here on, so that the next one does not get the same room.
    pub(crate) fn next(&mut self, now: Instant, choose: Choose<'_>) -> Option<Decision> {
        if let Some(pod) = self.newly_gated.pop_front() {
            return Some(Decision::Gate { pod });
        }
        let info = self.queue.pop(now)?;
        let pod = info.pod.clone();
        match schedule(&info, self.cache.snapshot(), choose).map(str::to_owned) {
            Ok(node) => {
                self.cache.place(&node, info);
                Some(Decision::Bind { pod, node })
            }
            Err(error) => {
                self.queue.reject(info.uid(), error.plugins(), now);
                Some(Decision::Reject { pod, message: error.to_string() })
            }
        }
    }

    /// When there will be something to decide although nothing happens.
    pub(crate) fn next_wakeup(&self) -> Option<Instant> {
        self.queue.next_wakeup()
    }

    /// A pod went from where it was.
    fn room_made(&mut self, before: Option<Placement>, now: Instant) {
        let Some(Placement { node, pod }) = before else { return };
        let Some(node) = self.cache.snapshot().get(&node) else { return };
        let event = ClusterEvent::PodGone { pod: &pod, node };
        self.queue.retry_where(now, |waiting| helps(&event, waiting, &self.cache));
    }
}

/// Whether a waiting pod may fit after an event: one of the plugins that rejected it says so, and none rejects the
/// node in question. One that does is asked from now on too.
fn helps(event: &ClusterEvent<'_>, waiting: &mut QueuedPod, cache: &Cache) -> bool {
    let mut asked = PLUGINS.iter().filter(|plugin| waiting.rejected_by.contains(plugin.name));
    if !waiting.rejected_by.is_empty() && !asked.any(|plugin| (plugin.may_help)(event, &waiting.pod)) {
        return false;
    }
    match Cycle::begin(PLUGINS, &waiting.pod, cache.snapshot()).filter(event.node()) {
        Ok(()) => true,
        Err((plugin, _)) => {
            waiting.rejected_by.insert(plugin);
            false
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
