//! The bridge that all pods of the node hang on.

use crate::{
    Error, MacAddress, Result,
    route::{Request, Route},
    survey::{Link, Survey},
};
use ipnet::Ipv4Net;

/// What an interface has where nothing else is known.
const ETHERNET_MTU: u32 = 1500;

/// How the bridge should be.
#[derive(Debug, Clone)]
pub struct Bridge {
    pub name: String,
    /// The node's own address on it, with the prefix of the pod CIDR: the node's route to its pods.
    pub address: Ipv4Net,
    pub mtu: u32,
}

impl Bridge {
    /// A bridge whose packets fit through the machine's way out.
    pub fn new(name: &str, address: Ipv4Net, survey: &Survey) -> Bridge {
        Bridge { name: name.to_owned(), address, mtu: survey.uplink_mtu().unwrap_or(ETHERNET_MTU) }
    }

    /// Makes it so: creates the bridge, or corrects one that an earlier run left. Returns its index.
    pub fn ensure(&self, route: &mut Route, survey: &Survey) -> Result<u32> {
        let existing = survey.link(&self.name);
        if existing.is_none() {
            route.apply(vec![Request::create_bridge(&self.name, self.mac(), self.mtu)])?;
        }
        let index = match existing {
            Some(link) => link.index,
            None => route.index_of(&self.name)?.ok_or_else(|| self.vanished())?,
        };
        let corrections = self.corrections(index, existing, survey.addresses_of(index))?;
        if !corrections.is_empty() {
            route.apply(corrections)?;
        }
        Ok(index)
    }

    /// What is missing or wrong. The hardware address is fixed: left alone, a bridge takes its lowest port's, and
    /// pods would lose their gateway whenever another one comes or goes.
    fn corrections(
        &self,
        index: u32,
        existing: Option<&Link>,
        addresses: impl Iterator<Item = Ipv4Net>,
    ) -> Result<Vec<Request>> {
        let mut requests = Vec::new();
        if let Some(link) = existing {
            if !link.is_bridge {
                return Err(Error::NotABridge { name: self.name.clone() });
            }
            if !link.is_up || link.mac != self.mac().0 || link.mtu != self.mtu {
                requests.push(Request::set_mac_and_mtu(&self.name, index, self.mac(), self.mtu));
            }
        }
        let (right, wrong): (Vec<_>, Vec<_>) = addresses.partition(|address| *address == self.address);
        requests.extend(wrong.into_iter().map(|address| Request::delete_address(&self.name, index, address)));
        if right.is_empty() {
            requests.push(Request::add_address(&self.name, index, self.address));
        }
        Ok(requests)
    }

    fn mac(&self) -> MacAddress {
        MacAddress::of(self.address.addr())
    }

    fn vanished(&self) -> Error {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        Error::kernel(format!("find the bridge {} just created", self.name), source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corrections(existing: Option<&Link>, addresses: &[&str]) -> Result<Vec<String>> {
        let bridge = Bridge { name: "minke0".to_owned(), address: "10.42.0.1/24".parse().unwrap(), mtu: 1500 };
        let addresses = addresses.iter().map(|address| address.parse().unwrap());
        Ok(bridge.corrections(7, existing, addresses)?.into_iter().map(|request| request.action).collect())
    }

    fn link() -> Link {
        let mac = vec![0x0a, 0x58, 10, 42, 0, 1];
        Link { index: 7, name: "minke0".to_owned(), is_bridge: true, is_up: true, mac, mtu: 1500 }
    }

    #[test]
    fn only_what_is_wrong_is_corrected() {
        let up = "set minke0 up with the address 0a:58:0a:2a:00:01";
        let add = "give minke0 the address 10.42.0.1/24";
        let cases: &[(Option<Link>, &[&str], &[&str])] = &[
            (None, &[], &[add]),
            (Some(link()), &["10.42.0.1/24"], &[]),
            (Some(link()), &[], &[add]),
            (Some(Link { is_up: false, ..link() }), &["10.42.0.1/24"], &[up]),
            (Some(Link { mtu: 1400, ..link() }), &["10.42.0.1/24"], &[up]),
            (Some(Link { mac: vec![2; 6], ..link() }), &["10.42.0.1/24"], &[up]),
            (
                Some(link()),
                &["10.44.0.1/24", "10.42.0.1/16"],
                &["take the address 10.44.0.1/24 from minke0", "take the address 10.42.0.1/16 from minke0", add],
            ),
        ];
        for (existing, addresses, expected) in cases {
            assert_eq!(corrections(existing.as_ref(), addresses).unwrap(), *expected, "{existing:?} {addresses:?}");
        }
    }

    #[test]
    fn another_kind_of_device_is_left_alone() {
        let error = corrections(Some(&Link { is_bridge: false, ..link() }), &[]).unwrap_err();
        assert!(error.to_string().starts_with("network device minke0 exists and is no bridge"), "{error}");
    }
}
