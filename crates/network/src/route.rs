//! Requests to rtnetlink(7): making links, addresses and routes, and reading them.

use crate::{
    Error, MacAddress, Result,
    netlink::{self, Family, Socket, flags},
};
use ipnet::Ipv4Net;
use netlink_packet_core::NetlinkMessage;
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    address::{AddressAttribute, AddressMessage},
    link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage},
    route::{RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteProtocol, RouteType},
};
use std::{
    net::{IpAddr, Ipv4Addr},
    os::fd::{AsRawFd, BorrowedFd},
};

/// The loopback device has this index in every network namespace.
pub const LOOPBACK: u32 = 1;

/// A change, and how to say what it does: "create the bridge minke0".
pub struct Request {
    pub action: String,
    message: RouteNetlinkMessage,
    flags: u16,
}

/// A veth pair, one end of it in another namespace.
pub struct Veth<'a> {
    pub host_name: &'a str,
    pub bridge: u32,
    pub peer_name: &'a str,
    pub peer_namespace: BorrowedFd<'a>,
    pub peer_mac: MacAddress,
    pub mtu: u32,
}

impl Request {
    fn new(action: String, message: RouteNetlinkMessage, flags: u16) -> Request {
        Request { action, message, flags }
    }

    pub fn create_bridge(name: &str, mac: MacAddress, mtu: u32) -> Request {
        let info = LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Bridge)]);
        let attributes = vec![
            LinkAttribute::IfName(name.to_owned()),
            info,
            LinkAttribute::Address(mac.0.to_vec()),
            LinkAttribute::Mtu(mtu),
        ];
        let message = RouteNetlinkMessage::NewLink(link(0, true, attributes));
        Request::new(format!("create the bridge {name}"), message, flags::CREATE | flags::EXCLUSIVE)
    }

    /// The pair, its far end and its place on the bridge in one message. The far end is set up inside its namespace:
    /// the kernel ignores it here.
    pub fn create_veth(veth: &Veth) -> Request {
        let peer = vec![
            LinkAttribute::IfName(veth.peer_name.to_owned()),
            LinkAttribute::NetNsFd(veth.peer_namespace.as_raw_fd()),
            LinkAttribute::Address(veth.peer_mac.0.to_vec()),
            LinkAttribute::Mtu(veth.mtu),
        ];
        let peer = InfoData::Veth(InfoVeth::Peer(link(0, false, peer)));
        let attributes = vec![
            LinkAttribute::IfName(veth.host_name.to_owned()),
            LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Veth), LinkInfo::Data(peer)]),
            LinkAttribute::Controller(veth.bridge),
            LinkAttribute::Mtu(veth.mtu),
        ];
        let message = RouteNetlinkMessage::NewLink(link(0, true, attributes));
        Request::new(format!("create the veth pair {}", veth.host_name), message, flags::CREATE | flags::EXCLUSIVE)
    }

    pub fn set_up(name: &str, index: u32) -> Request {
        Request::new(format!("set {name} up"), RouteNetlinkMessage::SetLink(link(index, true, Vec::new())), 0)
    }

    pub fn set_mac_and_mtu(name: &str, index: u32, mac: MacAddress, mtu: u32) -> Request {
        let attributes = vec![LinkAttribute::Address(mac.0.to_vec()), LinkAttribute::Mtu(mtu)];
        let message = RouteNetlinkMessage::SetLink(link(index, true, attributes));
        Request::new(format!("set {name} up with the address {mac}"), message, 0)
    }

    pub fn delete_link(name: &str) -> Request {
        let message = RouteNetlinkMessage::DelLink(link(0, false, vec![LinkAttribute::IfName(name.to_owned())]));
        Request::new(format!("delete the network device {name}"), message, 0)
    }

    pub fn add_address(name: &str, index: u32, address: Ipv4Net) -> Request {
        let message = RouteNetlinkMessage::NewAddress(address_message(index, address));
        Request::new(format!("give {name} the address {address}"), message, flags::CREATE | flags::EXCLUSIVE)
    }

    pub fn delete_address(name: &str, index: u32, address: Ipv4Net) -> Request {
        let message = RouteNetlinkMessage::DelAddress(address_message(index, address));
        Request::new(format!("take the address {address} from {name}"), message, 0)
    }

    /// A default route through a gateway that need not be in a network of the interface's own.
    pub fn add_default_route(index: u32, gateway: Ipv4Addr) -> Request {
        let mut message = RouteMessage::default();
        message.header = RouteHeader {
            address_family: AddressFamily::Inet,
            table: RouteHeader::RT_TABLE_MAIN,
            protocol: RouteProtocol::Boot,
            kind: RouteType::Unicast,
            flags: RouteFlags::Onlink,
            ..RouteHeader::default()
        };
        message.attributes = vec![RouteAttribute::Gateway(RouteAddress::Inet(gateway)), RouteAttribute::Oif(index)];
        let message = RouteNetlinkMessage::NewRoute(message);
        Request::new(format!("route all through {gateway}"), message, flags::CREATE | flags::EXCLUSIVE)
    }
}

fn link(index: u32, up: bool, attributes: Vec<LinkAttribute>) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    if up {
        message.header.flags = LinkFlags::Up;
        message.header.change_mask = LinkFlags::Up;
    }
    message.attributes = attributes;
    message
}

fn address_message(index: u32, address: Ipv4Net) -> AddressMessage {
    let ip = IpAddr::V4(address.addr());
    let mut message = AddressMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.prefix_len = address.prefix_len();
    message.header.index = index;
    message.attributes = vec![AddressAttribute::Local(ip), AddressAttribute::Address(ip)];
    message
}

/// An rtnetlink socket.
#[derive(Debug)]
pub struct Route(Socket);

impl Route {
    pub fn open() -> Result<Route> {
        Socket::open(Family::Route).map(Route).map_err(|error| Error::kernel("open a route netlink socket", error))
    }

    /// Makes the changes in order, all in one system call, and returns the first that the kernel refused.
    pub fn apply(&mut self, requests: Vec<Request>) -> Result<()> {
        let mut actions = Vec::with_capacity(requests.len());
        let mut bytes = Vec::new();
        for Request { action, message, flags } in requests {
            let sequence = self.encode(&mut bytes, message, flags | flags::ACK);
            actions.push((sequence, action));
        }
        let whole = actions.iter().map(|(_, action)| action.as_str()).collect::<Vec<_>>().join(", ");
        self.0.send(&bytes).map_err(|error| Error::kernel(whole.as_str(), error))?;

        let mut waiting = actions.len();
        let mut outcome = Ok(());
        while waiting > 0 {
            for answer in self.0.receive().map_err(|error| Error::kernel(whole.as_str(), error))? {
                let Some((_, action)) = actions.iter().find(|(sequence, _)| *sequence == answer.sequence) else {
                    continue;
                };
                if answer.kind == netlink::ERROR {
                    waiting -= 1;
                    outcome =
                        outcome.and_then(|()| answer.outcome().map_err(|error| Error::kernel(action.as_str(), error)));
                }
            }
        }
        outcome
    }

    /// The index of a network device, if there is one of that name.
    pub fn index_of(&mut self, name: &str) -> Result<Option<u32>> {
        let message = link(0, false, vec![LinkAttribute::IfName(name.to_owned())]);
        let found = self.read(&format!("look up the network device {name}"), RouteNetlinkMessage::GetLink(message), 0);
        match found {
            Ok(messages) => Ok(messages.into_iter().find_map(|message| match message {
                RouteNetlinkMessage::NewLink(link) => Some(link.header.index),
                _ => None,
            })),
            Err(Error::Kernel { source, .. }) if is(&source, rustix::io::Errno::NODEV) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits until a network device carries what is sent over it.
    ///
    /// A device whose peer has just come up has a carrier at once, but drops packets until the kernel's link watch has
    /// run, and whoever sent them tries again a second later. To ask for a single device runs its link watch
    /// (`linkwatch_sync_dev` in `rtnl_getlink`, Linux 5.16).
    pub fn settle(&mut self, name: &str) -> Result<()> {
        self.index_of(name).map(|_| ())
    }

    /// All links, all IPv4 addresses or all IPv4 routes.
    pub fn dump(&mut self, what: Dump) -> Result<Vec<RouteNetlinkMessage>> {
        let (action, message) = match what {
            Dump::Links => ("list the network devices", RouteNetlinkMessage::GetLink(LinkMessage::default())),
            Dump::Addresses => {
                let mut message = AddressMessage::default();
                message.header.family = AddressFamily::Inet;
                ("list the addresses", RouteNetlinkMessage::GetAddress(message))
            }
            Dump::Routes => {
                let mut message = RouteMessage::default();
                message.header.address_family = AddressFamily::Inet;
                ("list the routes", RouteNetlinkMessage::GetRoute(message))
            }
        };
        self.read(action, message, flags::DUMP)
    }

    fn read(&mut self, action: &str, message: RouteNetlinkMessage, flags: u16) -> Result<Vec<RouteNetlinkMessage>> {
        let failed = |error| Error::kernel(action, error);
        let mut bytes = Vec::new();
        let sequence = self.encode(&mut bytes, message, flags);
        self.0.send(&bytes).map_err(failed)?;
        let mut messages = Vec::new();
        loop {
            for answer in self.0.receive().map_err(failed)?.filter(|answer| answer.sequence == sequence) {
                match answer.kind {
                    netlink::DONE => return Ok(messages),
                    netlink::ERROR => return answer.outcome().map_err(failed).map(|()| messages),
                    _ => messages.extend(decode(answer.message)),
                }
            }
            if flags & flags::DUMP == 0 {
                return Ok(messages);
            }
        }
    }

    fn encode(&mut self, bytes: &mut Vec<u8>, message: RouteNetlinkMessage, flags: u16) -> u32 {
        let mut message = NetlinkMessage::from(message);
        message.header.flags = flags | flags::REQUEST;
        message.header.sequence_number = self.0.next_sequence();
        message.finalize();
        let start = bytes.len();
        bytes.resize(start + message.buffer_len().next_multiple_of(4), 0);
        message.serialize(bytes.get_mut(start..).unwrap_or_default());
        message.header.sequence_number
    }
}

/// What [`Route::dump`] lists.
#[derive(Debug, Clone, Copy)]
pub enum Dump {
    Links,
    Addresses,
    Routes,
}

/// A message that the library cannot read (a link kind newer than it) is none of ours and passed over.
fn decode(message: &[u8]) -> Option<RouteNetlinkMessage> {
    match NetlinkMessage::<RouteNetlinkMessage>::deserialize(message) {
        Ok(NetlinkMessage { payload: netlink_packet_core::NetlinkPayload::InnerMessage(message), .. }) => Some(message),
        Ok(_) => None,
        Err(error) => {
            tracing::debug!(%error, "unreadable netlink message");
            None
        }
    }
}

/// Whether an error of the kernel is this one.
pub fn is(error: &std::io::Error, errno: rustix::io::Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}
