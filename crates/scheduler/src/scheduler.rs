//! The scheduler as a state machine: news of pods, nodes and volumes go in, decisions come out. Time and chance are passed
//! in.

pub(crate) mod awaited;

use crate::{
    cache::{Cache, NodeNews, Placement},
    framework::storage::StorageNews,
    framework::{ClusterEvent, Cycle, Reservation, StorageEvent, VolumeForClaim},
    plugins::PLUGINS,
    queue::{Queue, QueuedPod, has_gates},
    schedule::{self, Choose, schedule},
};
use api::pod::phase::has_ended;
use awaited::Awaited;
use k8s_openapi::api::core::v1::{Node, PersistentVolume, PersistentVolumeClaim, Pod};
use placement::PodInfo;
use std::{
    collections::{HashSet, VecDeque},
    mem,
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
    /// It goes to this node; first what is reserved for it is to be written down.
    BindVolumes {
        pod: Arc<Pod>,
        node: String,
        reservation: Reservation,
    },
    /// It cannot be bound to the node chosen for it, for this reason.
    Fail {
        pod: Arc<Pod>,
        message: String,
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
    /// Pods whose volumes others are binding or making.
    awaited: Awaited,
    /// The node with which the search begins for the next pod.
    from: String,
}

impl Scheduler {
    pub(crate) fn new(name: &str) -> Self {
        let (cache, queue, awaited) = (Cache::default(), Queue::default(), Awaited::default());
        Self { name: name.into(), cache, queue, newly_gated: VecDeque::new(), awaited, from: String::new() }
    }

    /// A pod was created or changed.
    pub(crate) fn pod_applied(&mut self, pod: Pod, now: Instant) {
        let Some(uid) = pod.metadata.uid.clone() else { return };
        let Some(spec) = &pod.spec else { return };
        if has_ended(&pod) {
            self.pod_gone(&uid, now);
        } else if let Some(node) = spec.node_name.as_deref().filter(|node| !node.is_empty()) {
            self.queue.remove(&uid);
            self.awaited.remove(&uid);
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
        self.awaited.remove(uid);
        let before = self.cache.remove(uid);
        self.room_made(before, now);
    }

    /// A node was created or changed.
    pub(crate) fn node_applied(&mut self, node: &Node, now: Instant) {
        let news = self.cache.set_node(node);
        let Some(node) = node.metadata.name.as_ref().and_then(|name| self.cache.snapshot().nodes.get(name)) else {
            return;
        };
        let event = match &news {
            NodeNews::Nothing => return,
            NodeNews::Added => ClusterEvent::NodeAdded(node),
            NodeNews::Changed(before) => ClusterEvent::NodeChanged { before, node },
        };
        self.queue.retry_where(now, |waiting| helps(&event, waiting, &self.cache));
    }

    /// Something changed that concerns volumes.
    pub(crate) fn storage_changed(&mut self, news: StorageNews, now: Instant) {
        if let Some(noted) = self.cache.storage_mut().note(news) {
            let event = ClusterEvent::Storage(noted.event());
            self.queue.retry_where(now, |waiting| helps(&event, waiting, &self.cache));
        }
    }

    /// Whether all is known that concerns volumes.
    pub(crate) fn knows_storage(&self) -> bool {
        self.cache.snapshot().storage.is_complete()
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
        let gone = self.cache.snapshot().nodes.keys().filter(|name| !names.contains(*name));
        for name in gone.cloned().collect::<Vec<_>>() {
            self.node_gone(&name);
        }
    }

    /// What was reserved for a pod has been written down, as these objects. The pod is bound once its claims are.
    pub(crate) fn volumes_written(&mut self, pod: Arc<Pod>, written: &Reservation, now: Instant) {
        let storage = self.cache.storage_mut();
        for VolumeForClaim { volume, .. } in &written.volumes {
            storage.volumes.apply(PersistentVolume::clone(volume));
        }
        for claim in &written.provisioned {
            storage.claims.apply(PersistentVolumeClaim::clone(claim));
        }
        // A pod that went meanwhile has nothing reserved any more.
        if storage.reserved(pod.metadata.uid.as_deref().unwrap_or_default()).is_some() {
            self.awaited.add(pod, now);
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
        if let Some(settled) = self.awaited.settled(self.cache.snapshot(), now) {
            return Some(settled);
        }
        let info = self.queue.pop(now)?;
        let pod = info.pod.clone();
        match schedule(&info, self.cache.snapshot(), &self.from, choose) {
            Ok(schedule::Placement { node, reservation, next }) => {
                let node = node.to_owned();
                self.from = next.map_or_else(|| mem::take(&mut self.from), str::to_owned);
                self.cache.assume(&node, info, reservation.clone());
                Some(if reservation.is_empty() {
                    Decision::Bind { pod, node }
                } else {
                    Decision::BindVolumes { pod, node, reservation }
                })
            }
            Err(error) => {
                self.queue.reject(info.uid(), error.plugins(), now);
                Some(Decision::Reject { pod, message: error.to_string() })
            }
        }
    }

    /// When there will be something to decide although nothing happens.
    pub(crate) fn next_wakeup(&self) -> Option<Instant> {
        [self.queue.next_wakeup(), self.awaited.next_timeout()].into_iter().flatten().min()
    }

    /// A pod went from where it was.
    fn room_made(&mut self, before: Option<Placement>, now: Instant) {
        let Some(Placement { node, pod }) = before else { return };
        if let Some(node) = self.cache.snapshot().nodes.get(&node) {
            let on_node = ClusterEvent::PodGone { pod: &pod, node };
            self.queue.retry_where(now, |waiting| helps(&on_node, waiting, &self.cache));
        }
        // Its volumes are free also if its node went first.
        if !pod.demand.claims.is_empty() {
            let anywhere = ClusterEvent::Storage(StorageEvent::Released(&pod));
            self.queue.retry_where(now, |waiting| helps(&anywhere, waiting, &self.cache));
        }
    }
}

/// Whether a waiting pod may fit after an event: one of the plugins that rejected it says so, and none rejects the
/// node in question. One that does is asked from now on too.
fn helps(event: &ClusterEvent<'_>, waiting: &mut QueuedPod, cache: &Cache) -> bool {
    let mut asked = PLUGINS.iter().filter(|plugin| waiting.rejected_by.contains(plugin.name));
    if !waiting.rejected_by.is_empty() && !asked.any(|plugin| (plugin.may_help)(event, &waiting.pod)) {
        return false;
    }
    let cycle = Cycle::begin(PLUGINS, &waiting.pod, cache.snapshot());
    let judged = cycle.and_then(|cycle| event.node().map_or(Ok(()), |node| cycle.filter(node)));
    match judged {
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
