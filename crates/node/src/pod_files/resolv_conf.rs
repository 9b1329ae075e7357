//! A pod's `/etc/resolv.conf` for the four values of `dnsPolicy` and for `dnsConfig`
//! (`pkg/kubelet/network/dns/dns.go`; the file's form as containerd writes it; resolv.conf(5)).

use k8s_openapi::api::core::v1::{Pod, PodDNSConfig, PodDNSConfigOption};
use std::{
    collections::{HashMap, HashSet},
    fmt,
    net::IpAddr,
};

/// Limits of `pkg/apis/core/validation`: resolvers use three name servers; the search list is long enough for
/// real clusters and short enough for old libraries.
const MAX_NAMESERVERS: usize = 3;
const MAX_SEARCH_PATHS: usize = 32;
const MAX_SEARCH_CHARACTERS: usize = 2048;
const MAX_SEARCH_PATH_CHARACTERS: usize = 253;

/// The contents of a resolv.conf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolvConf {
    pub nameservers: Vec<String>,
    pub searches: Vec<String>,
    /// `name` or `name:value`.
    pub options: Vec<String>,
}

/// The cluster's DNS as pods see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterDns {
    /// None while the cluster has no DNS server.
    pub addresses: Vec<IpAddr>,
    /// The cluster's domain, usually `cluster.local`.
    pub domain: String,
}

/// What the user should know of, as an event of type Warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub about: About,
    /// The event's reason: `MissingClusterDNS` or `DNSConfigForming`.
    pub reason: &'static str,
    pub message: String,
}

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Pod,
    Node,
}

impl ResolvConf {
    /// Reads a resolv.conf: name servers add up; of several search or options lines the last one counts. What cannot
    /// be understood is passed over, as resolvers do.
    #[must_use]
    pub fn parse(text: &str) -> ResolvConf {
        let mut conf = ResolvConf::default();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => conf.nameservers.extend(words.next().map(str::to_owned)),
                Some("search") => conf.searches = words.map(without_final_dot).collect(),
                Some("options") => conf.options = words.map(str::to_owned).collect(),
                _ => {}
            }
        }
        conf
    }

    /// The resolv.conf of a pod, from the node's and the cluster's.
    #[must_use]
    pub fn of(pod: &Pod, node: &ResolvConf, cluster: &ClusterDns) -> (ResolvConf, Vec<Warning>) {
        let mut warnings = Vec::new();
        let mut conf = match source(pod) {
            Source::Nothing => ResolvConf::default(),
            Source::Node => node.clone(),
            Source::Cluster if cluster.addresses.is_empty() => {
                warnings.push(missing_cluster_dns());
                node.clone()
            }
            Source::Cluster => cluster_first(pod, node, cluster),
        };
        if let Some(config) = pod.spec.as_ref().and_then(|spec| spec.dns_config.as_ref()) {
            conf.append(config);
        }
        conf.limit(&mut warnings);
        (conf, warnings)
    }

    fn append(&mut self, config: &PodDNSConfig) {
        self.nameservers.extend(config.nameservers.iter().flatten().cloned());
        self.searches.extend(config.searches.iter().flatten().cloned());
        omit_duplicates(&mut self.nameservers);
        omit_duplicates(&mut self.searches);
        self.set_options(config.options.as_deref().unwrap_or_default());
    }

    /// The pod's options win over those of the same name.
    fn set_options(&mut self, options: &[PodDNSConfigOption]) {
        let mut positions = HashMap::new();
        for (position, option) in self.options.iter().enumerate() {
            positions.entry(option.split(':').next().unwrap_or_default().to_owned()).or_insert(position);
        }
        for PodDNSConfigOption { name, value } in options {
            let name = name.clone().unwrap_or_default();
            let option = match value.as_deref().unwrap_or_default() {
                "" => name.clone(),
                value => format!("{name}:{value}"),
            };
            let position = *positions.entry(name).or_insert(self.options.len());
            match self.options.get_mut(position) {
                Some(existing) => *existing = option,
                None => self.options.push(option),
            }
        }
    }

    fn limit(&mut self, warnings: &mut Vec<Warning>) {
        if self.nameservers.len() > MAX_NAMESERVERS {
            self.nameservers.truncate(MAX_NAMESERVERS);
            warnings.push(forming(format!(
                "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: {}",
                self.nameservers.join(" ")
            )));
        }
        let before = self.searches.len();
        self.searches.truncate(MAX_SEARCH_PATHS);
        self.searches.retain(|search| search.len() <= MAX_SEARCH_PATH_CHARACTERS);
        while self.searches.join(" ").len() > MAX_SEARCH_CHARACTERS {
            self.searches.pop();
        }
        if self.searches.len() < before {
            warnings.push(forming(format!(
                "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: {}",
                self.searches.join(" ")
            )));
        }
    }
}

/// The file's text; each kind of line only when there is something on it.
impl fmt::Display for ResolvConf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.searches.is_empty() {
            writeln!(f, "search {}", self.searches.join(" "))?;
        }
        for nameserver in &self.nameservers {
            writeln!(f, "nameserver {nameserver}")?;
        }
        if !self.options.is_empty() {
            writeln!(f, "options {}", self.options.join(" "))?;
        }
        Ok(())
    }
}

enum Source {
    Nothing,
    Node,
    Cluster,
}

fn source(pod: &Pod) -> Source {
    let spec = pod.spec.as_ref();
    let host_network = spec.and_then(|spec| spec.host_network).unwrap_or_default();
    match spec.and_then(|spec| spec.dns_policy.as_deref()) {
        Some("None") => Source::Nothing,
        Some("Default") => Source::Node,
        Some("ClusterFirst") | None if host_network => Source::Node,
        // ClusterFirst and ClusterFirstWithHostNet; anything else falls back to it, as in the kubelet.
        _ => Source::Cluster,
    }
}

fn cluster_first(pod: &Pod, node: &ResolvConf, cluster: &ClusterDns) -> ResolvConf {
    let mut searches = Vec::new();
    if !cluster.domain.is_empty() {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
        let domain = &cluster.domain;
        searches.extend([format!("{namespace}.svc.{domain}"), format!("svc.{domain}"), domain.clone()]);
    }
    searches.extend(node.searches.iter().cloned());
    omit_duplicates(&mut searches);
    ResolvConf {
        nameservers: cluster.addresses.iter().map(IpAddr::to_string).collect(),
        searches,
        options: vec!["ndots:5".to_owned()],
    }
}

/// The kubelet says it of each pod and of the node each time; it is the node that lacks something.
fn missing_cluster_dns() -> Warning {
    let message = "kubelet does not have ClusterDNS IP configured and cannot create Pod using \"ClusterFirst\" policy. \
                   Falling back to \"Default\" policy.";
    Warning { about: About::Node, reason: "MissingClusterDNS", message: message.to_owned() }
}

fn forming(message: String) -> Warning {
    Warning { about: About::Pod, reason: "DNSConfigForming", message }
}

fn without_final_dot(search: &str) -> String {
    match search {
        "." => search.to_owned(),
        _ => search.strip_suffix('.').unwrap_or(search).to_owned(),
    }
}

fn omit_duplicates(list: &mut Vec<String>) {
    let mut seen = HashSet::new();
    list.retain(|item| seen.insert(item.clone()));
}

#[cfg(test)]
mod tests;
