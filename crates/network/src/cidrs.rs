//! One range of addresses of a family, or one of each: what `--pod-cidr` and `--service-cidr` say.

use ipnet::IpNet;
use netlink::AddressFamily;
use serde::Deserialize;
use std::{fmt, net::IpAddr, str::FromStr};

/// One or two networks, no two of a family; the first one's family is the cluster's preferred one. Written with commas
/// between them, as upstream's `--cluster-cidr`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cidrs(Vec<IpNet>);

/// Why a text does not name networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCidrs {
    #[error("{0:?} has no prefix length; write a network as 10.42.0.0/16 or fd42::/48")]
    NoPrefix(String),
    #[error("{address:?} is no IP address; write a network as 10.42.0.0/16 or fd42::/48")]
    NoAddress { address: String },
    #[error("/{prefix} is no prefix length of {address}: it is a number from 0 to {longest}")]
    NoPrefixLength { prefix: String, address: IpAddr, longest: u8 },
    #[error("{first} and {second} are of one family; name one network of IPv4, one of IPv6, or one of each")]
    SameFamily { first: IpNet, second: IpNet },
}

impl Cidrs {
    pub(crate) fn one(network: IpNet) -> Cidrs {
        Cidrs(vec![network.trunc()])
    }

    pub(crate) fn map_each<E>(&self, change: impl FnMut(IpNet) -> Result<IpNet, E>) -> Result<Cidrs, E> {
        self.iter().map(change).collect::<Result<_, E>>().map(Cidrs)
    }

    /// The networks, the preferred family's first.
    pub fn iter(&self) -> impl Iterator<Item = IpNet> {
        self.0.iter().copied()
    }

    /// Their families, in the same order.
    pub fn families(&self) -> impl Iterator<Item = AddressFamily> {
        self.iter().map(|network| AddressFamily::of(network.addr()))
    }

    /// The first address of each that an interface can have.
    pub fn first_addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.iter().map(first_address)
    }
}

/// The address after the network's own; of a network of one address, that one.
pub(crate) fn first_address(network: IpNet) -> IpAddr {
    let mut hosts = network.hosts();
    let first = match network {
        // Of IPv6 the address of the network itself belongs to all routers (RFC 4291, section 2.6.1).
        IpNet::V6(_) if network.prefix_len() < network.max_prefix_len() => hosts.nth(1),
        _ => hosts.next(),
    };
    first.unwrap_or_else(|| network.addr())
}

impl FromStr for Cidrs {
    type Err = NoCidrs;

    fn from_str(text: &str) -> Result<Cidrs, NoCidrs> {
        let networks: Vec<IpNet> = text.split(',').map(|part| network(part.trim())).collect::<Result<_, _>>()?;
        let family = |network: &IpNet| AddressFamily::of(network.addr());
        for (place, second) in networks.iter().enumerate() {
            let before = networks.iter().take(place);
            if let Some(first) = before.into_iter().find(|first| family(first) == family(second)) {
                return Err(NoCidrs::SameFamily { first: *first, second: *second });
            }
        }
        Ok(Cidrs(networks))
    }
}

fn network(text: &str) -> Result<IpNet, NoCidrs> {
    let (address, prefix) = text.split_once('/').ok_or_else(|| NoCidrs::NoPrefix(text.to_owned()))?;
    let no_address = |_| NoCidrs::NoAddress { address: address.to_owned() };
    let address: IpAddr = address.parse().map_err(no_address)?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let network = prefix.parse().ok().and_then(|prefix| IpNet::new(address, prefix).ok());
    let network = network.ok_or_else(|| NoCidrs::NoPrefixLength { prefix: prefix.to_owned(), address, longest })?;
    Ok(network.trunc())
}

impl TryFrom<String> for Cidrs {
    type Error = NoCidrs;

    fn try_from(text: String) -> Result<Cidrs, NoCidrs> {
        text.parse()
    }
}

impl fmt::Display for Cidrs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_as_upstream_writes_them() {
        for (text, read, first) in [
            ("10.42.3.4/16", "10.42.0.0/16", "10.42.0.1"),
            ("fd42::/48", "fd42::/48", "fd42::1"),
            ("10.42.0.0/16, fd42::9/48", "10.42.0.0/16,fd42::/48", "10.42.0.1"),
            ("fd42::/48,10.42.0.0/16", "fd42::/48,10.42.0.0/16", "fd42::1"),
            ("192.0.2.7/32", "192.0.2.7/32", "192.0.2.7"),
        ] {
            let cidrs: Cidrs = text.parse().unwrap();
            assert_eq!(cidrs.to_string(), read);
            assert_eq!(cidrs.first_addresses().next().unwrap().to_string(), first);
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, said) in [
            ("10.42.0.0/33", "/33 is no prefix length of 10.42.0.0: it is a number from 0 to 32"),
            ("fd42::/129", "/129 is no prefix length of fd42::: it is a number from 0 to 128"),
            ("10.42.0.0/", "/ is no prefix length of 10.42.0.0: it is a number from 0 to 32"),
            ("/33", "\"\" is no IP address; write a network as 10.42.0.0/16 or fd42::/48"),
            ("10.42/16", "\"10.42\" is no IP address; write a network as 10.42.0.0/16 or fd42::/48"),
            ("10.42.0.0", "\"10.42.0.0\" has no prefix length; write a network as 10.42.0.0/16 or fd42::/48"),
            ("", "\"\" has no prefix length; write a network as 10.42.0.0/16 or fd42::/48"),
            (
                "10.1.0.0/16,10.2.0.0/16",
                "10.1.0.0/16 and 10.2.0.0/16 are of one family; name one network of IPv4, one of IPv6, or one of each",
            ),
        ] {
            assert_eq!(text.parse::<Cidrs>().unwrap_err().to_string(), said);
        }
    }
}
