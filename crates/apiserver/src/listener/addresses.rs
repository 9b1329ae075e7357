//! How many connections each address has.

use crate::limits::CONNECTIONS_AN_ADDRESS;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The addresses that have connections.
#[derive(Clone, Default)]
pub(super) struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection that counts until it is dropped.
pub(super) struct Admitted {
    addresses: Addresses,
    address: IpAddr,
}

impl Addresses {
    /// Counts one more connection, or refuses it.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Admitted> {
        let address = network_of(peer);
        let mut counts = self.counts();
        let count = counts.entry(address).or_default();
        if *count >= CONNECTIONS_AN_ADDRESS {
            return None;
        }
        *count += 1;
        Some(Admitted { addresses: self.clone(), address })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut counts = self.addresses.counts();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// What one client has: an IPv4 address, or a /64 of IPv6 (RFC 6177).
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_network_has_its_own_bound() {
        let addresses = Addresses::default();
        let admit = |text: &str| addresses.admit(text.parse().unwrap());
        let held: Vec<_> = (0..CONNECTIONS_AN_ADDRESS).map_while(|_| admit("192.0.2.1")).collect();
        assert_eq!(held.len(), CONNECTIONS_AN_ADDRESS);
        assert!(admit("192.0.2.1").is_none() && admit("::ffff:192.0.2.1").is_none());
        assert!(admit("192.0.2.2").is_some());
        drop(held);
        assert!(addresses.counts().is_empty(), "who has no connection takes no memory");

        let held: Vec<_> = (0..CONNECTIONS_AN_ADDRESS).map_while(|_| admit("2001:db8::1")).collect();
        assert_eq!(held.len(), CONNECTIONS_AN_ADDRESS);
        assert!(admit("2001:db8::2").is_none() && admit("2001:db8:0:1::1").is_some());
    }
}
