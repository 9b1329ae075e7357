//! A pod's `/etc/hosts` (`pkg/kubelet/kubelet_pods.go`, `managedHostsFileContent` and `nodeHostsFileContent`).

use super::PodHostname;
use k8s_openapi::api::core::v1::HostAlias;
use std::{fmt::Write, net::IpAddr};

const LOCAL_NAMES: &str = "127.0.0.1\tlocalhost\n\
    ::1\tlocalhost ip6-localhost ip6-loopback\n\
    fe00::0\tip6-localnet\n\
    fe00::0\tip6-mcastprefix\n\
    fe00::1\tip6-allnodes\n\
    fe00::2\tip6-allrouters\n";

/// The file of a pod with a network of its own.
#[must_use]
pub fn managed(pod_ips: &[IpAddr], hostname: &PodHostname, aliases: &[HostAlias]) -> String {
    let PodHostname { name, domain } = hostname;
    let mut file = format!("# Kubernetes-managed hosts file.\n{LOCAL_NAMES}");
    for ip in pod_ips {
        // Writing to a String cannot fail.
        let _ = match domain {
            Some(domain) => writeln!(file, "{ip}\t{name}.{domain}\t{name}"),
            None => writeln!(file, "{ip}\t{name}"),
        };
    }
    file + &alias_lines(aliases)
}

/// The file of a pod on the node's network: the node's own, `node_file`, and the pod's aliases.
#[must_use]
pub fn host_network(node_file: &str, aliases: &[HostAlias]) -> String {
    format!("# Kubernetes-managed hosts file (host network).\n{node_file}{}", alias_lines(aliases))
}

fn alias_lines(aliases: &[HostAlias]) -> String {
    if aliases.is_empty() {
        return String::new();
    }
    let lines = aliases
        .iter()
        .map(|HostAlias { ip, hostnames }| format!("{ip}\t{}\n", hostnames.as_deref().unwrap_or_default().join("\t")));
    format!("\n# Entries added by HostAliases.\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(ip: &str, names: &[&str]) -> HostAlias {
        HostAlias { ip: ip.to_owned(), hostnames: Some(names.iter().map(|name| (*name).to_owned()).collect()) }
    }

    fn hostname(domain: Option<&str>) -> PodHostname {
        PodHostname { name: "web-0".to_owned(), domain: domain.map(str::to_owned) }
    }

    #[test]
    fn a_pod_finds_itself_by_name() {
        let ips = ["10.42.0.7".parse().unwrap(), "fd00::7".parse().unwrap()];
        assert_eq!(
            managed(&ips, &hostname(None), &[]),
            format!("# Kubernetes-managed hosts file.\n{LOCAL_NAMES}10.42.0.7\tweb-0\nfd00::7\tweb-0\n")
        );
        assert_eq!(
            managed(&ips[..1], &hostname(Some("web.shop.svc.cluster.local")), &[]),
            format!(
                "# Kubernetes-managed hosts file.\n{LOCAL_NAMES}10.42.0.7\tweb-0.web.shop.svc.cluster.local\tweb-0\n"
            )
        );
    }

    #[test]
    fn aliases_come_last_one_line_an_address() {
        let aliases = [alias("1.2.3.4", &["a", "b.example"]), alias("5.6.7.8", &["c"])];
        assert_eq!(
            managed(&[], &hostname(None), &aliases),
            format!(
                "# Kubernetes-managed hosts file.\n{LOCAL_NAMES}\n\
                 # Entries added by HostAliases.\n1.2.3.4\ta\tb.example\n5.6.7.8\tc\n"
            )
        );
    }

    #[test]
    fn on_the_nodes_network_the_nodes_file_is_kept() {
        assert_eq!(
            host_network("127.0.0.1 localhost\n192.168.1.5 node\n", &[alias("1.2.3.4", &["a"])]),
            "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n192.168.1.5 node\n\n\
             # Entries added by HostAliases.\n1.2.3.4\ta\n"
        );
    }
}
