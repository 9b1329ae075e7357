//! Routes.

use super::protocol::{Kinds, kinds, parts};
use crate::{
    AddressFamily,
    address_family::octets,
    attributes::{Attributes, attributes, native},
    message::{Request, flags},
};
use ipnet::IpNet;
use std::net::IpAddr;

const KINDS: Kinds = kinds(24);

/// The table that routes are in unless something else is said.
const RT_TABLE_MAIN: u8 = 254;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_PREFSRC: u16 = 7;
const RTA_MULTIPATH: u16 = 9;
const RTPROT_BOOT: u8 = 3;
const RT_SCOPE_UNIVERSE: u8 = 0;
const RT_SCOPE_LINK: u8 = 253;
const RTN_UNICAST: u8 = 1;
const RTN_LOCAL: u8 = 2;
/// The gateway need not be in a network of the interface's own.
const RTNH_F_ONLINK: u32 = 4;
/// Where the index of the interface is in the first hop of several (`struct rtnexthop`).
const NEXT_HOP_INTERFACE: usize = 4;

/// A route that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    pub network: IpNet,
    pub interface: u32,
    pub preferred_source: Option<IpAddr>,
    pub metric: u32,
}

/// A route to make.
#[derive(Debug, Clone, Copy)]
pub struct NewRoute {
    pub network: IpNet,
    pub interface: u32,
    /// Need not be in a network of the interface's own; without one the network is on the link.
    pub gateway: Option<IpAddr>,
}

impl NewRoute {
    /// Everything of a family goes through a gateway.
    #[must_use]
    pub fn everything(interface: u32, gateway: IpAddr) -> NewRoute {
        let all = AddressFamily::of(gateway).unspecified();
        NewRoute { network: IpNet::new_assert(all, 0), interface, gateway: Some(gateway) }
    }

    /// Fails if there is one to the same network.
    #[must_use]
    pub fn add(&self) -> Request {
        Request::new(self.action("route"), KINDS.new, flags::CREATE | flags::EXCLUSIVE, self.body())
    }

    /// Puts it in the place of one to the same network.
    #[must_use]
    pub fn replace(&self) -> Request {
        Request::new(self.action("route"), KINDS.new, flags::CREATE | flags::REPLACE, self.body())
    }

    /// Takes it away.
    #[must_use]
    pub fn delete(&self) -> Request {
        Request::new(self.action("no longer route"), KINDS.delete, 0, self.body())
    }

    fn action(&self, verb: &str) -> String {
        let network = if self.network.prefix_len() == 0 { "all".to_owned() } else { self.network.to_string() };
        match self.gateway {
            Some(gateway) => format!("{verb} {network} through {gateway}"),
            None => format!("{verb} {network} over the interface {}", self.interface),
        }
    }

    fn body(&self) -> Attributes {
        let (scope, flags) = match self.gateway {
            Some(_) => (RT_SCOPE_UNIVERSE, RTNH_F_ONLINK),
            None => (RT_SCOPE_LINK, 0),
        };
        let (family, prefix) = (AddressFamily::of(self.network.addr()), self.network.prefix_len());
        let destination = Some(octets(self.network.network())).filter(|_| prefix > 0);
        header([family.number(), prefix, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, scope, RTN_UNICAST], flags)
            .native(RTA_OIF, self.interface)
            .with(destination, |body, network| body.bytes(RTA_DST, &network))
            .with(self.gateway, |body, gateway| body.bytes(RTA_GATEWAY, &octets(gateway)))
    }
}

impl Route {
    pub(super) fn decode(body: &[u8]) -> Option<Route> {
        let (header, rest) = parts::<12>(body)?;
        if !matches!(header[7], RTN_UNICAST | RTN_LOCAL) {
            return None;
        }
        let family = AddressFamily::from_number(header[0])?;
        let (mut network, mut interface, mut preferred_source, mut metric) = (family.unspecified(), None, None, 0);
        for (kind, value) in attributes(rest) {
            match kind {
                RTA_DST => network = family.address(value)?,
                RTA_OIF => interface = native(value),
                RTA_MULTIPATH => interface = value.get(NEXT_HOP_INTERFACE..).and_then(native),
                RTA_PREFSRC => preferred_source = family.address(value),
                RTA_PRIORITY => metric = native(value)?,
                _ => {}
            }
        }
        let network = IpNet::new(network, header[1]).ok()?;
        Some(Route { network, interface: interface?, preferred_source, metric })
    }
}

pub fn list() -> Request {
    Request::new("list the routes", KINDS.get, flags::DUMP, header([0; 8], 0))
}

/// `struct rtmsg`: family, lengths of destination and source, type of service, table, protocol, scope, type, flags.
fn header(bytes: [u8; 8], flags: u32) -> Attributes {
    Attributes::after(&[&bytes[..], &flags.to_ne_bytes()].concat())
}
