//! A pod worker's mailbox: however many messages arrive while the worker is busy, it finds one merged state of affairs.

use super::merge::Listing;
use k8s_openapi::api::core::v1::Pod;
use runtime::ContainerState;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// What a worker finds when it looks.
#[derive(Debug, Default)]
pub struct Inbox {
    /// The newest object, if one came since the last look.
    pub pod: Option<Arc<Pod>>,
    /// Containers that have ended since the last look.
    pub exited: Vec<ContainerState>,
    /// The supervisor's newest list of its containers, if one came since the last look.
    pub listed: Option<Listing>,
    /// The id of a sandbox whose supervisor ended by itself.
    pub sandbox_gone: Option<String>,
    /// The API server has no such object any more: everything must end at once. Never taken back.
    pub gone: bool,
    /// The node shuts down with its pods. Never taken back.
    pub node_shutdown: Option<Shutdown>,
}

/// One piece of news for a worker.
#[derive(Debug)]
pub enum Message {
    /// The object was added or changed.
    Pod(Arc<Pod>),
    /// The object is gone from the API server.
    Gone,
    /// The node shuts down and takes its pods along.
    NodeShutdown(Shutdown),
    ContainerExited(ContainerState),
    Listed(Listing),
    SandboxGone(String),
}

/// How a node takes its pods along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shutdown {
    /// They have their grace periods.
    InOrder,
    /// Somebody does not want to wait for them.
    AtOnce,
}

impl Inbox {
    /// Only the last word counts, except that an end is final.
    fn merge(&mut self, message: Message) {
        match message {
            Message::Pod(pod) => self.pod = Some(pod),
            Message::Gone => self.gone = true,
            Message::NodeShutdown(shutdown) => self.node_shutdown = self.node_shutdown.max(Some(shutdown)),
            Message::ContainerExited(state) => self.exited.push(state),
            Message::Listed(listing) => self.listed = Some(listing),
            Message::SandboxGone(id) => self.sandbox_gone = Some(id),
        }
    }
}

/// Shared by the worker, which waits, and everyone who has news for it.
#[derive(Debug, Default)]
pub struct Mailbox {
    inbox: Mutex<Inbox>,
    /// The newest object that came at all.
    newest: Mutex<Option<Arc<Pod>>>,
    arrived: Notify,
}

impl Mailbox {
    pub fn post(&self, message: Message) {
        if let Message::Pod(pod) = &message {
            *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(pod));
        }
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).merge(message);
        self.arrived.notify_one();
    }

    /// The newest object that came, also if it has been taken out.
    pub fn newest(&self) -> Option<Arc<Pod>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for news; news that arrived since the last look is there at once.
    pub async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Whether the API server has said that the object is gone.
    pub fn is_gone(&self) -> bool {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).gone
    }

    /// Takes what has come; the finalities stay.
    pub fn look(&self) -> Inbox {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let next = Inbox { gone: inbox.gone, node_shutdown: inbox.node_shutdown, ..Inbox::default() };
        std::mem::replace(&mut *inbox, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn pod(version: &str) -> Arc<Pod> {
        let mut pod = Pod::default();
        pod.metadata.resource_version = Some(version.to_owned());
        Arc::new(pod)
    }

    fn version(inbox: &Inbox) -> Option<&str> {
        inbox.pod.as_ref()?.metadata.resource_version.as_deref()
    }

    #[test]
    fn only_the_newest_object_is_found() {
        let mailbox = Mailbox::default();
        mailbox.post(Message::Pod(pod("1")));
        mailbox.post(Message::SandboxGone("s".to_owned()));
        mailbox.post(Message::Pod(pod("2")));
        let found = mailbox.look();
        assert_eq!((version(&found), found.sandbox_gone.as_deref()), (Some("2"), Some("s")));
        let found = mailbox.look();
        assert_eq!((version(&found), found.sandbox_gone.as_deref()), (None, None));
        assert_eq!(mailbox.newest().and_then(|pod| pod.metadata.resource_version.clone()).as_deref(), Some("2"));
    }

    #[test]
    fn no_end_of_a_container_is_lost() {
        let mailbox = Mailbox::default();
        let exited = |id: &str| {
            Message::ContainerExited(ContainerState {
                id: id.to_owned(),
                pid: 1,
                status: runtime::Status::Exited,
                created_at: jiff::Timestamp::UNIX_EPOCH,
                started_at: None,
                finished_at: None,
                exit_code: Some(0),
                signal: None,
                oom_killed: false,
                cgroup: String::new(),
            })
        };
        for id in ["a", "b", "c"] {
            mailbox.post(exited(id));
        }
        let ids: Vec<_> = mailbox.look().exited.into_iter().map(|state| state.id).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert!(mailbox.look().exited.is_empty());
    }

    #[test]
    fn an_end_is_final() {
        let mailbox = Mailbox::default();
        mailbox.post(Message::Gone);
        mailbox.post(Message::Pod(pod("3")));
        for _ in 0..2 {
            assert!(mailbox.look().gone);
        }
    }

    #[test]
    fn news_between_two_looks_wakes_the_worker_once() {
        let mailbox = Mailbox::default();
        mailbox.post(Message::Gone);
        mailbox.post(Message::Gone);
        assert!(mailbox.arrived().now_or_never().is_some());
        assert!(mailbox.arrived().now_or_never().is_none());
    }
}
