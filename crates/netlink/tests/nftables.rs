//! Tables, chains, rules, sets and maps against the kernel, as root, in both families.

#![allow(unsafe_code, reason = "namespaces are made with unshare(2)")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod namespace;

use namespace::{said, within};
use netlink::{
    AddressFamily,
    nftables::{
        Base, Batch, Chain, Data, Element, Hook, Key, Nftables, Policy, Purpose, Rule, Set, Table, Type, Verdict,
        comment,
    },
    rtnetlink::{LOOPBACK, NewRoute, Rtnetlink, set_up},
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};

const IPV4: Table = Table { family: AddressFamily::Ipv4, name: "trial" };
const IPV6: Table = Table { family: AddressFamily::Ipv6, name: "trial" };
const TCP: [u8; 1] = [6];

fn hooked(name: &str, purpose: Purpose, hook: Hook, priority: i32) -> Chain<'_> {
    Chain { name, base: Some(Base { purpose, hook, priority, policy: Policy::Accept }) }
}

#[test]
fn rules_read_well_with_nft() {
    within(|| {
        let rules = [
            Rule::default().source_in("fd42::/64".parse().unwrap()).count().masquerade(),
            Rule::default().destination_not_in("fd42::/64".parse().unwrap()).mark(0x4000),
            Rule::default().marked(0x4000).destination_in("fd43::/48".parse().unwrap()).verdict(Verdict::Drop),
            Rule::default().comes_in_by("a").goes_out_by("b").verdict(Verdict::Jump("next")).comment("why"),
        ];
        let chain = hooked("out", Purpose::Nat, Hook::Postrouting, Base::SOURCE_NAT);
        let batch =
            Batch::of(IPV6).create_table().create_chain(&Chain { name: "next", base: None }).create_chain(&chain);
        let batch = rules.iter().fold(batch, |batch, rule| batch.append_rule("out", rule));
        Nftables::open().unwrap().commit(&batch).unwrap();
        let expected = "table ip6 trial {\n\
            \tchain next {\n\t}\n\n\
            \tchain out {\n\
            \t\ttype nat hook postrouting priority srcnat; policy accept;\n\
            \t\tip6 saddr fd42::/64 counter packets 0 bytes 0 masquerade\n\
            \t\tip6 daddr != fd42::/64 meta mark set meta mark | 0x00004000\n\
            \t\tmeta mark & 0x00004000 != 0x00000000 ip6 daddr fd43::/48 drop\n\
            \t\tiifname \"a\" oifname \"b\" jump next comment \"why\"\n\
            \t}\n}";
        assert_eq!(said("nft list ruleset"), expected);
    });
}

#[test]
fn a_batch_is_made_as_a_whole_or_not_at_all() {
    within(|| {
        let mut nftables = Nftables::open().unwrap();
        let other = Batch::of(IPV6).append_rule("missing", &Rule::default());
        let error = nftables.commit(&Batch::of(IPV4).create_table().and(other)).unwrap_err();
        assert!(error.to_string().starts_with("cannot add a rule to the chain missing of the nftables table trial: "));
        assert_eq!(said("nft list ruleset"), "");
        nftables.commit(&Batch::of(IPV4)).unwrap();
        nftables.commit(&Batch::of(IPV4).create_table().and(Batch::of(IPV6).create_table())).unwrap();
        assert_eq!(said("nft list tables"), "table ip trial\ntable ip6 trial");
        nftables.commit(&Batch::without_table(IPV4).and(Batch::without_table(IPV6))).unwrap();
        assert_eq!(said("nft list tables"), "");
    });
}

#[test]
fn chains_and_rules_are_found_and_deleted() {
    within(|| {
        let mut nftables = Nftables::open().unwrap();
        assert!(!nftables.has_chain(IPV4, "a").unwrap());
        let chain = Chain { name: "a", base: None };
        let batch = Batch::of(IPV4).create_table().create_chain(&chain).append_rule("a", &Rule::default().count());
        let first = Rule::default().verdict(Verdict::Accept).comment("first");
        nftables.commit(&batch.insert_rule("a", &first)).unwrap();
        assert!(nftables.has_chain(IPV4, "a").unwrap());
        assert!(!nftables.has_chain(IPV6, "a").unwrap());
        let rules = nftables.rules(IPV4, "a").unwrap();
        assert_eq!(rules.iter().map(|rule| &rule.user_data[..]).collect::<Vec<_>>(), [&comment("first")[..], &[]]);
        nftables.commit(&Batch::of(IPV4).delete_rule("a", &rules[0])).unwrap();
        assert_eq!(nftables.rules(IPV4, "a").unwrap(), rules[1..]);
        nftables.commit(&Batch::of(IPV4).flush_chain("a")).unwrap();
        assert_eq!(nftables.rules(IPV4, "a").unwrap(), []);
        nftables.commit(&Batch::of(IPV4).delete_chain("a")).unwrap();
        assert!(!nftables.has_chain(IPV4, "a").unwrap());
    });
}

#[test]
fn a_set_takes_more_elements_than_fit_into_one_message() {
    within(|| {
        let mut nftables = Nftables::open().unwrap();
        let elements: Vec<_> =
            (0..10_000_u32).map(|number| Element::key(&[&Ipv4Addr::from(number).octets()])).collect();
        let set = Set { name: "known", key: &[Type::Address(AddressFamily::Ipv4)], data: Data::None };
        nftables.commit(&Batch::of(IPV4).create_table().create_set(&set).add_elements("known", &elements)).unwrap();
        let listed = || said("nft list set ip trial known").matches("0.0.").count();
        assert_eq!(listed(), 10_000);
        nftables.commit(&Batch::of(IPV4).delete_elements("known", &elements[1..])).unwrap();
        assert_eq!(listed(), 1);
        nftables.commit(&Batch::of(IPV4).delete_set("known")).unwrap();
    });
}

/// A Service in small: from address, protocol and port over a verdict map to a chain for as many backends, there over a
/// map of values to one of them.
#[test]
fn connections_are_led_to_backends_by_maps() {
    for (table, service, backend) in [(IPV4, "10.43.0.1", "127.0.0.1"), (IPV6, "fd43::1", "::1")] {
        let [service, backend]: [IpAddr; 2] = [service, backend].map(|address| address.parse().unwrap());
        within(move || {
            let mut netlink = Rtnetlink::open().unwrap();
            let to_services = NewRoute { network: service.into(), interface: LOOPBACK, gateway: None };
            netlink.apply(&[set_up("lo", LOOPBACK), to_services.add()]).unwrap();
            let listeners = [(); 2].map(|()| TcpListener::bind((backend, 0)).unwrap());
            let mut nftables = Nftables::open().unwrap();
            nftables.commit(&load_balancer(table)).unwrap();

            let entry = entry(service, 80).to_verdict(Verdict::Goto("two"));
            let backends: Vec<_> = (0_u32..)
                .zip(&listeners)
                .map(|(number, listener)| {
                    let port = listener.local_addr().unwrap().port();
                    numbered(number, service, 80).to_value(&[&octets(backend), &port.to_be_bytes()])
                })
                .collect();
            nftables
                .commit(&Batch::of(table).add_elements("services", [&entry]).add_elements("backends", &backends))
                .unwrap();
            let mut met = [false; 2];
            for _ in 0..64 {
                let client = TcpStream::connect(SocketAddr::new(service, 80)).unwrap();
                let port = client.local_addr().unwrap().port();
                for (met, listener) in met.iter_mut().zip(&listeners) {
                    listener.set_nonblocking(true).unwrap();
                    *met |= listener.accept().is_ok_and(|(_, from)| from.port() == port);
                }
            }
            assert_eq!(met, [true; 2], "each of the two is met once in 64 times");

            nftables.commit(&Batch::of(table).delete_elements("services", [&entry])).unwrap();
            assert!(!said("nft list ruleset").contains("goto two"));
        });
    }
}

fn load_balancer(table: Table<'_>) -> Batch<'_> {
    let family = table.family;
    let (address, key) = (Type::Address(family), [Key::Destination(family), Key::Protocol, Key::DestinationPort]);
    let numbered = [&[Key::RandomBelow(2)], &key[..]].concat();
    let to_backend = Rule::default().destination_nat_of("backends", &numbered, family);
    let services = Set { name: "services", key: &[address, Type::Protocol, Type::Port], data: Data::Verdicts };
    let backends = Set {
        name: "backends",
        key: &[Type::Mark, address, Type::Protocol, Type::Port],
        data: Data::Values(&[address, Type::Port]),
    };
    Batch::of(table)
        .create_table()
        .create_set(&services)
        .create_set(&backends)
        .create_chain(&Chain { name: "two", base: None })
        .append_rule("two", &to_backend)
        .create_chain(&hooked("out", Purpose::Nat, Hook::Output, Base::DESTINATION_NAT))
        .append_rule("out", &Rule::default().verdict_of("services", &key))
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn entry(address: IpAddr, port: u16) -> Element {
    Element::key(&[&octets(address), &TCP, &port.to_be_bytes()])
}

fn numbered(number: u32, address: IpAddr, port: u16) -> Element {
    Element::key(&[&number.to_ne_bytes(), &octets(address), &TCP, &port.to_be_bytes()])
}
