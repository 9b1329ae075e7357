//! Which pod has which address: a pure allocator over the node's pod CIDR.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::{Error, Result};

/// The addresses of a pod CIDR. The network address, the first address (the gateway) and the broadcast address are
/// never given out; a released address comes round again only after all the others, so that nothing which still
/// remembers its last owner (a neighbour's cache, a connection) meets the next one at once.
#[derive(Debug)]
pub struct AddressPool {
    cidr: Ipv4Net,
    by_pod: HashMap<String, Ipv4Addr>,
    by_address: BTreeMap<Ipv4Addr, String>,
    last: Ipv4Addr,
}

impl AddressPool {
    pub fn new(cidr: Ipv4Net) -> Result<AddressPool> {
        if cidr.prefix_len() > 30 {
            return Err(Error::CidrTooSmall { cidr });
        }
        let cidr = cidr.trunc();
        let last = gateway(cidr);
        Ok(AddressPool { cidr, by_pod: HashMap::new(), by_address: BTreeMap::new(), last })
    }

    /// The node's own address on the bridge, the gateway of all pods.
    pub fn gateway(&self) -> Ipv4Addr {
        gateway(self.cidr)
    }

    pub fn cidr(&self) -> Ipv4Net {
        self.cidr
    }

    pub fn get(&self, pod_uid: &str) -> Option<Ipv4Addr> {
        self.by_pod.get(pod_uid).copied()
    }

    /// The address of a pod: the one it has, or the next free one after the last that was given out.
    pub fn allocate(&mut self, pod_uid: &str) -> Result<Ipv4Addr> {
        if let Some(address) = self.get(pod_uid) {
            return Ok(address);
        }
        let (first, final_) = (u32::from(self.gateway()) + 1, u32::from(self.cidr.broadcast()) - 1);
        let last = u32::from(self.last);
        let address = (last + 1..=final_)
            .chain(first..=last.min(final_))
            .map(Ipv4Addr::from)
            .find(|address| !self.by_address.contains_key(address))
            .ok_or(Error::AddressesExhausted { cidr: self.cidr, size: self.by_address.len() })?;
        self.insert(pod_uid, address);
        Ok(address)
    }

    /// Notes that a pod has an address already, as its folder says. The round goes on after the highest one adopted.
    pub fn adopt(&mut self, pod_uid: &str, address: Ipv4Addr) -> Result<()> {
        let unusable = |reason| Error::AddressUnusable { address, pod_uid: pod_uid.to_owned(), reason };
        if !self.cidr.contains(&address) {
            return Err(unusable("it is outside the node's pod CIDR"));
        }
        if [self.cidr.network(), self.gateway(), self.cidr.broadcast()].contains(&address) {
            return Err(unusable("it is the network's own"));
        }
        if self.by_address.get(&address).is_some_and(|owner| owner != pod_uid) {
            return Err(unusable("another pod has it"));
        }
        let last = self.last.max(address);
        self.release(pod_uid);
        self.insert(pod_uid, address);
        self.last = last;
        Ok(())
    }

    pub fn release(&mut self, pod_uid: &str) {
        if let Some(address) = self.by_pod.remove(pod_uid) {
            self.by_address.remove(&address);
        }
    }

    fn insert(&mut self, pod_uid: &str, address: Ipv4Addr) {
        self.by_pod.insert(pod_uid.to_owned(), address);
        self.by_address.insert(address, pod_uid.to_owned());
        self.last = address;
    }
}

fn gateway(cidr: Ipv4Net) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(cidr.network()) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(cidr: &str) -> AddressPool {
        AddressPool::new(cidr.parse().unwrap()).unwrap()
    }

    fn ip(text: &str) -> Ipv4Addr {
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
        for cidr in ["10.42.0.0/31", "10.42.0.1/32"] {
            assert!(matches!(AddressPool::new(cidr.parse().unwrap()), Err(Error::CidrTooSmall { .. })));
        }
    }
}
