//! Where the API server listens, and how it is reached.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The port of the API server.
const PORT: u16 = 6443;

pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Where the API server listens.
pub enum Listen {
    /// On one address.
    At(SocketAddr),
    /// On loopback and the machine's own addresses.
    Everywhere,
}

impl Listen {
    /// The addresses, on a machine that has these of its own.
    pub fn addresses(&self, own: &[IpAddr]) -> Vec<SocketAddr> {
        match self {
            Self::At(address) => vec![*address],
            Self::Everywhere => {
                let own = own.iter().copied().filter(|ip| !ip.is_loopback());
                std::iter::once(LOOPBACK).chain(own).map(|ip| SocketAddr::new(ip, PORT)).collect()
            }
        }
    }
}

/// How a client on this machine reaches what listens on this address.
pub fn from_here(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(LOOPBACK),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// How pods reach what listens on this address of a machine with these of its own, if they can.
pub fn from_pods(address: SocketAddr, own: &[IpAddr]) -> Vec<SocketAddr> {
    let all = if address.ip().is_unspecified() {
        own.iter().copied().filter(|ip| address.is_ipv6() || ip.is_ipv4()).collect()
    } else {
        vec![address.ip()]
    };
    let reached = all.into_iter().filter(|ip| !ip.is_loopback());
    reached.map(|ip| SocketAddr::new(ip, address.port())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_reach_what_is_not_on_loopback() {
        let own = ["192.0.2.7".parse().unwrap(), "fd00::7".parse().unwrap()];
        for (listen, expected) in [
            ("127.0.0.1:6443", vec![]),
            ("[::1]:6443", vec![]),
            ("0.0.0.0:6443", vec!["192.0.2.7:6443"]),
            ("[::]:6443", vec!["192.0.2.7:6443", "[fd00::7]:6443"]),
            ("192.0.2.1:7000", vec!["192.0.2.1:7000"]),
        ] {
            let expected: Vec<SocketAddr> = expected.into_iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(from_pods(listen.parse().unwrap(), &own), expected, "{listen}");
        }
    }

    #[test]
    fn who_listens_everywhere_is_reached_on_loopback() {
        for (listen, expected) in
            [("0.0.0.0:7000", "127.0.0.1:7000"), ("[::]:7000", "[::1]:7000"), ("192.0.2.1:7000", "192.0.2.1:7000")]
        {
            assert_eq!(from_here(listen.parse().unwrap()), expected.parse().unwrap(), "{listen}");
        }
    }

    #[test]
    fn everywhere_is_loopback_and_the_machines_own_addresses() {
        for (own, expected) in [
            (&[][..], &["127.0.0.1:6443"][..]),
            (&["127.0.0.1"], &["127.0.0.1:6443"]),
            (&["192.0.2.7", "2001:db8::7"], &["127.0.0.1:6443", "192.0.2.7:6443", "[2001:db8::7]:6443"]),
        ] {
            let own: Vec<IpAddr> = own.iter().map(|ip| ip.parse().unwrap()).collect();
            let expected: Vec<SocketAddr> = expected.iter().map(|address| address.parse().unwrap()).collect();
            assert_eq!(Listen::Everywhere.addresses(&own), expected);
        }
    }
}
