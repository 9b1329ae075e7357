//! What the kernel has in this network namespace: links, addresses and routes, read once and decided upon purely.

use crate::{Result, Taken};
use ipnet::IpNet;
use netlink::{
    AddressFamily,
    rtnetlink::{Address, LOOPBACK, Link, Route, Rtnetlink},
};
use std::net::IpAddr;

/// All of it.
#[derive(Debug, Default)]
pub struct Survey {
    pub links: Vec<Link>,
    pub addresses: Vec<Address>,
    pub routes: Vec<Route>,
}

impl Survey {
    pub fn take(netlink: &mut Rtnetlink) -> Result<Survey> {
        Ok(Survey { links: netlink.links()?, addresses: netlink.addresses()?, routes: netlink.routes()? })
    }

    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    pub fn addresses_of(&self, interface: u32) -> impl Iterator<Item = IpNet> {
        self.addresses.iter().filter(move |address| address.interface == interface).map(|address| address.address)
    }

    /// The default route of a family with the lowest metric.
    fn uplink(&self, family: AddressFamily) -> Option<&Route> {
        let of_family = |route: &&Route| AddressFamily::of(route.network.addr()) == family;
        let defaults = self.routes.iter().filter(of_family).filter(|route| route.network.prefix_len() == 0);
        // The kernel's own refusal of everything, where IPv6 has no way out.
        defaults.filter(|route| route.interface != LOOPBACK).min_by_key(|route| route.metric)
    }

    /// The device that a family's packets to the outside leave by.
    pub fn uplink_device(&self, family: AddressFamily) -> Option<&Link> {
        let interface = self.uplink(family)?.interface;
        self.links.iter().find(|link| link.index == interface)
    }

    /// The address that packets to the outside carry: what the default route prefers, else its interface's first.
    pub fn uplink_address(&self, family: AddressFamily) -> Option<IpAddr> {
        let uplink = self.uplink(family)?;
        let usable = |address: &IpAddr| {
            let link_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
            AddressFamily::of(*address) == family && !link_local
        };
        let of_interface = || self.addresses_of(uplink.interface).map(|address| address.addr()).find(usable);
        uplink.preferred_source.or_else(of_interface)
    }

    /// The largest packet that leaves without being cut.
    pub fn uplink_mtu(&self) -> Option<u32> {
        let device = |family| self.uplink_device(family);
        [AddressFamily::Ipv4, AddressFamily::Ipv6].into_iter().filter_map(device).map(|link| link.mtu).min()
    }

    /// Networks in use, apart from loopback and the default route.
    pub fn taken(&self) -> Vec<Taken> {
        let routes = self.routes.iter().filter(|route| route.network.prefix_len() > 0 && route.interface != LOOPBACK);
        let name = |index| self.links.iter().find(|link| link.index == index).map(|link| link.name.clone());
        routes.filter_map(|route| Some(Taken { network: route.network, interface: name(route.interface)? })).collect()
    }
}

/// The networks that this machine (this network namespace) routes already, for [`crate::choose_pod_cidrs`].
pub fn taken_networks() -> Result<Vec<Taken>> {
    Ok(Survey::take(&mut Rtnetlink::open()?)?.taken())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    /// Network, interface, preferred source, metric.
    type Row = (&'static str, u32, Option<&'static str>, u32);

    /// Routes, the uplinks' addresses of IPv4 and IPv6, the MTU.
    type Case = (&'static [Row], [Option<&'static str>; 2], Option<u32>);

    fn survey(routes: &[Row]) -> Survey {
        let link = |index, name: &str, mtu| Link { index, name: name.to_owned(), mtu, ..Link::default() };
        let address = |interface, address| Address { interface, address: net(address) };
        Survey {
            links: vec![link(1, "lo", 65536), link(2, "eth0", 1400), link(3, "wlan0", 1500)],
            addresses: vec![
                address(2, "192.0.2.2/24"),
                address(2, "192.0.2.3/24"),
                address(3, "fe80::7/64"),
                address(3, "2001:db8::7/64"),
                address(3, "198.51.100.2/24"),
            ],
            routes: routes
                .iter()
                .map(|(network, interface, source, metric)| Route {
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
        let cases: &[Case] = &[
            (&[], [None, None], None),
            (&[("192.0.2.0/24", 2, None, 0)], [None, None], None),
            (&[("0.0.0.0/0", 2, None, 100), ("0.0.0.0/0", 3, None, 600)], [Some("192.0.2.2"), None], Some(1400)),
            (&[("0.0.0.0/0", 2, None, 100), ("0.0.0.0/0", 3, None, 50)], [Some("198.51.100.2"), None], Some(1500)),
            (&[("0.0.0.0/0", 2, Some("192.0.2.3"), 0)], [Some("192.0.2.3"), None], Some(1400)),
            (&[("::/0", 3, None, 1024), ("::/0", 1, None, 0)], [None, Some("2001:db8::7")], Some(1500)),
            (&[("0.0.0.0/0", 2, None, 0), ("::/0", 3, None, 0)], [Some("192.0.2.2"), Some("2001:db8::7")], Some(1400)),
        ];
        for (routes, [ipv4, ipv6], mtu) in cases {
            let survey = survey(routes);
            for (family, address) in [(AddressFamily::Ipv4, ipv4), (AddressFamily::Ipv6, ipv6)] {
                assert_eq!(survey.uplink_address(family), address.map(|ip| ip.parse().unwrap()), "{routes:?}");
            }
            assert_eq!(survey.uplink_mtu(), *mtu, "{routes:?}");
        }
    }

    #[test]
    fn loopback_and_the_default_route_take_no_network() {
        let survey = survey(&[("0.0.0.0/0", 2, None, 0), ("127.0.0.0/8", 1, None, 0), ("192.0.2.0/24", 2, None, 0)]);
        assert_eq!(survey.taken(), [Taken { network: net("192.0.2.0/24"), interface: "eth0".to_owned() }]);
    }
}
