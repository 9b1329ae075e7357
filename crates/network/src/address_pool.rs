//! Which pod has which address: a pure allocator over one of the node's pod CIDRs.

use crate::{Error, Result, cidrs::first_address};
use ipnet::IpNet;
use netlink::AddressFamily;
use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The addresses of a pod CIDR. The network address, the first address (the gateway) and the last one (broadcast) are
/// never given out; a released address comes round again only after all the others, so that nothing which still
/// remembers its last owner (a neighbour's cache, a connection) meets the next one at once.
#[derive(Debug)]
pub struct AddressPool {
    cidr: IpNet,
    by_pod: HashMap<String, IpAddr>,
    by_address: BTreeMap<IpAddr, String>,
    last: IpAddr,
}

impl AddressPool {
    pub fn new(cidr: IpNet) -> Result<AddressPool> {
        if cidr.max_prefix_len() - cidr.prefix_len() < 2 {
            return Err(Error::CidrTooSmall { cidr });
        }
        let cidr = cidr.trunc();
        Ok(AddressPool { cidr, by_pod: HashMap::new(), by_address: BTreeMap::new(), last: first_address(cidr) })
    }

    /// The node's own address on the bridge, the gateway of all pods.
    pub fn gateway(&self) -> IpAddr {
        first_address(self.cidr)
    }

    pub fn cidr(&self) -> IpNet {
        self.cidr
    }

    pub fn get(&self, pod_uid: &str) -> Option<IpAddr> {
        self.by_pod.get(pod_uid).copied()
    }

    /// The address of a pod: the one it has, or the next free one after the last that was given out.
    pub fn allocate(&mut self, pod_uid: &str) -> Result<IpAddr> {
        if let Some(address) = self.get(pod_uid) {
            return Ok(address);
        }
        let (first, final_) = (number(self.gateway()) + 1, number(self.cidr.broadcast()) - 1);
        let last = number(self.last);
        let address = (last + 1..=final_)
            .chain(first..=last.min(final_))
            .map(|number| address(AddressFamily::of(self.last), number))
            .find(|address| !self.by_address.contains_key(address))
            .ok_or(Error::AddressesExhausted { cidr: self.cidr, size: self.by_address.len() })?;
        self.insert(pod_uid, address);
        Ok(address)
    }

    /// Notes that a pod has an address already, as its folder says. The round goes on after the highest one adopted.
    pub fn adopt(&mut self, pod_uid: &str, address: IpAddr) -> Result<()> {
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

    fn insert(&mut self, pod_uid: &str, address: IpAddr) {
        self.by_pod.insert(pod_uid.to_owned(), address);
        self.by_address.insert(address, pod_uid.to_owned());
        self.last = address;
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn address(family: AddressFamily, number: u128) -> IpAddr {
    match family {
        // Numbers come from between two addresses of the family.
        AddressFamily::Ipv4 => Ipv4Addr::from_bits(u32::try_from(number).unwrap_or_default()).into(),
        AddressFamily::Ipv6 => Ipv6Addr::from_bits(number).into(),
    }
}

#[cfg(test)]
mod tests;
