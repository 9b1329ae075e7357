use super::*;

fn net(text: &str) -> Ipv4Net {
    text.parse().unwrap()
}

fn taken(list: &[(&str, &str)]) -> Vec<Taken> {
    list.iter()
        .map(|(network, interface)| Taken { network: net(network), interface: (*interface).to_owned() })
        .collect()
}

#[test]
fn the_default_pod_cidr_gives_way_to_what_the_machine_routes() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[], "10.42.0.0/16"),
        (&[("192.168.1.0/24", "eth0")], "10.42.0.0/16"),
        (&[("10.42.0.0/24", "mk12345678")], "10.44.0.0/16"),
        (&[("10.42.7.9/32", "tun0"), ("10.44.0.0/15", "tun0")], "10.46.0.0/16"),
        (&[("10.0.0.0/8", "vpn0")], "172.16.0.0/16"),
        // Its own bridge is no obstacle, and where it is the instance stays.
        (&[("10.42.0.0/24", "minke0")], "10.42.0.0/16"),
        (&[("10.44.0.0/24", "minke0")], "10.44.0.0/16"),
        (&[("10.44.0.0/24", "minke0"), ("10.44.0.0/16", "tun0")], "10.42.0.0/16"),
    ];
    for (routes, expected) in cases {
        assert_eq!(choose_pod_cidr(None, "minke0", &taken(routes)).unwrap(), net(expected), "{routes:?}");
    }
}

#[test]
fn a_requested_cidr_is_taken_exactly_or_refused_by_name() {
    let routes = taken(&[("10.50.0.0/24", "docker0"), ("10.60.0.0/24", "minke0")]);
    assert_eq!(choose_pod_cidr(Some(net("10.60.3.4/16")), "minke0", &routes).unwrap(), net("10.60.0.0/16"));
    let error = choose_pod_cidr(Some(net("10.50.0.0/16")), "minke0", &routes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "--pod-cidr 10.50.0.0/16 overlaps 10.50.0.0/24, which interface docker0 already routes; \
         choose another --pod-cidr, or leave it out and minke takes a free one"
    );
}

#[test]
fn addresses_that_no_pod_can_have_are_refused() {
    for reserved in ["127.0.0.0/16", "0.0.0.0/8", "224.1.0.0/16", "240.0.0.0/8", "0.0.0.0/0"] {
        let error = choose_pod_cidr(Some(net(reserved)), "minke0", &[]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("--pod-cidr {reserved} is reserved")), "{error}");
    }
}

#[test]
fn services_keep_clear_of_the_pods() {
    assert_eq!(choose_service_cidr(None, net("10.42.0.0/16"), &[]).unwrap(), net("10.43.0.0/16"));
    assert_eq!(choose_service_cidr(None, net("10.40.0.0/14"), &[]).unwrap(), net("10.45.0.0/16"));
    let error = choose_service_cidr(Some(net("10.42.128.0/17")), net("10.42.0.0/16"), &[]).unwrap_err();
    assert!(error.to_string().contains("--pod-cidr"), "{error}");
}

#[test]
fn nothing_free_is_said() {
    let error = choose_pod_cidr(None, "minke0", &taken(&[("10.0.0.0/8", "a"), ("172.16.0.0/12", "b")])).unwrap_err();
    assert_eq!(error.to_string(), "no free private network is left for --pod-cidr; name one with --pod-cidr");
}

#[test]
fn a_node_gets_the_first_slice_or_all_of_a_small_network() {
    for (cidr, slice) in [("10.42.0.0/16", "10.42.0.0/24"), ("10.42.3.0/26", "10.42.3.0/26")] {
        assert_eq!(node_slice(net(cidr)), net(slice));
    }
}
