//! A connection to a supervisor: requests with their answers, and events.

use crate::{
    ContainerState,
    protocol::{Answer, Call, Failure, Message, Request, SOCKET},
    seqpacket,
};
use std::{
    collections::HashMap,
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{io::unix::AsyncFd, sync::oneshot};

type Waiting = Mutex<Option<HashMap<u64, oneshot::Sender<Result<Answer, Failure>>>>>;

/// Why a call has no answer.
pub enum CallError {
    Failure(Failure),
    /// Nobody is at the other end any more.
    Gone,
}

pub struct Connection {
    socket: AsyncFd<OwnedFd>,
    /// Who waits for which answer; `None` when the connection has ended.
    waiting: Waiting,
    next: AtomicU64,
}

/// What comes over a connection unasked.
pub enum Notice {
    Exited(ContainerState),
    Closed,
}

impl Connection {
    /// Connects to the supervisor of the sandbox in `directory`. `notify` is called for each event, and last of all with
    /// [`Notice::Closed`].
    pub fn open(directory: &Path, notify: impl Fn(Notice) + Send + 'static) -> io::Result<Arc<Self>> {
        // SAFETY: the descriptor is owned by what is registered, and stays the same as long as that lives.
        let socket = unsafe { AsyncFd::register(seqpacket::connect(directory, SOCKET)?)? };
        let connection = Arc::new(Self { socket, waiting: Mutex::new(Some(HashMap::new())), next: AtomicU64::new(0) });
        let reader = Arc::clone(&connection);
        tokio::spawn(async move {
            while let Some(message) = reader.receive().await {
                match message {
                    Message::Answer { id, answer } => reader.deliver(id, answer),
                    Message::Exited(container) => notify(Notice::Exited(container)),
                }
            }
            // Whoever waits learns that no answer will come.
            drop(reader.waiting.lock().unwrap_or_else(PoisonError::into_inner).take());
            notify(Notice::Closed);
        });
        Ok(connection)
    }

    pub async fn call(&self, call: Call) -> Result<Answer, CallError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        match self.waiting.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(waiting) => _ = waiting.insert(id, sender),
            None => return Err(CallError::Gone),
        }
        let request = serde_json::to_vec(&Request { id, call }).map_err(|_| CallError::Gone)?;
        let sent = self
            .socket
            .async_io(tokio::io::Interest::WRITABLE, |socket| seqpacket::send(socket.as_fd(), &request, None));
        if sent.await.is_err() {
            return Err(CallError::Gone);
        }
        receiver.await.map_err(|_| CallError::Gone)?.map_err(CallError::Failure)
    }

    /// The next message; what cannot be understood ends the connection as its end does.
    async fn receive(&self) -> Option<Message> {
        let received =
            self.socket.async_io(tokio::io::Interest::READABLE, |socket| seqpacket::receive(socket.as_fd())).await;
        let (message, _) = received.ok()??;
        serde_json::from_slice(&message).inspect_err(|error| tracing::error!(%error, "message of a supervisor")).ok()
    }

    fn deliver(&self, id: u64, answer: Result<Answer, Failure>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = waiting.as_mut().and_then(|waiting| waiting.remove(&id)) {
            // Who asked may have lost interest.
            let _ = sender.send(answer);
        }
    }
}
