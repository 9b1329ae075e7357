//! What the kernel has in this network namespace: links, IPv4 addresses and routes, read once and decided upon purely.

use crate::{
    Result, Taken,
    route::{Dump, LOOPBACK, Route},
};
use ipnet::Ipv4Net;
use netlink_packet_route::{
    RouteNetlinkMessage,
    address::{AddressAttribute, AddressMessage},
    link::{InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage},
    route::{RouteAddress, RouteAttribute, RouteMessage, RouteType},
};
use std::net::{IpAddr, Ipv4Addr};

/// A network device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    pub index: u32,
    pub name: String,
    pub is_bridge: bool,
    pub is_up: bool,
    pub mac: Vec<u8>,
    pub mtu: u32,
}

/// An address of an interface, with the length of its network's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    pub interface: u32,
    pub address: Ipv4Net,
}

/// A route to somewhere over an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    pub network: Ipv4Net,
    pub interface: u32,
    pub preferred_source: Option<Ipv4Addr>,
    pub metric: u32,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Survey {
    pub links: Vec<Link>,
    pub addresses: Vec<Address>,
    pub routes: Vec<Destination>,
}

impl Survey {
    pub fn take(route: &mut Route) -> Result<Survey> {
        let mut survey = Survey::default();
        for what in [Dump::Links, Dump::Addresses, Dump::Routes] {
            for message in route.dump(what)? {
                match message {
                    RouteNetlinkMessage::NewLink(message) => survey.links.push(link(message)),
                    RouteNetlinkMessage::NewAddress(message) => survey.addresses.extend(address(&message)),
                    RouteNetlinkMessage::NewRoute(message) => survey.routes.extend(destination(&message)),
                    _ => {}
                }
            }
        }
        Ok(survey)
    }

    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    pub fn addresses_of(&self, interface: u32) -> impl Iterator<Item = Ipv4Net> {
        self.addresses.iter().filter(move |address| address.interface == interface).map(|address| address.address)
    }

    /// The default route with the lowest metric.
    fn uplink(&self) -> Option<&Destination> {
        self.routes.iter().filter(|route| route.network.prefix_len() == 0).min_by_key(|route| route.metric)
    }

    /// The address that packets to the outside carry: what the default route prefers, else its interface's first.
    pub fn uplink_address(&self) -> Option<Ipv4Addr> {
        let uplink = self.uplink()?;
        uplink.preferred_source.or_else(|| self.addresses_of(uplink.interface).next().map(|address| address.addr()))
    }

    /// The largest packet that leaves without being cut.
    pub fn uplink_mtu(&self) -> Option<u32> {
        let interface = self.uplink()?.interface;
        self.links.iter().find(|link| link.index == interface).map(|link| link.mtu)
    }

    /// Networks in use, apart from loopback and the default route.
    pub fn taken(&self) -> Vec<Taken> {
        let routes = self.routes.iter().filter(|route| route.network.prefix_len() > 0 && route.interface != LOOPBACK);
        let name = |index| self.links.iter().find(|link| link.index == index).map(|link| link.name.clone());
        routes.filter_map(|route| Some(Taken { network: route.network, interface: name(route.interface)? })).collect()
    }
}

/// The networks that this machine (this network namespace) routes already, for [`crate::choose_pod_cidr`].
pub fn taken_networks() -> Result<Vec<Taken>> {
    Ok(Survey::take(&mut Route::open()?)?.taken())
}

/// The machine's own address: the source address of its default route; none without one. No packet is sent.
pub fn uplink_address() -> Result<Option<Ipv4Addr>> {
    Ok(Survey::take(&mut Route::open()?)?.uplink_address())
}

fn link(message: LinkMessage) -> Link {
    let mut link =
        Link { index: message.header.index, is_up: message.header.flags.contains(LinkFlags::Up), ..Link::default() };
    for attribute in message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name = name,
            LinkAttribute::Address(mac) => link.mac = mac,
            LinkAttribute::Mtu(mtu) => link.mtu = mtu,
            LinkAttribute::LinkInfo(info) => link.is_bridge = info.contains(&LinkInfo::Kind(InfoKind::Bridge)),
            _ => {}
        }
    }
    link
}

fn address(message: &AddressMessage) -> Option<Address> {
    let ip = message.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Local(IpAddr::V4(ip)) => Some(*ip),
        _ => None,
    })?;
    let address = Ipv4Net::new(ip, message.header.prefix_len).ok()?;
    Some(Address { interface: message.header.index, address })
}

fn destination(message: &RouteMessage) -> Option<Destination> {
    if !matches!(message.header.kind, RouteType::Unicast | RouteType::Local) {
        return None;
    }
    let (mut network, mut interface, mut preferred_source, mut metric) = (Ipv4Addr::UNSPECIFIED, None, None, 0);
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(RouteAddress::Inet(ip)) => network = *ip,
            RouteAttribute::PrefSource(RouteAddress::Inet(ip)) => preferred_source = Some(*ip),
            RouteAttribute::Oif(index) => interface = Some(*index),
            RouteAttribute::MultiPath(hops) => interface = hops.first().map(|hop| hop.interface_index),
            RouteAttribute::Priority(priority) => metric = *priority,
            _ => {}
        }
    }
    let network = Ipv4Net::new(network, message.header.destination_prefix_length).ok()?;
    Some(Destination { network, interface: interface?, preferred_source, metric })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    /// Network, interface, preferred source, metric.
    type Row = (&'static str, u32, Option<&'static str>, u32);

    fn survey(routes: &[Row]) -> Survey {
        let link = |index, name: &str, mtu| Link { index, name: name.to_owned(), mtu, ..Link::default() };
        Survey {
            links: vec![link(1, "lo", 65536), link(2, "eth0", 1400), link(3, "wlan0", 1500)],
            addresses: vec![
                Address { interface: 2, address: net("192.0.2.2/24") },
                Address { interface: 2, address: net("192.0.2.3/24") },
                Address { interface: 3, address: net("198.51.100.2/24") },
            ],
            routes: routes
                .iter()
                .map(|(network, interface, source, metric)| Destination {
                    network: net(network),
                    interface: *interface,
                    preferred_source: source.map(|source| source.parse().unwrap()),
                    metric: *metric,
                })
                .collect(),
        }
    }

    #[test]
    fn the_uplink_is_the_default_route_with_the_lowest_metric() {
        let cases: &[(&[Row], Option<&str>, Option<u32>)] = &[
            (&[], None, None),
            (&[("192.0.2.0/24", 2, None, 0)], None, None),
            (&[("0.0.0.0/0", 2, None, 100), ("0.0.0.0/0", 3, None, 600)], Some("192.0.2.2"), Some(1400)),
            (&[("0.0.0.0/0", 2, None, 100), ("0.0.0.0/0", 3, None, 50)], Some("198.51.100.2"), Some(1500)),
            (&[("0.0.0.0/0", 2, Some("192.0.2.3"), 0)], Some("192.0.2.3"), Some(1400)),
        ];
        for (routes, address, mtu) in cases {
            let survey = survey(routes);
            assert_eq!(survey.uplink_address(), address.map(|ip| ip.parse().unwrap()), "{routes:?}");
            assert_eq!(survey.uplink_mtu(), *mtu, "{routes:?}");
        }
    }

    #[test]
    fn loopback_and_the_default_route_take_no_network() {
        let survey = survey(&[("0.0.0.0/0", 2, None, 0), ("127.0.0.0/8", 1, None, 0), ("192.0.2.0/24", 2, None, 0)]);
        assert_eq!(survey.taken(), [Taken { network: net("192.0.2.0/24"), interface: "eth0".to_owned() }]);
    }
}
