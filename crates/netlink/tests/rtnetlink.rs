//! Links, addresses, routes, rules and neighbours against the kernel, as root, in both families.

#![allow(unsafe_code, reason = "namespaces are made with unshare(2)")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod namespace;

use namespace::{said, unshare, within};
use netlink::{
    AddressFamily, Error, MacAddress,
    rtnetlink::{
        Address, Device, ForwardingEntry, LOOPBACK, Neighbour, NewLink, NewRoute, Rtnetlink, Rule, Vxlan, delete_link,
        ignore_missing, set_up,
    },
};
use rustix::io::Errno;
use std::{fs::File, os::fd::AsFd};

const MAC: MacAddress = MacAddress([0x0a, 0x58, 10, 42, 0, 1]);

fn bridge(name: &str) -> NewLink<'_> {
    NewLink { name, mac: Some(MAC), mtu: 1400, controller: None, device: Device::Bridge }
}

#[test]
fn a_bridge_comes_and_goes() {
    within(|| {
        let mut netlink = Rtnetlink::open().unwrap();
        netlink.apply(&[bridge("br0").create()]).unwrap();
        let link = netlink.link("br0").unwrap().unwrap();
        assert_eq!((link.kind.as_str(), link.is_up, link.mtu, &link.mac[..]), ("bridge", true, 1400, &MAC.0[..]));
        assert_eq!(netlink.links().unwrap().iter().map(|link| &link.name[..]).collect::<Vec<_>>(), ["lo", "br0"]);
        let again = netlink.apply(&[bridge("br0").create()]).unwrap_err();
        assert_eq!(again.errno(), Some(Errno::EXIST));
        assert_eq!(again.to_string(), "cannot create the bridge br0: File exists (os error 17)");
        netlink.apply(&[delete_link("br0")]).unwrap();
        assert_eq!(netlink.link("br0").unwrap(), None);
        ignore_missing(netlink.apply(&[delete_link("br0")])).unwrap();
    });
}

#[test]
fn the_ends_of_a_veth_pair_are_in_two_namespaces() {
    within(|| {
        let mut netlink = Rtnetlink::open().unwrap();
        netlink.apply(&[bridge("br0").create()]).unwrap();
        let controller = Some(netlink.link("br0").unwrap().unwrap().index);
        let mut inside = std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    unshare();
                    let namespace = File::open("/proc/thread-self/ns/net").unwrap();
                    let device = Device::Veth { peer_name: "eth0", peer_mac: MAC, peer_namespace: namespace.as_fd() };
                    let pair = NewLink { name: "veth0", mac: None, mtu: 1300, controller, device };
                    netlink.apply(&[pair.create()]).unwrap();
                    Rtnetlink::open().unwrap()
                })
                .join()
                .unwrap()
        });
        let peer = inside.link("eth0").unwrap().unwrap();
        assert_eq!((peer.is_up, peer.mtu, &peer.mac[..]), (false, 1300, &MAC.0[..]));
        assert!(netlink.link("veth0").unwrap().unwrap().is_up);
        assert!(said("bridge link show").contains("veth0"), "it is a port of the bridge");
        inside.apply(&[set_up("eth0", peer.index)]).unwrap();
        inside.settle("eth0").unwrap();
        assert!(inside.link("eth0").unwrap().unwrap().is_up);
    });
}

#[test]
fn addresses_and_routes_of_both_families() {
    within(|| {
        let mut netlink = Rtnetlink::open().unwrap();
        netlink.apply(&[set_up("lo", LOOPBACK), bridge("br0").create()]).unwrap();
        let interface = netlink.link("br0").unwrap().unwrap().index;
        for (own, gateway, other) in
            [("10.42.0.1/24", "10.42.0.9", "10.43.0.0/16"), ("fd42::1/64", "fd42::9", "fd43::/48")]
        {
            let address = Address { interface, address: own.parse().unwrap() };
            netlink.apply(&[address.add("br0")]).unwrap();
            assert!(netlink.addresses().unwrap().contains(&address));

            let gateway = gateway.parse().unwrap();
            let all = NewRoute::everything(interface, gateway);
            let on_link = NewRoute { network: other.parse().unwrap(), interface, gateway: None };
            netlink.apply(&[all.add(), on_link.add(), on_link.replace()]).unwrap();
            assert_eq!(netlink.apply(&[all.add()]).unwrap_err().errno(), Some(Errno::EXIST));
            let networks = |netlink: &mut Rtnetlink| -> Vec<String> {
                let routes = netlink.routes().unwrap();
                routes
                    .iter()
                    .filter(|route| route.interface == interface)
                    .map(|route| route.network.to_string())
                    .collect()
            };
            let listed = networks(&mut netlink);
            let everything = all.network.to_string();
            assert!(listed.contains(&other.to_owned()) && listed.contains(&everything), "{listed:?}");
            netlink.apply(&[all.delete(), on_link.delete(), address.delete("br0")]).unwrap();
            let listed = networks(&mut netlink);
            assert!(!listed.contains(&other.to_owned()) && !listed.contains(&everything), "{listed:?}");
        }
    });
}

#[test]
fn the_kernels_own_words_are_told() {
    within(|| {
        let mut netlink = Rtnetlink::open().unwrap();
        let gateway = "10.42.0.9".parse().unwrap();
        let error = netlink.apply(&[NewRoute::everything(4711, gateway).add()]).unwrap_err();
        assert!(matches!(&error, Error::Refused { explanation: Some(_), .. }), "{error:?}");
        assert!(error.to_string().starts_with("cannot route all through 10.42.0.9: "), "{error}");
    });
}

#[test]
fn of_several_changes_the_first_that_is_refused_is_told_and_the_rest_is_made() {
    within(|| {
        let mut netlink = Rtnetlink::open().unwrap();
        let error = netlink.apply(&[delete_link("a"), bridge("br0").create(), delete_link("b")]).unwrap_err();
        assert!(error.to_string().starts_with("cannot delete the network device a: "), "{error}");
        assert!(netlink.link("br0").unwrap().is_some());
        netlink.apply(&[]).unwrap();
    });
}

#[test]
fn rules_come_and_go() {
    within(|| {
        let mut netlink = Rtnetlink::open().unwrap();
        for family in [AddressFamily::Ipv4, AddressFamily::Ipv6] {
            let rule = Rule { family, priority: 100, mark: Some((0x4000, 0x4000)), table: 1000 };
            netlink.apply(&[rule.add()]).unwrap();
            assert_eq!(netlink.apply(&[rule.add()]).unwrap_err().errno(), Some(Errno::EXIST));
            assert!(netlink.rules(family).unwrap().contains(&rule));
            netlink.apply(&[rule.delete()]).unwrap();
            assert!(!netlink.rules(family).unwrap().contains(&rule));
        }
    });
}

#[test]
fn a_vxlan_device_knows_where_the_other_nodes_are() {
    within(|| {
        let mut netlink = Rtnetlink::open().unwrap();
        netlink.apply(&[bridge("br0").create()]).unwrap();
        let interface = netlink.link("br0").unwrap().unwrap().index;
        for (name, id, own, node, gateway) in [
            ("vx4", 1, "192.0.2.1/24", "192.0.2.2", "10.42.1.0"),
            ("vx6", 2, "2001:db8::1/64", "2001:db8::2", "fd42:1::"),
        ] {
            let address = Address { interface, address: own.parse().unwrap() };
            let device = Device::Vxlan(Vxlan { id, local: address.address.addr(), port: 8472 });
            let vxlan = NewLink { name, mac: Some(MAC), mtu: 1350, controller: None, device };
            netlink.apply(&[address.add("br0"), vxlan.create()]).unwrap();
            let link = netlink.link(name).unwrap().unwrap();
            assert_eq!((link.kind.as_str(), link.is_up), ("vxlan", true));

            let (mac, gateway) = (MacAddress([2, 0, 0, 0, 0, 2]), gateway.parse().unwrap());
            let entry = ForwardingEntry { interface: link.index, mac, node: node.parse().unwrap() };
            let neighbour = Neighbour { interface: link.index, address: gateway, mac };
            netlink.apply(&[entry.replace(), entry.replace(), neighbour.replace()]).unwrap();
            let family = AddressFamily::of(gateway);
            assert!(netlink.forwarding_entries().unwrap().contains(&entry));
            assert!(netlink.neighbours(family).unwrap().contains(&neighbour));
            netlink.apply(&[entry.delete(), neighbour.delete()]).unwrap();
            assert!(!netlink.forwarding_entries().unwrap().contains(&entry));
            assert!(!netlink.neighbours(family).unwrap().contains(&neighbour));
        }
    });
}
