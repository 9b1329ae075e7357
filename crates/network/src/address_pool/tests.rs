use super::*;
use proptest::prelude::*;

fn pool(cidr: &str) -> AddressPool {
    AddressPool::new(cidr.parse().unwrap()).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn addresses_go_round_and_are_not_given_again_at_once() {
    let mut pool = pool("10.42.0.0/29");
    assert_eq!(pool.gateway(), ip("10.42.0.1"));
    assert_eq!(pool.allocate("a").unwrap(), ip("10.42.0.2"));
    pool.release("a");
    for (pod, address) in [("b", "10.42.0.3"), ("c", "10.42.0.4"), ("d", "10.42.0.5"), ("e", "10.42.0.6")] {
        assert_eq!(pool.allocate(pod).unwrap(), ip(address));
    }
    assert_eq!(pool.allocate("f").unwrap(), ip("10.42.0.2"));
}

#[test]
fn addresses_of_ipv6_are_given_alike() {
    let mut pool = pool("fd42::/64");
    assert_eq!(pool.gateway(), ip("fd42::1"));
    assert_eq!(pool.allocate("a").unwrap(), ip("fd42::2"));
    pool.adopt("b", ip("fd42::ffff:ffff:ffff:fffe")).unwrap();
    assert_eq!(pool.allocate("c").unwrap(), ip("fd42::3"));
}

#[test]
fn a_pod_keeps_its_address_until_it_is_released() {
    let mut pool = pool("10.42.0.0/24");
    let first = pool.allocate("a").unwrap();
    assert_eq!(pool.allocate("a").unwrap(), first);
    pool.release("a");
    assert_eq!(pool.get("a"), None);
    assert_ne!(pool.allocate("a").unwrap(), first);
}

#[test]
fn exhaustion_names_the_remedy_and_ends_with_a_release() {
    let mut pool = pool("10.42.0.0/30");
    pool.allocate("a").unwrap();
    assert_eq!(
        pool.allocate("b").unwrap_err().to_string(),
        "no free pod address left in 10.42.0.0/30: all 1 are in use; delete pods, or start with a larger --pod-cidr"
    );
    pool.release("a");
    assert_eq!(pool.allocate("b").unwrap(), ip("10.42.0.2"));
}

#[test]
fn adopted_addresses_are_kept_and_bad_ones_refused() {
    let mut pool = pool("10.42.0.0/24");
    pool.adopt("a", ip("10.42.0.9")).unwrap();
    pool.adopt("a", ip("10.42.0.9")).unwrap();
    let cases = [
        ("b", "10.42.0.9", "another pod has it"),
        ("b", "10.43.0.9", "outside"),
        ("b", "10.42.0.0", "own"),
        ("b", "10.42.0.1", "own"),
        ("b", "10.42.0.255", "own"),
    ];
    for (pod, address, reason) in cases {
        let error = pool.adopt(pod, ip(address)).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(pool.allocate("b").unwrap(), ip("10.42.0.10"));
}

#[test]
fn a_network_without_room_for_a_pod_is_refused() {
    for cidr in ["10.42.0.0/31", "10.42.0.1/32", "fd42::/127", "fd42::1/128"] {
        assert!(matches!(AddressPool::new(cidr.parse().unwrap()), Err(Error::CidrTooSmall { .. })));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Allocate(u8),
    Release(u8),
    Adopt(u8, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let pod = 0..20_u8;
    prop_oneof![
        pod.clone().prop_map(Step::Allocate),
        pod.clone().prop_map(Step::Release),
        (pod, any::<u8>()).prop_map(|(pod, last)| Step::Adopt(pod, last)),
    ]
}

proptest! {
    #[test]
    fn no_two_pods_ever_have_the_same_address_or_one_of_the_networks_own(steps in prop::collection::vec(step(), 0..200)) {
        let mut pool = pool("10.42.0.0/28");
        for step in steps {
            match step {
                Step::Allocate(pod) => { let _ = pool.allocate(&pod.to_string()); }
                Step::Release(pod) => pool.release(&pod.to_string()),
                Step::Adopt(pod, last) => { let _ = pool.adopt(&pod.to_string(), Ipv4Addr::new(10, 42, 0, last).into()); }
            }
            let given: Vec<_> = (0..20_u8).filter_map(|pod| pool.get(&pod.to_string())).collect();
            let different: std::collections::HashSet<_> = given.iter().collect();
            prop_assert_eq!(given.len(), different.len());
            prop_assert!(given.iter().all(|address| (ip("10.42.0.2")..=ip("10.42.0.14")).contains(address)));
        }
    }
}
