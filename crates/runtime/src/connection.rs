//! A connection to a supervisor: requests with their answers, and events.

use crate::{
    ContainerState,
    protocol::{Answer, Call, Exec, Failure, Message, Request, SOCKET},
    seqpacket,
};
use std::{
    collections::HashMap,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{io::unix::AsyncFd, sync::oneshot};

/// Who waits for what, by the number of the request.
#[derive(Default)]
struct Waiting {
    answers: HashMap<u64, oneshot::Sender<Result<Reply, Failure>>>,
    /// For the end of a process that runs beside a container's own: its exit code.
    ends: HashMap<u64, oneshot::Sender<i32>>,
}

/// An answer, and what came along.
pub struct Reply {
    pub answer: Answer,
    pub descriptor: Option<OwnedFd>,
}

/// A process that runs beside a container's own.
pub struct Executing {
    /// The number of the request for it.
    pub id: u64,
    pub reply: Reply,
    /// Its exit code; an error if the connection ends before.
    pub end: oneshot::Receiver<i32>,
}

/// Why a call has no answer.
pub enum CallError {
    Failure(Failure),
    /// Nobody is at the other end any more.
    Gone,
}

pub struct Connection {
    socket: AsyncFd<OwnedFd>,
    /// `None` when the connection has ended.
    waiting: Mutex<Option<Waiting>>,
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
        let waiting = Mutex::new(Some(Waiting::default()));
        let connection = Arc::new(Self { socket, waiting, next: AtomicU64::new(0) });
        let reader = Arc::clone(&connection);
        tokio::spawn(async move {
            while let Some((message, descriptor)) = reader.receive().await {
                match message {
                    Message::Answer { id, answer } => reader.deliver(id, answer, descriptor),
                    Message::ExecEnded { id, exit_code } => reader.tell_end(id, exit_code),
                    Message::Exited(container) => notify(Notice::Exited(container)),
                }
            }
            // Whoever waits learns that no answer will come.
            drop(reader.waiting().take());
            notify(Notice::Closed);
        });
        Ok(connection)
    }

    pub async fn call(&self, call: Call) -> Result<Answer, CallError> {
        self.call_with(call, Vec::new()).await.map(|reply| reply.answer)
    }

    /// A call with which descriptors go.
    pub async fn call_with(&self, call: Call, descriptors: Vec<OwnedFd>) -> Result<Reply, CallError> {
        self.ask(self.next_id(), call, descriptors).await
    }

    /// Has a process started in a container. `streams` are its ends of them.
    pub async fn exec(&self, exec: Exec, streams: Vec<OwnedFd>) -> Result<Executing, CallError> {
        let (id, (sender, end)) = (self.next_id(), oneshot::channel());
        // Before it can end.
        self.waiting().as_mut().ok_or(CallError::Gone)?.ends.insert(id, sender);
        let reply = self.ask(id, Call::Exec(Box::new(exec)), streams).await;
        if reply.is_err() {
            self.forget(id);
        }
        reply.map(|reply| Executing { id, reply, end })
    }

    fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing comes any more that belongs to this request.
    fn forget(&self, id: u64) {
        if let Some(waiting) = self.waiting().as_mut() {
            waiting.answers.remove(&id);
            waiting.ends.remove(&id);
        }
    }

    async fn ask(&self, id: u64, call: Call, descriptors: Vec<OwnedFd>) -> Result<Reply, CallError> {
        let (sender, receiver) = oneshot::channel();
        self.waiting().as_mut().ok_or(CallError::Gone)?.answers.insert(id, sender);
        let request = serde_json::to_vec(&Request { id, call }).map_err(|_| CallError::Gone)?;
        let sent = self.socket.async_io(tokio::io::Interest::WRITABLE, |socket| {
            let descriptors: Vec<BorrowedFd<'_>> = descriptors.iter().map(AsFd::as_fd).collect();
            seqpacket::send(socket.as_fd(), &request, &descriptors)
        });
        match sent.await {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::EMSGSIZE) => {
                self.forget(id);
                return Err(CallError::Failure(Failure::Sandbox("argument list too long".to_owned())));
            }
            Err(_) => return Err(CallError::Gone),
        }
        // They are the other side's alone now: only so does a pipe end with its process.
        drop(descriptors);
        receiver.await.map_err(|_| CallError::Gone)?.map_err(CallError::Failure)
    }

    /// The next message; what cannot be understood ends the connection as its end does.
    async fn receive(&self) -> Option<(Message, Option<OwnedFd>)> {
        let received =
            self.socket.async_io(tokio::io::Interest::READABLE, |socket| seqpacket::receive(socket.as_fd())).await;
        let (message, descriptors) = received.ok()??;
        let message = serde_json::from_slice(&message);
        let message = message.inspect_err(|error| tracing::error!(%error, "message of a supervisor")).ok()?;
        Some((message, descriptors.into_iter().next()))
    }

    fn deliver(&self, id: u64, answer: Result<Answer, Failure>, descriptor: Option<OwnedFd>) {
        if let Some(sender) = self.waiting().as_mut().and_then(|waiting| waiting.answers.remove(&id)) {
            // Who asked may have lost interest.
            let _ = sender.send(answer.map(|answer| Reply { answer, descriptor }));
        }
    }

    fn tell_end(&self, id: u64, exit_code: i32) {
        if let Some(sender) = self.waiting().as_mut().and_then(|waiting| waiting.ends.remove(&id)) {
            // Who asked may have lost interest.
            let _ = sender.send(exit_code);
        }
    }
}
