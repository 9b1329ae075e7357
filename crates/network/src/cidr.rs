//! Which networks the pods and the Services of this instance use: pure choices against what the machine routes already.

use crate::{Error, Result};
use ipnet::Ipv4Net;
use std::net::Ipv4Addr;

/// The prefix length of a node's part of the pod CIDR, as the controller manager's `--node-cidr-mask-size` has it.
pub const DEFAULT_NODE_PREFIX: u8 = 24;

/// A network that an interface of this machine has a route or an address in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub network: Ipv4Net,
    pub interface: String,
}

/// Networks whose addresses no interface can have: "this network", loopback, multicast and what is reserved after it
/// (RFC 6890).
const RESERVED: [Ipv4Net; 3] = [
    Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 8),
    Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// The pod CIDR of the cluster: the one the user `requested`, or the first default one that nothing else uses.
///
/// What `bridge`, this instance's own, routes is no obstacle, and is kept: after a restart running pods have their
/// addresses in it. An error names the interface in the way of a requested CIDR.
pub fn choose_pod_cidr(requested: Option<Ipv4Net>, bridge: &str, taken: &[Taken]) -> Result<Ipv4Net> {
    if let Some(requested) = requested {
        return still_free(requested.trunc(), bridge, taken);
    }
    let others = others(bridge, taken);
    let own = taken.iter().find(|taken| taken.interface == bridge).map(|taken| taken.network);
    let kept = default_networks(0).find(|candidate| own.is_some_and(|own| candidate.contains(&own)));
    first_free(kept.into_iter().chain(default_networks(0)), "--pod-cidr", &others)
}

/// The same network, if nothing but `bridge` routes any of it.
pub(crate) fn still_free(pods: Ipv4Net, bridge: &str, taken: &[Taken]) -> Result<Ipv4Net> {
    check(pods, "--pod-cidr", &others(bridge, taken))
}

/// The Service CIDR of the cluster: the one `requested`, or the first default one apart from `pods` and all others.
pub fn choose_service_cidr(requested: Option<Ipv4Net>, pods: Ipv4Net, taken: &[Taken]) -> Result<Ipv4Net> {
    let pods = Taken { network: pods, interface: "of the pods (--pod-cidr)".to_owned() };
    let others: Vec<&Taken> = taken.iter().chain([&pods]).collect();
    match requested {
        Some(requested) => check(requested.trunc(), "--service-cidr", &others),
        None => first_free(default_networks(1), "--service-cidr", &others),
    }
}

/// A single node's part of the cluster's pod CIDR: its first /24, or all of it when it is smaller.
#[must_use]
pub fn node_slice(pod_cidr: Ipv4Net) -> Ipv4Net {
    let prefix = pod_cidr.prefix_len().max(DEFAULT_NODE_PREFIX);
    Ipv4Net::new_assert(pod_cidr.network(), prefix)
}

/// Private /16 networks, every second one from 10.42 (pods) or 10.43 (Services) on, as k3s has them; then 172.16 to 31.
fn default_networks(first: u8) -> impl Iterator<Item = Ipv4Net> {
    let ten = (42..=253).step_by(2).map(move |second| Ipv4Addr::new(10, second + first, 0, 0));
    let hundred = (16..=31).step_by(2).map(move |second| Ipv4Addr::new(172, second + first, 0, 0));
    ten.chain(hundred).map(|address| Ipv4Net::new_assert(address, 16))
}

fn others<'a>(bridge: &str, taken: &'a [Taken]) -> Vec<&'a Taken> {
    taken.iter().filter(|taken| taken.interface != bridge).collect()
}

fn first_free(mut candidates: impl Iterator<Item = Ipv4Net>, flag: &'static str, others: &[&Taken]) -> Result<Ipv4Net> {
    candidates.find(|candidate| obstacle(*candidate, others).is_none()).ok_or(Error::NoFreeCidr { flag })
}

fn check(requested: Ipv4Net, flag: &'static str, others: &[&Taken]) -> Result<Ipv4Net> {
    if RESERVED.iter().any(|reserved| reserved.contains(&requested) || requested.contains(reserved)) {
        return Err(Error::CidrReserved { flag, requested });
    }
    match obstacle(requested, others) {
        None => Ok(requested),
        Some(taken) => {
            Err(Error::CidrTaken { flag, requested, network: taken.network, interface: taken.interface.clone() })
        }
    }
}

fn obstacle<'a>(network: Ipv4Net, others: &[&'a Taken]) -> Option<&'a Taken> {
    others.iter().find(|other| other.network.contains(&network) || network.contains(&other.network)).copied()
}

#[cfg(test)]
mod tests;
