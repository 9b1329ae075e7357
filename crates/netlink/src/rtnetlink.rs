//! Links, addresses, routes, rules and neighbours: rtnetlink(7). A module an object, each with its requests and with
//! what the kernel lists of it.

mod address;
mod link;
mod neighbour;
mod protocol;
mod route;
mod rule;

use crate::{
    AddressFamily, Error, Result,
    message::Request,
    socket::{Family, Socket},
};
use rustix::io::Errno;

pub use address::Address;
pub use link::{Device, Link, NewLink, Vxlan, delete_link, set_mac_and_mtu, set_up};
pub use neighbour::{ForwardingEntry, Neighbour};
pub use route::{NewRoute, Route};
pub use rule::Rule;

/// The loopback device has this index in every network namespace.
pub const LOOPBACK: u32 = 1;

/// An rtnetlink socket.
#[derive(Debug)]
pub struct Rtnetlink(Socket);

impl Rtnetlink {
    /// A socket in the network namespace of this thread.
    pub fn open() -> Result<Rtnetlink> {
        Socket::open(Family::Route).map(Rtnetlink)
    }

    /// Makes the changes in order, all in one system call, and returns the first that the kernel refused. Those after
    /// it are made all the same.
    pub fn apply(&mut self, requests: &[Request]) -> Result<()> {
        self.0.apply(requests)
    }

    /// The network device of that name, if there is one.
    pub fn link(&mut self, name: &str) -> Result<Option<Link>> {
        match self.0.read(&link::get(name), Link::decode) {
            Err(error) if error.errno() == Some(Errno::NODEV) => Ok(None),
            found => Ok(found?.into_iter().next()),
        }
    }

    /// Waits until a network device carries what is sent over it.
    ///
    /// A device whose peer has just come up has a carrier at once, but drops packets until the kernel's link watch has
    /// run, and whoever sent them tries again a second later. To ask for a single device runs its link watch
    /// (`linkwatch_sync_dev` in `rtnl_getlink`, Linux 5.16).
    pub fn settle(&mut self, name: &str) -> Result<()> {
        self.link(name).map(drop)
    }

    /// All network devices.
    pub fn links(&mut self) -> Result<Vec<Link>> {
        self.0.read(&link::list(), Link::decode)
    }

    /// All addresses of all network devices.
    pub fn addresses(&mut self) -> Result<Vec<Address>> {
        self.0.read(&address::list(), Address::decode)
    }

    /// All unicast and local routes, of all tables.
    pub fn routes(&mut self) -> Result<Vec<Route>> {
        self.0.read(&route::list(), Route::decode)
    }

    /// The rules that say which routing table counts.
    pub fn rules(&mut self, family: AddressFamily) -> Result<Vec<Rule>> {
        self.0.read(&rule::list(family), Rule::decode)
    }

    /// The neighbours whose hardware address is known.
    pub fn neighbours(&mut self, family: AddressFamily) -> Result<Vec<Neighbour>> {
        self.0.read(&neighbour::list(family), Neighbour::decode)
    }

    /// Which frames a VXLAN device sends where.
    pub fn forwarding_entries(&mut self) -> Result<Vec<ForwardingEntry>> {
        self.0.read(&neighbour::list_forwarding(), ForwardingEntry::decode)
    }
}

/// Reads a message of any kind as one of each, for [`crate::read_anything`].
pub(crate) fn decode_all(body: &[u8]) {
    let _ = (Link::decode(body), Address::decode(body), Route::decode(body), Rule::decode(body));
    let _ = (Neighbour::decode(body), ForwardingEntry::decode(body));
}

/// No error where there was nothing to delete.
pub fn ignore_missing(outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(error) if is_missing(&error) => Ok(()),
        outcome => outcome,
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(error.errno(), Some(Errno::NODEV | Errno::NOENT | Errno::SRCH | Errno::ADDRNOTAVAIL))
}
