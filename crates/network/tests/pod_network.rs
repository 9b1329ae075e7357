//! The pod network against the kernel, as root, each test in a network namespace of its own.

#![allow(unsafe_code, reason = "namespaces are made with unshare(2)")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod namespaces;

use namespaces::{Pod, at, config, listen, on_a_node, start, talk, wait};
use network::{Error, Network, choose_pod_cidrs, hardware_address, node_slices, taken_networks};
use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, TcpStream},
    process::Command,
};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// What a program says, in this thread's network namespace.
fn said(command: &str) -> String {
    let mut words = command.split(' ');
    let output = Command::new(words.next().unwrap()).args(words).output();
    let output = output.expect("a program is missing; run `cargo xtask test`, which installs it");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn pods_and_node_reach_each_other() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        // The strictest setting a distribution ships must not get in the way.
        std::fs::write("/proc/sys/net/ipv4/conf/all/rp_filter", "1").unwrap();
        let network = start("minke0", "10.42.0.0/24", dir.path());
        let (a, b) = (Pod::new(), Pod::new());
        let (place_a, place_b) = (a.attach(&network, "a"), b.attach(&network, "b"));
        assert_eq!((place_a.ip, place_a.gateway), (ip("10.42.0.2"), ip("10.42.0.1")));
        assert_eq!(place_b.ip, ip("10.42.0.3"));

        let in_b = b.listen();
        let (from, _) = talk(a.connect(at(place_b.ip, &in_b)), &in_b);
        assert_eq!(from, place_a.ip, "pod to pod, with the pod's own address");
        let on_node = listen();
        let (from, _) = talk(a.connect(at(place_a.gateway, &on_node)), &on_node);
        assert_eq!(from, place_a.ip, "pod to node");
        let (from, _) = talk(TcpStream::connect(at(place_b.ip, &in_b)).unwrap(), &in_b);
        assert_eq!(from, place_b.gateway, "node to pod");
        let (from, _) = talk(b.connect(at(Ipv4Addr::LOCALHOST.into(), &in_b)), &in_b);
        assert_eq!(from, IpAddr::from(Ipv4Addr::LOCALHOST), "within the pod");
    });
}

#[test]
fn the_pods_interface_is_as_promised() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        let network = start("minke0", "10.42.0.0/24", dir.path());
        let pod = Pod::new();
        let place = pod.attach(&network, "a");
        assert_eq!(network.addresses("a"), [place]);
        assert_eq!(pod.run(|| said("ip route")).trim(), "default via 10.42.0.1 dev eth0 onlink");
        let listener = pod.listen();
        talk(TcpStream::connect(at(place.ip, &listener)).unwrap(), &listener);
        let neighbours = std::fs::read_to_string("/proc/thread-self/net/arp").unwrap();
        assert!(neighbours.contains(&hardware_address(place.ip).to_string()), "{neighbours}");
        let redirects = "/proc/sys/net/ipv4/conf/minke0/send_redirects";
        assert_eq!(std::fs::read_to_string(redirects).unwrap().trim(), "0");
        assert_eq!(network.node_addresses().unwrap(), [place.gateway], "no way out: the bridge's address");
    });
}

#[test]
fn a_firewall_that_drops_what_is_forwarded_lets_pods_pass() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        said("iptables-nft -P FORWARD DROP");
        let network = start("minke0", "10.42.0.0/24", dir.path());
        let (a, b) = (Pod::new(), Pod::new());
        a.attach(&network, "a");
        let in_b = b.listen();
        let place = b.attach(&network, "b");
        talk(a.connect(at(place.ip, &in_b)), &in_b);
        let list = || said("iptables-nft -S FORWARD").replace(" -m comment --comment \"minke: pods on minke0\"", "");
        let permits = "-P FORWARD DROP\n-A FORWARD -o minke0 -j ACCEPT\n-A FORWARD -i minke0 -j ACCEPT\n";
        assert_eq!(list(), permits, "in words that iptables reads, and once");

        // As a firewall that is loaded again does.
        said("iptables-nft -F FORWARD");
        Pod::new().attach(&network, "c");
        assert_eq!(list(), permits);
        said("iptables-nft -D FORWARD 1");
        said("iptables-nft -A FORWARD -i other -j ACCEPT");
        drop(network);
        let network = start("minke0", "10.42.0.0/24", dir.path());
        assert_eq!(list(), format!("{permits}-A FORWARD -i other -j ACCEPT\n"));
        network.remove().unwrap();
        assert_eq!(list(), "-P FORWARD DROP\n-A FORWARD -i other -j ACCEPT\n");
    });
}

#[test]
fn two_instances_live_side_by_side() {
    let (dir_a, dir_b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    on_a_node(|| {
        let cidr =
            |bridge| node_slices(&choose_pod_cidrs(None, bridge, &taken_networks().unwrap()).unwrap()).to_string();
        let network_a = start("minke0", &cidr("minke0"), dir_a.path());
        let network_b = start("mk00000001", &cidr("mk00000001"), dir_b.path());
        assert_eq!(network_a.pod_cidrs().to_string(), "10.42.0.0/24");
        assert_eq!(network_b.pod_cidrs().to_string(), "10.44.0.0/24");
        assert_eq!(cidr("minke0"), "10.42.0.0/24", "a restart stays where it is");

        // The same uid in both: static pods have uids that come from their manifests.
        let (a, b) = (Pod::new(), Pod::new());
        let (place_a, place_b) = (a.attach(&network_a, "pod"), b.attach(&network_b, "pod"));
        let in_b = b.listen();
        let (from, mut conversation) = talk(a.connect(at(place_b.ip, &in_b)), &in_b);
        assert_eq!(from, place_b.gateway, "masqueraded, as anything that leaves the pod network");

        network_a.remove().unwrap();
        let interfaces: Vec<_> = taken_networks().unwrap().into_iter().map(|taken| taken.interface).collect();
        assert!(interfaces.contains(&"mk00000001".to_owned()), "{interfaces:?}");
        assert!(!interfaces.contains(&"minke0".to_owned()), "{interfaces:?}");
        let c = Pod::new();
        let place_c = c.attach(&network_b, "c");
        let (from, _) = talk(c.connect(at(place_b.ip, &in_b)), &in_b);
        assert_eq!(from, place_c.ip);

        let network_a = start("minke0", "10.42.0.0/24", dir_a.path());
        assert_eq!(a.attach(&network_a, "pod"), place_a);
        conversation.go_on();
    });
}

#[test]
fn of_instances_that_want_the_same_network_at_once_one_gets_it() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    on_a_node(|| {
        let config =
            |(number, dir): (usize, &tempfile::TempDir)| config(&format!("mk{number}"), "10.42.0.0/24", dir.path());
        let started: Vec<_> = std::thread::scope(|scope| {
            let starting: Vec<_> =
                dirs.iter().enumerate().map(config).map(|config| scope.spawn(|| Network::start(config))).collect();
            starting.into_iter().map(|instance| instance.join().unwrap()).collect()
        });
        assert_eq!(started.iter().filter(|instance| instance.is_ok()).count(), 1);
        for error in started.into_iter().filter_map(Result::err) {
            assert!(matches!(error, Error::CidrTaken { .. }), "{error}");
        }
    });
}

#[test]
fn running_pods_keep_their_network_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        let network = start("minke0", "10.42.0.0/24", dir.path());
        let (a, b) = (Pod::new(), Pod::new());
        let (place_a, place_b) = (a.attach(&network, "a"), b.attach(&network, "b"));
        let in_b = b.listen();
        let (_, mut conversation) = talk(a.connect(at(place_b.ip, &in_b)), &in_b);

        drop(network);
        let network = start("minke0", "10.42.0.0/24", dir.path());
        conversation.go_on();
        assert_eq!(network.addresses("a"), [place_a]);
        assert_eq!(network.addresses("b"), [place_b]);
        let c = Pod::new();
        let place_c = c.attach(&network, "c");
        assert_eq!(place_c.ip, ip("10.42.0.4"));
        talk(c.connect(at(place_b.ip, &in_b)), &in_b);
    });
}

#[test]
fn leftovers_of_a_crash_are_put_right() {
    let dir = tempfile::tempdir().unwrap();
    let pods = dir.path();
    on_a_node(|| {
        drop(start("minke0", "10.50.0.0/16", pods));
        std::fs::create_dir(pods.join("half-made")).unwrap();
        std::fs::create_dir(pods.join("elsewhere")).unwrap();
        std::fs::write(pods.join("elsewhere/network.json"), r#"{"ips":["10.50.0.2"]}"#).unwrap();
        let network = start("minke0", "10.42.0.0/24", pods);
        let routes: Vec<_> = taken_networks().unwrap().into_iter().map(|taken| taken.network.to_string()).collect();
        assert!(routes.contains(&"10.42.0.0/24".to_owned()), "{routes:?}");
        assert!(!routes.iter().any(|route| route.starts_with("10.50.")), "{routes:?}");
        assert_eq!(network.addresses("half-made"), []);
        assert_eq!(network.addresses("elsewhere"), []);

        // A sandbox whose namespace something still holds, and the pod's next one.
        let (first, second, other) = (Pod::new(), Pod::new(), Pod::new());
        let place = first.attach(&network, "pod");
        assert_eq!(second.attach(&network, "pod"), place);
        // The same sandbox again: the server was killed before it knew that the pod is attached.
        assert_eq!(second.attach(&network, "pod"), place);
        other.attach(&network, "other");
        let listener = second.listen();
        talk(other.connect(at(place.ip, &listener)), &listener);
    });
}

#[test]
fn many_pods_come_at_once() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        let network = start("minke0", "10.42.0.0/24", dir.path());
        let pods: Vec<Pod> = (0..20).map(|_| Pod::new()).collect();
        let places: Vec<_> = std::thread::scope(|scope| {
            let attach = |(uid, pod): (usize, &'_ Pod)| pod.attach(&network, &uid.to_string());
            let attaching: Vec<_> = pods.iter().enumerate().map(|pod| scope.spawn(move || attach(pod))).collect();
            attaching.into_iter().map(|pod| pod.join().unwrap()).collect()
        });
        let different: HashSet<_> = places.iter().map(|place| place.ip).collect();
        assert_eq!(different.len(), pods.len());
        for (pod, place) in pods.iter().zip(&places) {
            let listener = pod.listen();
            talk(TcpStream::connect(at(place.ip, &listener)).unwrap(), &listener);
        }
    });
}

#[test]
fn addresses_run_out_and_come_back() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        let network = start("minke0", "10.42.0.0/30", dir.path());
        let (a, b) = (Pod::new(), Pod::new());
        let place = a.attach(&network, "a");
        let error = wait(network.attach("b", b.fd())).unwrap_err();
        assert!(matches!(error, Error::AddressesExhausted { .. }), "{error}");
        network.release("a").unwrap();
        network.release("a").unwrap();
        assert!(!dir.path().join("a/network.json").exists());
        assert_eq!(b.attach(&network, "b").ip, place.ip);
    });
}

#[test]
fn a_device_that_is_no_bridge_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        let error = Network::start(config("lo", "10.42.0.0/24", dir.path())).unwrap_err();
        assert!(matches!(&error, Error::NotABridge { name } if name == "lo"), "{error}");
    });
}

#[test]
fn a_namespace_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        let network = start("minke0", "10.42.0.0/24", dir.path());
        let file = std::fs::File::open("/proc/self/status").unwrap();
        let error = wait(network.attach("a", std::os::fd::AsFd::as_fd(&file))).unwrap_err();
        assert!(error.to_string().starts_with("cannot create the veth pair veth"), "{error}");
    });
}

#[test]
fn the_rules_read_well_with_nft() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        drop(start("minke0", "10.42.0.0/24", dir.path()));
        let network = start("minke0", "10.42.0.0/24", dir.path());
        let expected = "table ip minke0 {\n\
            \tchain postrouting {\n\
            \t\ttype nat hook postrouting priority srcnat; policy accept;\n\
            \t\tip saddr 10.42.0.0/24 ip daddr != 10.42.0.0/24 masquerade\n\
            \t}\n}\n";
        assert_eq!(said("nft list ruleset"), expected);
        network.remove().unwrap();
        assert_eq!(said("nft list ruleset"), "");
    });
}

#[test]
fn pods_talk_in_both_families() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        let network = start("minke0", "fd42::/64,10.42.0.0/24", dir.path());
        let (a, b) = (Pod::new(), Pod::new());
        let (places_a, places_b) = (a.attach_all(&network, "a"), b.attach_all(&network, "b"));
        assert_eq!(places_a.iter().map(|place| place.ip).collect::<Vec<_>>(), [ip("fd42::2"), ip("10.42.0.2")]);
        assert_eq!(network.node_addresses().unwrap(), [ip("fd42::1"), ip("10.42.0.1")]);
        let (in_b, on_node) = (b.listen(), listen());
        for (place_a, place_b) in places_a.iter().zip(&places_b) {
            let (from, _) = talk(a.connect(at(place_b.ip, &in_b)), &in_b);
            assert_eq!(from, place_a.ip, "pod to pod, with the pod's own address");
            let (from, _) = talk(a.connect(at(place_a.gateway, &on_node)), &on_node);
            assert_eq!(from, place_a.ip, "pod to node");
            let (from, _) = talk(TcpStream::connect(at(place_b.ip, &in_b)).unwrap(), &in_b);
            assert_eq!(from, place_b.gateway, "node to pod");
        }
        drop(network);
        let network = start("minke0", "fd42::/64,10.42.0.0/24", dir.path());
        assert_eq!((network.addresses("a"), network.addresses("b")), (places_a, places_b));
    });
}

#[test]
fn pods_of_ipv6_alone_leave_with_the_nodes_address() {
    let (dir_a, dir_b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    on_a_node(|| {
        let network_a = start("minke0", "fd42::/64", dir_a.path());
        let network_b = start("mk00000001", "fd44::/64", dir_b.path());
        let (a, b) = (Pod::new(), Pod::new());
        let (_, place_b) = (a.attach(&network_a, "pod"), b.attach(&network_b, "pod"));
        let in_b = b.listen();
        let (from, _) = talk(a.connect(at(place_b.ip, &in_b)), &in_b);
        assert_eq!(from, place_b.gateway, "masqueraded, as anything that leaves the pod network");
        assert!(said("nft list ruleset").contains("ip6 saddr fd42::/64 ip6 daddr != fd42::/64 masquerade"));
        drop(network_a);
        let network_a = start("minke0", "10.42.0.0/24", dir_a.path());
        assert!(!said("nft list ruleset").contains("fd42::"), "a family that is no longer used leaves nothing");
        network_a.remove().unwrap();
        network_b.remove().unwrap();
        assert_eq!(said("nft list ruleset"), "");
    });
}

/// CVE-2020-10749, CVE-2020-13401.
#[test]
fn nobody_believes_a_pod_that_says_it_is_a_router() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        let network = start("minke0", "10.42.0.0/24", dir.path());
        let pod = Pod::new();
        pod.attach(&network, "a");
        let accepted = |interface: &str| {
            std::fs::read_to_string(format!("/proc/sys/net/ipv6/conf/{interface}/accept_ra")).unwrap()
        };
        assert_eq!((accepted("minke0").trim(), pod.run(|| accepted("eth0")).trim()), ("0", "0"));
    });
}

#[test]
fn a_start_that_fails_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").unwrap();
        let error = Network::start(config("minke0", "10.42.0.0/24,fd42::/64", dir.path())).unwrap_err();
        assert!(error.to_string().starts_with("cannot give minke0 the address fd42::1/64: "), "{error}");
        assert!(taken_networks().unwrap().is_empty());
        assert!(!said("ip link").contains("minke0"));
    });
}

#[test]
fn who_cannot_go_on_takes_back_what_its_own_start_made() {
    let dir = tempfile::tempdir().unwrap();
    on_a_node(|| {
        let network = start("minke0", "10.42.0.0/24", dir.path());
        start("minke0", "10.42.0.0/24", dir.path()).abandon().unwrap();
        let pod = Pod::new();
        let place = pod.attach(&network, "a");
        let listener = pod.listen();
        talk(TcpStream::connect(at(place.ip, &listener)).unwrap(), &listener);
        network.abandon().unwrap();
        assert!(!said("ip link").contains("minke0"));
        assert_eq!(said("nft list ruleset"), "");
    });
}
