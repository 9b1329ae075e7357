use super::*;
use k8s_openapi::{api::core::v1::PodSpec, apimachinery::pkg::apis::meta::v1::ObjectMeta};

const NODE: &str = "# by hand\nnameserver 192.168.1.1\n search old\nsearch example.com. lan\noptions edns0 trust-ad\n";

fn list(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

fn node() -> ResolvConf {
    ResolvConf::parse(NODE)
}

fn cluster() -> ClusterDns {
    ClusterDns { addresses: vec!["10.43.0.10".parse().unwrap()], domain: "cluster.local".to_owned() }
}

fn pod(policy: &str, host_network: bool, dns_config: Option<PodDNSConfig>) -> Pod {
    let metadata = ObjectMeta {
        name: Some("web".to_owned()),
        namespace: Some("shop".to_owned()),
        uid: Some("u1".to_owned()),
        ..ObjectMeta::default()
    };
    let spec = PodSpec {
        dns_policy: Some(policy.to_owned()),
        host_network: Some(host_network),
        dns_config,
        ..PodSpec::default()
    };
    Pod { metadata, spec: Some(spec), status: None }
}

#[test]
fn the_nodes_file_is_read_as_resolvers_read_it() {
    let expected = ResolvConf {
        nameservers: list("192.168.1.1"),
        searches: list("example.com lan"),
        options: list("edns0 trust-ad"),
    };
    assert_eq!(node(), expected);
    assert_eq!(ResolvConf::parse("nameserver\nsearch .\n").searches, list("."));
    assert_eq!(ResolvConf::parse("").to_string(), "");
}

#[test]
fn each_policy_has_its_source() {
    let in_cluster = "search shop.svc.cluster.local svc.cluster.local cluster.local example.com lan\n\
                      nameserver 10.43.0.10\noptions ndots:5\n";
    let as_node = "search example.com lan\nnameserver 192.168.1.1\noptions edns0 trust-ad\n";
    let cases = [
        ("ClusterFirst", false, in_cluster),
        ("ClusterFirst", true, as_node),
        ("ClusterFirstWithHostNet", true, in_cluster),
        ("Default", false, as_node),
        ("None", false, ""),
    ];
    for (policy, host_network, expected) in cases {
        let (conf, warnings) = ResolvConf::of(&pod(policy, host_network, None), &node(), &cluster());
        assert_eq!(conf.to_string(), expected, "{policy} {host_network}");
        assert_eq!(warnings, [], "{policy}");
    }
}

#[test]
fn without_a_cluster_dns_the_nodes_is_used_and_said() {
    let (conf, warnings) = ResolvConf::of(&pod("ClusterFirst", false, None), &node(), &ClusterDns::default());
    assert_eq!(conf, node());
    let message = "kubelet does not have ClusterDNS IP configured and cannot create Pod using \
                   \"ClusterFirst\" policy. Falling back to \"Default\" policy.";
    assert_eq!(warnings, [Warning { about: About::Node, reason: "MissingClusterDNS", message: message.to_owned() }]);
}

#[test]
fn the_pods_own_config_is_merged() {
    let option = |name: &str, value: Option<&str>| PodDNSConfigOption {
        name: Some(name.to_owned()),
        value: value.map(str::to_owned),
    };
    let config = PodDNSConfig {
        nameservers: Some(list("1.1.1.1 10.43.0.10")),
        searches: Some(list("lan mine.example")),
        options: Some(vec![option("ndots", Some("2")), option("edns0", None)]),
    };
    let (conf, warnings) = ResolvConf::of(&pod("ClusterFirst", false, Some(config.clone())), &node(), &cluster());
    assert_eq!(
        conf.to_string(),
        "search shop.svc.cluster.local svc.cluster.local cluster.local example.com lan mine.example\n\
         nameserver 10.43.0.10\nnameserver 1.1.1.1\noptions ndots:2 edns0\n"
    );
    assert_eq!(warnings, []);
    let (conf, _) = ResolvConf::of(&pod("None", false, Some(config)), &node(), &cluster());
    assert_eq!(
        conf.to_string(),
        "search lan mine.example\nnameserver 1.1.1.1\nnameserver 10.43.0.10\noptions ndots:2 edns0\n"
    );
}

#[test]
fn limits_are_kept_and_said() {
    let config = PodDNSConfig { nameservers: Some(list("1.0.0.1 1.0.0.2 1.0.0.3 1.0.0.4")), ..PodDNSConfig::default() };
    let (conf, warnings) = ResolvConf::of(&pod("None", false, Some(config)), &node(), &cluster());
    assert_eq!(conf.nameservers, list("1.0.0.1 1.0.0.2 1.0.0.3"));
    let message = "Nameserver limits were exceeded, some nameservers have been omitted, \
                   the applied nameserver line is: 1.0.0.1 1.0.0.2 1.0.0.3";
    assert_eq!(warnings, [Warning { about: About::Pod, reason: "DNSConfigForming", message: message.to_owned() }]);
}

#[test]
fn search_paths_are_cut_by_number_length_and_sum() {
    let many: Vec<String> = (0..40).map(|n| format!("d{n}")).collect();
    let long_one = vec!["a".repeat(254), "b".to_owned()];
    let long_sum: Vec<String> = (0..12).map(|n| format!("{n:0>200}")).collect();
    for (searches, kept) in [(many, 32), (long_one, 1), (long_sum, 10)] {
        let config = PodDNSConfig { searches: Some(searches), ..PodDNSConfig::default() };
        let (conf, warnings) = ResolvConf::of(&pod("None", false, Some(config)), &node(), &cluster());
        assert_eq!(conf.searches.len(), kept);
        let message = format!(
            "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: {}",
            conf.searches.join(" ")
        );
        assert_eq!(warnings, [Warning { about: About::Pod, reason: "DNSConfigForming", message }]);
    }
}
