use super::*;

fn nets(text: &str) -> Cidrs {
    text.parse().unwrap()
}

fn taken(list: &[(&str, &str)]) -> Vec<Taken> {
    list.iter()
        .map(|(network, interface)| Taken { network: network.parse().unwrap(), interface: (*interface).to_owned() })
        .collect()
}

#[test]
fn the_default_pod_cidr_gives_way_to_what_the_machine_routes() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[], "10.42.0.0/16"),
        (&[("192.168.1.0/24", "eth0"), ("2001:db8::/64", "eth0")], "10.42.0.0/16"),
        (&[("10.42.0.0/24", "mk12345678")], "10.44.0.0/16"),
        (&[("10.42.7.9/32", "tun0"), ("10.44.0.0/15", "tun0")], "10.46.0.0/16"),
        (&[("10.0.0.0/8", "vpn0")], "172.16.0.0/16"),
        // Its own bridge is no obstacle, and where it is the instance stays.
        (&[("10.42.0.0/24", "minke0")], "10.42.0.0/16"),
        (&[("10.44.0.0/24", "minke0")], "10.44.0.0/16"),
        (&[("10.44.0.0/24", "minke0"), ("10.44.0.0/16", "tun0")], "10.42.0.0/16"),
    ];
    for (routes, expected) in cases {
        assert_eq!(choose_pod_cidrs(None, "minke0", &taken(routes)).unwrap(), nets(expected), "{routes:?}");
    }
}

#[test]
fn requested_cidrs_are_taken_exactly_or_refused_by_name() {
    let routes = taken(&[("10.50.0.0/24", "docker0"), ("10.60.0.0/24", "minke0"), ("fd42::/64", "docker0")]);
    for requested in ["10.60.3.4/16", "fd43::/48", "10.60.0.0/16,fd43::/48"] {
        assert_eq!(choose_pod_cidrs(Some(&nets(requested)), "minke0", &routes).unwrap(), nets(requested));
    }
    for (requested, taken) in [
        ("10.50.0.0/16", "10.50.0.0/16 overlaps 10.50.0.0/24"),
        ("10.60.0.0/16,fd42::/48", "fd42::/48 overlaps fd42::/64"),
    ] {
        let error = choose_pod_cidrs(Some(&nets(requested)), "minke0", &routes).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "--pod-cidr {taken}, which interface docker0 already routes; \
                 choose another --pod-cidr, or leave it out and minke takes a free one"
            )
        );
    }
}

#[test]
fn addresses_that_no_pod_can_have_are_refused() {
    for reserved in [
        "127.0.0.0/16",
        "0.0.0.0/8",
        "224.1.0.0/16",
        "240.0.0.0/8",
        "0.0.0.0/0",
        "::/0",
        "fe80::/64",
        "ff02::/16",
        "::1/128",
    ] {
        let error = choose_pod_cidrs(Some(&nets(reserved)), "minke0", &[]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("--pod-cidr {reserved} is reserved")), "{error}");
    }
}

#[test]
fn services_keep_clear_of_the_pods() {
    let choose = |requested: Option<&str>, pods: &str| {
        choose_service_cidrs(requested.map(nets).as_ref(), &nets(pods), &[]).map(|chosen| chosen.to_string())
    };
    assert_eq!(choose(None, "10.42.0.0/16").unwrap(), "10.43.0.0/16");
    assert_eq!(choose(None, "10.40.0.0/14").unwrap(), "10.45.0.0/16");
    assert_eq!(choose(Some("fd43::/112"), "fd42::/48").unwrap(), "fd43::/112");
    for (requested, pods) in [("10.42.128.0/17", "10.42.0.0/16"), ("fd42:0:0:1::/64", "10.42.0.0/16,fd42::/48")] {
        let error = choose(Some(requested), pods).unwrap_err();
        assert!(error.to_string().contains("--pod-cidr"), "{error}");
    }
}

#[test]
fn nothing_free_is_said() {
    let error = choose_pod_cidrs(None, "minke0", &taken(&[("10.0.0.0/8", "a"), ("172.16.0.0/12", "b")])).unwrap_err();
    assert_eq!(error.to_string(), "no free private network is left for --pod-cidr; name one with --pod-cidr");
}

#[test]
fn a_node_gets_the_first_slices_or_all_of_a_small_network() {
    for (cidrs, slices) in [
        ("10.42.0.0/16", "10.42.0.0/24"),
        ("10.42.3.0/26", "10.42.3.0/26"),
        ("fd42::/48,10.42.0.0/16", "fd42::/64,10.42.0.0/24"),
        ("fd42::/112", "fd42::/112"),
    ] {
        assert_eq!(node_slices(&nets(cidrs)), nets(slices));
    }
}
