//! Which pod has which address: a pure allocator over the node's pod CIDR.

use crate::{Error, Result};
use ipnet::Ipv4Net;
use std::{
    collections::{BTreeMap, HashMap},
    net::Ipv4Addr,
};

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
mod tests;
