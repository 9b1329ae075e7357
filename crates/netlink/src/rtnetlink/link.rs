//! Network devices: bridges, veth pairs, VXLAN.

use super::protocol::{Kinds, kinds, parts};
use crate::{
    MacAddress,
    address_family::octets,
    attributes::{Attributes, attributes, find, native, text},
    message::{Request, flags},
};
use std::{
    net::IpAddr,
    os::fd::{AsRawFd, BorrowedFd},
};

const KINDS: Kinds = kinds(16);
const RTM_SETLINK: u16 = 19;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;
const IFLA_VXLAN_ID: u16 = 1;
const IFLA_VXLAN_LOCAL: u16 = 4;
const IFLA_VXLAN_LEARNING: u16 = 7;
const IFLA_VXLAN_PORT: u16 = 15;
const IFLA_VXLAN_LOCAL6: u16 = 17;

const IFF_UP: u32 = 1;

/// A network device that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    pub index: u32,
    pub name: String,
    /// Such as `bridge` or `veth`; empty for a physical device.
    pub kind: String,
    pub is_up: bool,
    pub mac: Vec<u8>,
    pub mtu: u32,
}

/// A network device to make; it comes up.
#[derive(Debug)]
pub struct NewLink<'a> {
    pub name: &'a str,
    /// The kernel's choice if there is none.
    pub mac: Option<MacAddress>,
    pub mtu: u32,
    /// The bridge that it is a port of.
    pub controller: Option<u32>,
    pub device: Device<'a>,
}

/// What kind of device to make.
#[derive(Debug)]
pub enum Device<'a> {
    Bridge,
    /// A pair whose other end, which stays down, is in another namespace.
    Veth {
        peer_name: &'a str,
        peer_mac: MacAddress,
        peer_namespace: BorrowedFd<'a>,
    },
    Vxlan(Vxlan),
}

/// Ethernet in UDP (RFC 7348), with forwarding entries from outside instead of learned ones.
#[derive(Debug, Clone, Copy)]
pub struct Vxlan {
    /// The network's number (VNI).
    pub id: u32,
    /// The address of this node that the others know.
    pub local: IpAddr,
    pub port: u16,
}

impl NewLink<'_> {
    /// Fails if there is a device of that name. All of it in one message, the other end of a pair included.
    #[must_use]
    pub fn create(&self) -> Request {
        let (noun, kind, data) = match &self.device {
            Device::Bridge => ("bridge", "bridge", None),
            Device::Veth { .. } => ("veth pair", "veth", Some(self.peer())),
            Device::Vxlan(vxlan) => ("VXLAN device", "vxlan", Some(vxlan.data())),
        };
        let info = Attributes::default()
            .text(IFLA_INFO_KIND, kind)
            .with(data, |info, data| info.nested(IFLA_INFO_DATA, &data));
        let body = header(0, true)
            .text(IFLA_IFNAME, self.name)
            .nested(IFLA_LINKINFO, &info)
            .native(IFLA_MTU, self.mtu)
            .with(self.mac, |body, mac| body.bytes(IFLA_ADDRESS, &mac.0))
            .with(self.controller, |body, index| body.native(IFLA_MASTER, index));
        Request::new(format!("create the {noun} {}", self.name), KINDS.new, flags::CREATE | flags::EXCLUSIVE, body)
    }

    /// The other end of a pair; it is set up from inside its namespace, because the kernel ignores that here.
    fn peer(&self) -> Attributes {
        let Device::Veth { peer_name, peer_mac, peer_namespace } = &self.device else { return Attributes::default() };
        let namespace = u32::try_from(peer_namespace.as_raw_fd()).unwrap_or(u32::MAX);
        let peer = header(0, false)
            .text(IFLA_IFNAME, peer_name)
            .native(IFLA_NET_NS_FD, namespace)
            .bytes(IFLA_ADDRESS, &peer_mac.0)
            .native(IFLA_MTU, self.mtu);
        Attributes::default().nested(VETH_INFO_PEER, &peer)
    }
}

impl Vxlan {
    fn data(&self) -> Attributes {
        let local = if self.local.is_ipv4() { IFLA_VXLAN_LOCAL } else { IFLA_VXLAN_LOCAL6 };
        Attributes::default()
            .native(IFLA_VXLAN_ID, self.id)
            .bytes(local, &octets(self.local))
            .bytes(IFLA_VXLAN_LEARNING, &[0])
            .bytes(IFLA_VXLAN_PORT, &self.port.to_be_bytes())
    }
}

/// Sets a device up.
#[must_use]
pub fn set_up(name: &str, index: u32) -> Request {
    Request::new(format!("set {name} up"), RTM_SETLINK, 0, header(index, true))
}

/// Sets a device up with another hardware address and MTU.
#[must_use]
pub fn set_mac_and_mtu(name: &str, index: u32, mac: MacAddress, mtu: u32) -> Request {
    let body = header(index, true).bytes(IFLA_ADDRESS, &mac.0).native(IFLA_MTU, mtu);
    Request::new(format!("set {name} up with the address {mac}"), RTM_SETLINK, 0, body)
}

/// Takes a device away, with the other end if it is one of a pair.
#[must_use]
pub fn delete_link(name: &str) -> Request {
    let body = header(0, false).text(IFLA_IFNAME, name);
    Request::new(format!("delete the network device {name}"), KINDS.delete, 0, body)
}

pub fn get(name: &str) -> Request {
    let body = header(0, false).text(IFLA_IFNAME, name);
    Request::new(format!("look up the network device {name}"), KINDS.get, 0, body)
}

pub fn list() -> Request {
    Request::new("list the network devices", KINDS.get, flags::DUMP, header(0, false))
}

/// `struct ifinfomsg`: family, padding, type, index, flags, the flags that change.
fn header(index: u32, up: bool) -> Attributes {
    let flags = if up { IFF_UP } else { 0 };
    Attributes::after(&[[0; 4], index.to_ne_bytes(), flags.to_ne_bytes(), flags.to_ne_bytes()].concat())
}

impl Link {
    pub(super) fn decode(body: &[u8]) -> Option<Link> {
        let (header, rest) = parts::<16>(body)?;
        let is_up = native(&header[8..])? & IFF_UP != 0;
        let mut link = Link { index: native(&header[4..])?, is_up, ..Link::default() };
        for (kind, value) in attributes(rest) {
            match kind {
                IFLA_IFNAME => link.name = text(value),
                IFLA_ADDRESS => link.mac = value.to_vec(),
                IFLA_MTU => link.mtu = native(value)?,
                IFLA_LINKINFO => link.kind = find(value, IFLA_INFO_KIND).map(text).unwrap_or_default(),
                _ => {}
            }
        }
        Some(link)
    }
}
