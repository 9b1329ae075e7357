//! Neighbours: who has which hardware address, and which frames a VXLAN device sends where.

use super::protocol::{Kinds, kinds, parts};
use crate::{
    AddressFamily, MacAddress,
    address_family::octets,
    attributes::{Attributes, find, native},
    message::{Request, flags},
};
use std::net::IpAddr;

const KINDS: Kinds = kinds(28);

const AF_BRIDGE: u8 = 7;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const NUD_PERMANENT: u16 = 0x80;
/// The entry is the device's own, not that of a bridge it is a port of.
const NTF_SELF: u8 = 0x02;

/// An address on a link and the hardware address of who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    pub interface: u32,
    pub address: IpAddr,
    pub mac: MacAddress,
}

/// Frames for a hardware address go to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardingEntry {
    pub interface: u32,
    pub mac: MacAddress,
    pub node: IpAddr,
}

impl Neighbour {
    /// Puts it there for good, in the place of one for the same address.
    #[must_use]
    pub fn replace(&self) -> Request {
        let action = format!("name {} as the neighbour {}", self.mac, self.address);
        let body = self.header().bytes(NDA_DST, &octets(self.address)).bytes(NDA_LLADDR, &self.mac.0);
        Request::new(action, KINDS.new, flags::CREATE | flags::REPLACE, body)
    }

    /// Takes it away.
    #[must_use]
    pub fn delete(&self) -> Request {
        let body = self.header().bytes(NDA_DST, &octets(self.address));
        Request::new(format!("forget the neighbour {}", self.address), KINDS.delete, 0, body)
    }

    fn header(&self) -> Attributes {
        header(AddressFamily::of(self.address).number(), self.interface, 0)
    }

    pub(super) fn decode(body: &[u8]) -> Option<Neighbour> {
        let (header, rest) = parts::<12>(body)?;
        let address = AddressFamily::from_number(header[0])?.address(find(rest, NDA_DST)?)?;
        Some(Neighbour { interface: native(&header[4..])?, address, mac: mac(rest)? })
    }
}

impl ForwardingEntry {
    /// Puts it there for good, in the place of one for the same hardware address.
    #[must_use]
    pub fn replace(&self) -> Request {
        let action = format!("forward frames for {} to {}", self.mac, self.node);
        Request::new(action, KINDS.new, flags::CREATE | flags::REPLACE, self.body())
    }

    /// Takes it away.
    #[must_use]
    pub fn delete(&self) -> Request {
        Request::new(format!("no longer forward frames for {}", self.mac), KINDS.delete, 0, self.body())
    }

    fn body(&self) -> Attributes {
        header(AF_BRIDGE, self.interface, NTF_SELF).bytes(NDA_LLADDR, &self.mac.0).bytes(NDA_DST, &octets(self.node))
    }

    /// Entries without a node are those of bridges.
    pub(super) fn decode(body: &[u8]) -> Option<ForwardingEntry> {
        let (header, rest) = parts::<12>(body)?;
        let node = find(rest, NDA_DST)?;
        let family = if node.len() == 4 { AddressFamily::Ipv4 } else { AddressFamily::Ipv6 };
        Some(ForwardingEntry { interface: native(&header[4..])?, mac: mac(rest)?, node: family.address(node)? })
    }
}

pub fn list(family: AddressFamily) -> Request {
    Request::new("list the neighbours", KINDS.get, flags::DUMP, header(family.number(), 0, 0))
}

pub fn list_forwarding() -> Request {
    Request::new("list the forwarding entries", KINDS.get, flags::DUMP, header(AF_BRIDGE, 0, 0))
}

fn mac(attributes: &[u8]) -> Option<MacAddress> {
    find(attributes, NDA_LLADDR)?.try_into().ok().map(MacAddress)
}

/// `struct ndmsg`: family, padding, index of the interface, state, flags, type.
fn header(family: u8, interface: u32, ntf: u8) -> Attributes {
    let [low, high] = NUD_PERMANENT.to_ne_bytes();
    Attributes::after(&[[family, 0, 0, 0], interface.to_ne_bytes(), [low, high, ntf, 0]].concat())
}
