//! Network namespaces for tests: each test's node is one, each pod is one, none has a way out.

use network::{Config, Network, PodAddress};
use rustix::thread::{LinkNameSpaceType, UnshareFlags};
use std::{
    fs::File,
    io::{Read, Write},
    net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

/// Runs a test in a fresh network namespace of its own.
pub fn on_a_node(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let node = scope.spawn(|| {
            unshare();
            test();
        });
        node.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// A pod's network namespace; it ends with this value.
pub struct Pod(OwnedFd);

impl Pod {
    pub fn new() -> Pod {
        let inside = std::thread::spawn(|| {
            unshare();
            File::open("/proc/thread-self/ns/net").unwrap().into()
        });
        Pod(inside.join().unwrap())
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Runs something inside the pod.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                rustix::thread::move_into_link_name_space(self.fd(), Some(LinkNameSpaceType::Network)).unwrap();
                work()
            });
            inside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Attaches the pod; returns its address of the preferred family.
    pub fn attach(&self, network: &Network, uid: &str) -> PodAddress {
        self.attach_all(network, uid)[0]
    }

    /// Attaches the pod; returns all of its addresses.
    pub fn attach_all(&self, network: &Network, uid: &str) -> Vec<PodAddress> {
        wait(network.attach(uid, self.fd())).unwrap()
    }

    /// A listener in the pod, on a port the kernel picks.
    pub fn listen(&self) -> TcpListener {
        self.run(listen)
    }

    pub fn connect(&self, to: SocketAddr) -> TcpStream {
        self.run(|| TcpStream::connect(to).unwrap())
    }
}

/// Listens to both families.
pub fn listen() -> TcpListener {
    TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).unwrap()
}

/// Where a listener is reached from outside its namespace.
pub fn at(ip: IpAddr, listener: &TcpListener) -> SocketAddr {
    (ip, listener.local_addr().unwrap().port()).into()
}

/// Sends a word through a connection to `listener` and returns the address the connection seems to come from.
pub fn talk(mut client: TcpStream, listener: &TcpListener) -> (IpAddr, Conversation) {
    let (mut server, from) = listener.accept().unwrap();
    say(&mut client, &mut server);
    say(&mut server, &mut client);
    (from.ip().to_canonical(), Conversation(client, server))
}

/// Both ends of an open connection.
pub struct Conversation(TcpStream, TcpStream);

impl Conversation {
    /// Says something more each way.
    pub fn go_on(&mut self) {
        say(&mut self.0, &mut self.1);
        say(&mut self.1, &mut self.0);
    }
}

fn say(from: &mut TcpStream, to: &mut TcpStream) {
    from.write_all(b"hello").unwrap();
    let mut heard = [0; 5];
    to.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"hello");
}

pub fn start(bridge: &str, cidrs: &str, pods_dir: &Path) -> Network {
    Network::start(config(bridge, cidrs, pods_dir)).unwrap()
}

pub fn config(bridge: &str, cidrs: &str, pods_dir: &Path) -> Config {
    Config { bridge: bridge.to_owned(), pod_cidrs: cidrs.parse().unwrap(), pods_dir: pods_dir.to_owned() }
}

/// Waits for a future on this thread, so that whatever it starts is in this thread's namespace.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn unshare() {
    // SAFETY: no descriptor table is unshared, so no thread loses sight of another's descriptors.
    let unshared = unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) };
    unshared.expect("making a network namespace needs root: run `sudo -E cargo xtask test`");
}
