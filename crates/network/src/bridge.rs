//! The bridge that all pods of the node hang on.

use crate::{Error, Result, hardware_address, survey::Survey};
use ipnet::IpNet;
use netlink::{
    MacAddress, Request,
    rtnetlink::{Address, Device, Link, NewLink, Rtnetlink, set_mac_and_mtu},
};

/// What an interface has where nothing else is known.
const ETHERNET_MTU: u32 = 1500;

/// How the bridge should be.
#[derive(Debug, Clone)]
pub struct Bridge {
    pub name: String,
    /// The node's own addresses on it, with the prefixes of the pod CIDRs: the node's routes to its pods.
    pub addresses: Vec<IpNet>,
    pub mac: MacAddress,
    pub mtu: u32,
}

impl Bridge {
    /// A bridge whose packets fit through the machine's ways out. The hardware address is fixed: left alone, a bridge
    /// takes its lowest port's, and pods would lose their gateway whenever another one comes or goes.
    pub fn new(name: &str, addresses: Vec<IpNet>, survey: &Survey) -> Bridge {
        let mac =
            addresses.first().map_or(MacAddress([0x0a, 0x58, 0, 0, 0, 1]), |first| hardware_address(first.addr()));
        Bridge { name: name.to_owned(), addresses, mac, mtu: survey.uplink_mtu().unwrap_or(ETHERNET_MTU) }
    }

    /// Makes it so: creates the bridge, or corrects one that an earlier run left. Returns its index.
    pub fn ensure(&self, netlink: &mut Rtnetlink, survey: &Survey) -> Result<u32> {
        let existing = survey.link(&self.name);
        let index = match existing {
            Some(link) => link.index,
            None => self.create(netlink)?,
        };
        netlink.apply(&self.corrections(index, existing, survey.addresses_of(index))?)?;
        Ok(index)
    }

    fn create(&self, netlink: &mut Rtnetlink) -> Result<u32> {
        let device = Device::Bridge;
        let bridge = NewLink { name: &self.name, mac: Some(self.mac), mtu: self.mtu, controller: None, device };
        netlink.apply(&[bridge.create()])?;
        netlink.link(&self.name)?.map(|link| link.index).ok_or_else(|| {
            let source = std::io::Error::from(std::io::ErrorKind::NotFound);
            Error::kernel(format!("find the bridge {} just created", self.name), source)
        })
    }

    /// What is missing or wrong. Link-local addresses are the kernel's own.
    fn corrections(
        &self,
        interface: u32,
        existing: Option<&Link>,
        addresses: impl Iterator<Item = IpNet>,
    ) -> Result<Vec<Request>> {
        let mut requests = Vec::new();
        if let Some(link) = existing {
            if link.kind != "bridge" {
                return Err(Error::NotABridge { name: self.name.clone() });
            }
            if !link.is_up || link.mac != self.mac.0 || link.mtu != self.mtu {
                requests.push(set_mac_and_mtu(&self.name, interface, self.mac, self.mtu));
            }
        }
        let ours = addresses.filter(|address| !is_link_local(*address));
        let (right, wrong): (Vec<_>, Vec<_>) = ours.partition(|address| self.addresses.contains(address));
        let missing = self.addresses.iter().filter(|address| !right.contains(address));
        let on_bridge = |address| Address { interface, address };
        requests.extend(wrong.into_iter().map(|address| on_bridge(address).delete(&self.name)));
        requests.extend(missing.map(|address| on_bridge(*address).add(&self.name)));
        Ok(requests)
    }
}

fn is_link_local(address: IpNet) -> bool {
    matches!(address, IpNet::V6(address) if address.addr().is_unicast_link_local())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corrections(existing: Option<&Link>, addresses: &[&str]) -> Result<Vec<String>> {
        let own = ["10.42.0.1/24", "fd42::1/64"].map(|address| address.parse().unwrap());
        let bridge = Bridge::new("minke0", own.to_vec(), &Survey::default());
        let addresses = addresses.iter().map(|address| address.parse().unwrap());
        Ok(bridge.corrections(7, existing, addresses)?.into_iter().map(|request| request.action).collect())
    }

    fn link() -> Link {
        let mac = vec![0x0a, 0x58, 10, 42, 0, 1];
        Link { index: 7, name: "minke0".to_owned(), kind: "bridge".to_owned(), is_up: true, mac, mtu: 1500 }
    }

    #[test]
    fn only_what_is_wrong_is_corrected() {
        let up = "set minke0 up with the address 0a:58:0a:2a:00:01";
        let add = "give minke0 the address 10.42.0.1/24";
        let add_ipv6 = "give minke0 the address fd42::1/64";
        let right = ["10.42.0.1/24", "fd42::1/64", "fe80::1/64"];
        let cases: &[(Option<Link>, &[&str], &[&str])] = &[
            (None, &[], &[add, add_ipv6]),
            (Some(link()), &right, &[]),
            (Some(link()), &[], &[add, add_ipv6]),
            (Some(link()), &["10.42.0.1/24"], &[add_ipv6]),
            (Some(Link { is_up: false, ..link() }), &right, &[up]),
            (Some(Link { mtu: 1400, ..link() }), &right, &[up]),
            (Some(Link { mac: vec![2; 6], ..link() }), &right, &[up]),
            (
                Some(link()),
                &["10.44.0.1/24", "10.42.0.1/16", "fd42::1/64", "fd44::1/64"],
                &[
                    "take the address 10.44.0.1/24 from minke0",
                    "take the address 10.42.0.1/16 from minke0",
                    "take the address fd44::1/64 from minke0",
                    add,
                ],
            ),
        ];
        for (existing, addresses, expected) in cases {
            assert_eq!(corrections(existing.as_ref(), addresses).unwrap(), *expected, "{existing:?} {addresses:?}");
        }
    }

    #[test]
    fn another_kind_of_device_is_left_alone() {
        let error = corrections(Some(&Link { kind: String::new(), ..link() }), &[]).unwrap_err();
        assert!(error.to_string().starts_with("network device minke0 exists and is no bridge"), "{error}");
    }
}
