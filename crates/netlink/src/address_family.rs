//! The two families of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddressFamily {
    Ipv4,
    Ipv6,
}

impl AddressFamily {
    /// The family of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> AddressFamily {
        if address.is_ipv4() { AddressFamily::Ipv4 } else { AddressFamily::Ipv6 }
    }

    /// `AF_INET` or `AF_INET6`, which netfilter calls `NFPROTO_IPV4` and `NFPROTO_IPV6`.
    pub(crate) fn number(self) -> u8 {
        match self {
            AddressFamily::Ipv4 => 2,
            AddressFamily::Ipv6 => 10,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<AddressFamily> {
        [AddressFamily::Ipv4, AddressFamily::Ipv6].into_iter().find(|family| family.number() == number)
    }

    /// An address of this family as the kernel has it, in network byte order.
    pub(crate) fn address(self, bytes: &[u8]) -> Option<IpAddr> {
        match self {
            AddressFamily::Ipv4 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).into()),
            AddressFamily::Ipv6 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into()),
        }
    }

    /// The address that stands for all of the family.
    pub(crate) fn unspecified(self) -> IpAddr {
        match self {
            AddressFamily::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
            AddressFamily::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
        }
    }
}

/// An address in network byte order.
pub(crate) fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
