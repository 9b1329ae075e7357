//! The shell: feeds the state machine from watches, and carries its decisions out.

use crate::{
    DEFAULT_NAME,
    framework::Reservation,
    framework::storage::{self, StorageNews},
    listing::{Listing, News, received},
    scheduler::{Decision, Scheduler, awaited::failure},
    writer::Writer,
};
use futures::StreamExt;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::{
    Api, Client,
    runtime::{WatchStreamExt, watcher},
};
use std::{
    hash::{BuildHasher, RandomState},
    pin::pin,
    sync::Arc,
    time::Instant,
};
use tokio::{
    task::{self, JoinSet},
    time,
};

/// Others wait for the thread that decides: after so many decisions it is their turn.
const DECISIONS_AT_ONCE: usize = 8;

/// Schedules the pods of the cluster behind `client` until `shutdown` completes.
///
/// Needs to list and watch pods, nodes, claims, volumes, storage classes, CSI drivers and their capacities, create pods'
/// bindings and events, and patch pods' status, claims and volumes. What cannot be written is logged and tried again; lost
/// watches are resumed.
pub async fn run(client: Client, shutdown: impl Future<Output = ()>) {
    let pods = watcher(Api::<Pod>::all(client.clone()), watcher::Config::default()).default_backoff();
    let nodes = watcher(Api::<Node>::all(client.clone()), watcher::Config::default()).default_backoff();
    let mut storage = storage::watch(&client);
    let (mut pods, mut nodes, mut shutdown) = (pin!(pods), pin!(nodes), pin!(shutdown));
    let mut shell = Shell::new(Writer::new(client));
    loop {
        shell.decide().await;
        tokio::select! {
            Some(event) = pods.next() => shell.pod_event(event),
            Some(event) = nodes.next() => shell.node_event(event),
            Some(news) = storage.next() => shell.storage_changed(news),
            Some(Ok(written)) = shell.writing.join_next() => shell.written(written),
            () = sleep_until(shell.scheduler.next_wakeup()) => {}
            () = &mut shutdown => return,
        }
    }
}

struct Shell {
    scheduler: Scheduler,
    pods: Listing,
    nodes: Listing,
    writer: Writer,
    writing: JoinSet<Written>,
}

/// What became of something that was to be written.
enum Written {
    /// Nothing follows from it.
    Done,
    /// What was reserved for a pod now looks like this.
    Volumes { pod: Arc<Pod>, reservation: Reservation },
    /// What was reserved could not be written.
    NoVolumes { pod: Arc<Pod>, message: String },
    /// The pod of this uid could not be bound.
    NotBound(String),
}

impl From<Option<String>> for Written {
    fn from(not_bound: Option<String>) -> Self {
        not_bound.map_or(Self::Done, Self::NotBound)
    }
}

impl Shell {
    fn new(writer: Writer) -> Self {
        let scheduler = Scheduler::new(DEFAULT_NAME);
        Self { scheduler, pods: Listing::default(), nodes: Listing::default(), writer, writing: JoinSet::new() }
    }

    fn pod_event(&mut self, event: watcher::Result<watcher::Event<Pod>>) {
        let Some(event) = received(event) else { return };
        let now = Instant::now();
        match self.pods.follow(event, |pod| pod.metadata.uid.clone()) {
            Some(News::Applied(pod)) => self.scheduler.pod_applied(pod, now),
            Some(News::Gone(pod)) => self.scheduler.pod_gone(&pod.metadata.uid.unwrap_or_default(), now),
            Some(News::Only(uids)) => self.scheduler.keep_pods(&uids, now),
            None => {}
        }
    }

    fn node_event(&mut self, event: watcher::Result<watcher::Event<Node>>) {
        let Some(event) = received(event) else { return };
        match self.nodes.follow(event, |node| node.metadata.name.clone()) {
            Some(News::Applied(node)) => self.scheduler.node_applied(&node, Instant::now()),
            Some(News::Gone(node)) => self.scheduler.node_gone(&node.metadata.name.unwrap_or_default()),
            Some(News::Only(names)) => self.scheduler.keep_nodes(&names),
            None => {}
        }
    }

    fn storage_changed(&mut self, news: StorageNews) {
        self.scheduler.storage_changed(news, Instant::now());
    }

    fn written(&mut self, written: Written) {
        match written {
            Written::Done => {}
            Written::Volumes { pod, reservation } => self.scheduler.volumes_written(pod, &reservation, Instant::now()),
            Written::NoVolumes { pod, message } => self.write(Decision::Fail { pod, message }),
            Written::NotBound(uid) => self.scheduler.binding_failed(&uid, Instant::now()),
        }
    }

    /// Makes all decisions that are due. None before everything is known that they depend on.
    async fn decide(&mut self) {
        if !(self.pods.is_complete() && self.nodes.is_complete() && self.scheduler.knows_storage()) {
            return;
        }
        let mut made = 0;
        while let Some(decision) = self.scheduler.next(Instant::now(), &mut random_below) {
            self.write(decision);
            made += 1;
            if made % DECISIONS_AT_ONCE == 0 {
                task::yield_now().await;
            }
        }
    }

    fn write(&mut self, decision: Decision) {
        let writer = self.writer.clone();
        self.writing.spawn(async move { carry_out(decision, &writer).await });
    }
}

async fn carry_out(decision: Decision, writer: &Writer) -> Written {
    match decision {
        Decision::Bind { pod, node } => return writer.bind(&pod, &node).await.into(),
        Decision::Fail { pod, message } => return writer.fail(&pod, message).await.into(),
        Decision::BindVolumes { pod, node, reservation } => {
            return match writer.bind_volumes(&node, &reservation).await {
                Ok(reservation) => Written::Volumes { pod, reservation },
                Err(error) => Written::NoVolumes { pod, message: failure(&error) },
            };
        }
        Decision::Reject { pod, message } => writer.reject(&pod, message).await,
        Decision::Gate { pod } => writer.gate(&pod).await,
    }
    Written::Done
}

/// Every `RandomState` hashes differently; that is chance enough to choose a node.
fn random_below(bound: usize) -> usize {
    usize::try_from(RandomState::new().hash_one(bound) % bound.max(1) as u64).unwrap_or(0)
}

async fn sleep_until(wakeup: Option<Instant>) {
    match wakeup {
        Some(wakeup) => time::sleep_until(wakeup.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::kinds::served_by_default;
    use apiserver::{ApiServer, User};
    use serde_json::json;
    use std::collections::HashSet;
    use store::MemoryStore;
    use tokio_util::sync::CancellationToken;
    use watcher::Event;

    fn pod(name: &str) -> Pod {
        let pod = json!({ "metadata": { "name": name, "uid": name }, "spec": { "containers": [] } });
        serde_json::from_value(pod).unwrap()
    }

    #[tokio::test]
    async fn a_burst_leaves_the_thread_to_others_now_and_then() {
        let store = Arc::new(MemoryStore::new());
        let server = ApiServer::start(store, served_by_default(), CancellationToken::new()).await.unwrap();
        let mut shell = Shell::new(Writer::new(Client::new(server.local(User::admin()), "default")));
        shell.node_event(Ok(Event::Init));
        shell.node_event(Ok(Event::InitDone));
        shell.storage_changed(StorageNews::Claims(News::Only(HashSet::new())));
        shell.storage_changed(StorageNews::Volumes(News::Only(HashSet::new())));
        shell.storage_changed(StorageNews::Classes(News::Only(HashSet::new())));
        shell.storage_changed(StorageNews::Drivers(News::Only(HashSet::new())));
        shell.storage_changed(StorageNews::Capacities(News::Only(HashSet::new())));
        shell.pod_event(Ok(Event::Init));
        (0..=DECISIONS_AT_ONCE).for_each(|number| shell.pod_event(Ok(Event::InitApply(pod(&format!("p{number}"))))));
        shell.pod_event(Ok(Event::InitDone));

        assert!(futures::poll!(pin!(shell.decide())).is_pending());
        assert_eq!(shell.writing.len(), DECISIONS_AT_ONCE);
        shell.decide().await;
        assert_eq!(shell.writing.len(), DECISIONS_AT_ONCE + 1);
    }
}
