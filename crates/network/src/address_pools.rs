//! The addresses of pods in all families of the node: a pool for each of its pod CIDRs.

use crate::{Cidrs, Result, address_pool::AddressPool};
use ipnet::IpNet;
use std::net::IpAddr;

/// A pod's address of a family, and the node's, through which it reaches everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PodAddress {
    pub ip: IpAddr,
    pub gateway: IpAddr,
}

/// The pools, the preferred family's first.
#[derive(Debug)]
pub struct AddressPools(Vec<AddressPool>);

impl AddressPools {
    pub fn new(cidrs: &Cidrs) -> Result<AddressPools> {
        cidrs.iter().map(AddressPool::new).collect::<Result<_>>().map(AddressPools)
    }

    /// The node's own addresses on the bridge, with the prefixes that make them the node's routes to its pods.
    pub fn gateways(&self) -> Vec<IpNet> {
        // The prefix lengths are those of networks of the same families.
        self.0.iter().map(|pool| IpNet::new_assert(pool.gateway(), pool.cidr().prefix_len())).collect()
    }

    /// What a pod has.
    pub fn get(&self, pod_uid: &str) -> Vec<PodAddress> {
        let place = |pool: &AddressPool| Some(PodAddress { ip: pool.get(pod_uid)?, gateway: pool.gateway() });
        self.0.iter().filter_map(place).collect()
    }

    /// An address of each family for a pod: those it has, and new ones where it has none.
    pub fn allocate(&mut self, pod_uid: &str) -> Result<Vec<PodAddress>> {
        let had = self.get(pod_uid);
        match self.0.iter_mut().try_for_each(|pool| pool.allocate(pod_uid).map(drop)) {
            Ok(()) => Ok(self.get(pod_uid)),
            Err(error) => {
                if had.is_empty() {
                    self.release(pod_uid);
                }
                Err(error)
            }
        }
    }

    /// Notes what a pod has already. Each address has its own outcome: what cannot be kept leaves the others be.
    pub fn adopt(&mut self, pod_uid: &str, addresses: &[IpAddr]) -> Vec<Result<()>> {
        let adopt = |address: &IpAddr| {
            let of_family = |pool: &&mut AddressPool| pool.cidr().addr().is_ipv4() == address.is_ipv4();
            self.0.iter_mut().find(of_family).map_or(Ok(()), |pool| pool.adopt(pod_uid, *address))
        };
        addresses.iter().map(adopt).collect()
    }

    pub fn release(&mut self, pod_uid: &str) {
        self.0.iter_mut().for_each(|pool| pool.release(pod_uid));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools(cidrs: &str) -> AddressPools {
        AddressPools::new(&cidrs.parse().unwrap()).unwrap()
    }

    fn ips(addresses: &[PodAddress]) -> Vec<String> {
        addresses.iter().map(|address| address.ip.to_string()).collect()
    }

    #[test]
    fn a_pod_has_an_address_of_each_family_the_preferred_first() {
        let mut pools = pools("fd42::/64,10.42.0.0/24");
        assert_eq!(pools.gateways(), ["fd42::1/64", "10.42.0.1/24"].map(|gateway| gateway.parse().unwrap()));
        assert_eq!(ips(&pools.allocate("a").unwrap()), ["fd42::2", "10.42.0.2"]);
        assert_eq!(pools.get("a"), pools.allocate("a").unwrap());
        pools.release("a");
        assert_eq!(pools.get("a"), []);
    }

    #[test]
    fn a_family_that_runs_out_takes_no_address_of_the_other() {
        let mut pools = pools("10.42.0.0/24,fd42::/126");
        pools.allocate("a").unwrap();
        pools.allocate("b").unwrap_err();
        assert_eq!(pools.get("b"), []);
    }

    #[test]
    fn a_pod_of_a_time_with_one_family_gets_the_other_beside() {
        let mut pools = pools("10.42.0.0/24,fd42::/64");
        assert!(pools.adopt("a", &["10.42.0.7".parse().unwrap()]).iter().all(Result::is_ok));
        assert_eq!(ips(&pools.get("a")), ["10.42.0.7"]);
        assert_eq!(ips(&pools.allocate("a").unwrap()), ["10.42.0.7", "fd42::2"]);
        let outcomes = pools.adopt("b", &["10.43.0.7".parse().unwrap(), "fd42::9".parse().unwrap()]);
        assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true]);
        assert_eq!(ips(&pools.get("b")), ["fd42::9"]);
    }
}
