//! Which networks the pods and the Services of this instance use: pure choices against what the machine routes already.

use crate::{Cidrs, Error, Result};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The prefix lengths of a node's parts of the pod CIDRs, as the controller manager's `--node-cidr-mask-size-ipv4` and
/// `-ipv6` have them.
const NODE_PREFIX_IPV4: u8 = 24;
const NODE_PREFIX_IPV6: u8 = 64;

const PODS: &str = "--pod-cidr";
const SERVICES: &str = "--service-cidr";

/// A network that an interface of this machine has a route or an address in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub network: IpNet,
    pub interface: String,
}

/// Networks whose addresses no interface can have: "this network", loopback, multicast and what is reserved after it,
/// link-local addresses of IPv6 (RFC 6890).
const RESERVED: [IpNet; 6] = [
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 8)),
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 3)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 8)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8)),
];

/// The pod CIDRs of the cluster: those the user `requested`, or the first default one that nothing else uses.
///
/// What `bridge`, this instance's own, routes is no obstacle, and is kept: after a restart running pods have their
/// addresses in it. An error names the interface in the way of a requested CIDR.
pub fn choose_pod_cidrs(requested: Option<&Cidrs>, bridge: &str, taken: &[Taken]) -> Result<Cidrs> {
    if let Some(requested) = requested {
        still_free(requested, bridge, taken)?;
        return Ok(requested.clone());
    }
    let others = others(bridge, taken);
    let own = taken.iter().find(|taken| taken.interface == bridge).map(|taken| taken.network);
    let kept = default_networks(0).find(|candidate| own.is_some_and(|own| candidate.contains(&own)));
    first_free(kept.into_iter().chain(default_networks(0)), PODS, &others)
}

/// Whether nothing but `bridge` routes any of these networks.
pub(crate) fn still_free(pods: &Cidrs, bridge: &str, taken: &[Taken]) -> Result<()> {
    let others = others(bridge, taken);
    pods.iter().try_for_each(|network| check(network, PODS, &others))
}

/// The Service CIDRs of the cluster: those `requested`, or the first default one apart from `pods` and all others.
pub fn choose_service_cidrs(requested: Option<&Cidrs>, pods: &Cidrs, taken: &[Taken]) -> Result<Cidrs> {
    let of_pods = |network| Taken { network, interface: format!("of the pods ({PODS})") };
    let pods: Vec<Taken> = pods.iter().map(of_pods).collect();
    let others: Vec<&Taken> = taken.iter().chain(&pods).collect();
    match requested {
        Some(requested) => {
            requested.iter().try_for_each(|network| check(network, SERVICES, &others))?;
            Ok(requested.clone())
        }
        None => first_free(default_networks(1), SERVICES, &others),
    }
}

/// A single node's parts of the cluster's pod CIDRs: the first /24 or /64, or all of a smaller one.
#[must_use]
pub fn node_slices(pod_cidrs: &Cidrs) -> Cidrs {
    let slice = |network: IpNet| {
        let prefix = if network.addr().is_ipv4() { NODE_PREFIX_IPV4 } else { NODE_PREFIX_IPV6 };
        IpNet::new(network.network(), network.prefix_len().max(prefix))
    };
    // A longer prefix within the family's bounds is one.
    pod_cidrs.map_each(slice).unwrap_or_else(|_| pod_cidrs.clone())
}

/// Private /16 networks, every second one from 10.42 (pods) or 10.43 (Services) on, as k3s has them; then 172.16 to 31.
fn default_networks(first: u8) -> impl Iterator<Item = IpNet> {
    let ten = (42..=253).step_by(2).map(move |second| Ipv4Addr::new(10, second + first, 0, 0));
    let hundred = (16..=31).step_by(2).map(move |second| Ipv4Addr::new(172, second + first, 0, 0));
    ten.chain(hundred).map(|address| Ipv4Net::new_assert(address, 16).into())
}

fn others<'a>(bridge: &str, taken: &'a [Taken]) -> Vec<&'a Taken> {
    taken.iter().filter(|taken| taken.interface != bridge).collect()
}

fn first_free(mut candidates: impl Iterator<Item = IpNet>, flag: &'static str, others: &[&Taken]) -> Result<Cidrs> {
    let free = candidates.find(|candidate| obstacle(*candidate, others).is_none());
    free.map(Cidrs::one).ok_or(Error::NoFreeCidr { flag })
}

fn check(requested: IpNet, flag: &'static str, others: &[&Taken]) -> Result<()> {
    if RESERVED.iter().any(|reserved| overlap(*reserved, requested)) {
        return Err(Error::CidrReserved { flag, requested });
    }
    match obstacle(requested, others) {
        None => Ok(()),
        Some(taken) => {
            Err(Error::CidrTaken { flag, requested, network: taken.network, interface: taken.interface.clone() })
        }
    }
}

fn obstacle<'a>(network: IpNet, others: &[&'a Taken]) -> Option<&'a Taken> {
    others.iter().find(|other| overlap(other.network, network)).copied()
}

/// Of two networks that have an address in common, one contains the other.
fn overlap(a: IpNet, b: IpNet) -> bool {
    a.contains(&b) || b.contains(&a)
}

#[cfg(test)]
mod tests;
