//! Those who are connected to a supervisor.

use super::source::{ClientId, Requester, Source, Waited, readable};
use crate::{
    protocol::{Answer, Failure, Message, Request},
    seqpacket,
};
use rustix::{event::PollFlags, io::Errno, net::SocketFlags};
use std::{
    collections::{BTreeMap, VecDeque},
    io::ErrorKind,
    os::fd::{AsFd, OwnedFd},
    time::{Duration, Instant},
};

/// Messages that may wait for a client that does not read; then it is let go, and finds out what it missed when it comes
/// back.
const QUEUE: usize = 4096;
/// How long nobody is let in after there was no descriptor to be had: nothing tells when there is one again.
const PAUSE: Duration = Duration::from_secs(1);

struct Client {
    socket: OwnedFd,
    unsent: VecDeque<(Vec<u8>, Option<OwnedFd>)>,
}

pub struct Clients {
    listener: OwnedFd,
    connected: BTreeMap<ClientId, Client>,
    next: ClientId,
    answered: bool,
    /// When to let clients in again, after that failed.
    again: Option<Instant>,
}

impl Clients {
    pub fn new(listener: OwnedFd) -> Self {
        Self { listener, connected: BTreeMap::new(), next: 0, answered: false, again: None }
    }

    pub fn sources(&self) -> Vec<Waited<'_>> {
        let clients = self.connected.iter().map(|(id, client)| {
            let mut flags = PollFlags::IN;
            flags.set(PollFlags::OUT, !client.unsent.is_empty());
            (Source::Client(*id), client.socket.as_fd(), flags)
        });
        let listener = self.again.is_none().then(|| readable(Source::Listener, &self.listener));
        listener.into_iter().chain(clients).collect()
    }

    pub fn accept(&mut self, now: Instant) {
        let accepted = rustix::net::accept_with(&self.listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK);
        self.let_in(accepted, now);
    }

    fn let_in(&mut self, accepted: rustix::io::Result<OwnedFd>, now: Instant) {
        match accepted {
            Ok(socket) => {
                self.connected.insert(self.next, Client { socket, unsent: VecDeque::new() });
                self.next += 1;
            }
            // Who was there is gone.
            Err(Errno::AGAIN | Errno::INTR | Errno::CONNABORTED) => {}
            Err(_) => self.again = Some(now + PAUSE),
        }
    }

    /// When to let clients in again, if that is not now.
    pub fn due(&self) -> Option<Instant> {
        self.again
    }

    pub fn try_again(&mut self, now: Instant) {
        self.again = self.again.filter(|again| *again > now);
    }

    /// Sends what waits and returns what the client asks, with the descriptors that came along. A client that hung up or speaks nonsense is forgotten.
    pub fn read(&mut self, id: ClientId) -> Vec<(Request, Vec<OwnedFd>)> {
        self.flush(id);
        let mut requests = Vec::new();
        while let Some(client) = self.connected.get(&id) {
            let request = match seqpacket::receive(client.socket.as_fd()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(Some((message, descriptors))) => {
                    serde_json::from_slice(&message).ok().map(|request| (request, descriptors))
                }
                Ok(None) | Err(_) => None,
            };
            match request {
                Some(request) => requests.push(request),
                None => _ = self.connected.remove(&id),
            }
        }
        requests
    }

    pub fn answer(&mut self, (client, id): Requester, answer: Result<Answer, Failure>) {
        self.send(client, &Message::Answer { id, answer }, None);
    }

    /// Answers with a descriptor, if there is one.
    pub fn answer_with(&mut self, (client, id): Requester, answer: Answer, descriptor: Option<OwnedFd>) {
        self.send(client, &Message::Answer { id, answer: Ok(answer) }, descriptor);
    }

    pub fn broadcast(&mut self, message: &Message) {
        let everyone: Vec<ClientId> = self.connected.keys().copied().collect();
        for client in everyone {
            self.send(client, message, None);
        }
    }

    pub fn send(&mut self, id: ClientId, message: &Message, descriptor: Option<OwnedFd>) {
        self.answered = true;
        let (Some(client), Ok(message)) = (self.connected.get_mut(&id), serde_json::to_vec(message)) else { return };
        client.unsent.push_back((message, descriptor));
        self.flush(id);
    }

    pub fn have_been_served(&self) -> bool {
        self.answered
    }

    pub fn are_flushed(&self) -> bool {
        self.connected.values().all(|client| client.unsent.is_empty())
    }

    fn flush(&mut self, id: ClientId) {
        let Some(client) = self.connected.get_mut(&id) else { return };
        while let Some((message, descriptor)) = client.unsent.front() {
            let descriptor = descriptor.as_ref().map(AsFd::as_fd);
            match seqpacket::send(client.socket.as_fd(), message, descriptor.as_slice()) {
                Ok(()) => _ = client.unsent.pop_front(),
                Err(error) if error.kind() == ErrorKind::WouldBlock && client.unsent.len() < QUEUE => return,
                Err(_) => {
                    self.connected.remove(&id);
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_descriptors_the_listener_is_left_alone_for_a_while() {
        let ((listener, socket), now) = (seqpacket::pair().unwrap(), Instant::now());
        let mut clients = Clients::new(listener);
        for (accepted, sources, due) in
            [(Err(Errno::AGAIN), 1, None), (Ok(socket), 2, None), (Err(Errno::MFILE), 1, Some(now + PAUSE))]
        {
            clients.let_in(accepted, now);
            assert_eq!((clients.sources().len(), clients.due()), (sources, due));
        }
        clients.try_again(now);
        assert_eq!(clients.sources().len(), 1);
        clients.try_again(now + PAUSE);
        assert_eq!((clients.sources().len(), clients.due()), (2, None));
    }
}
