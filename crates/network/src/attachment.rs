//! A pod's way onto the bridge: the veth pair, and the pod's end of it set up inside the pod's namespace.

use crate::{Error, PodAddress, Result, hardware_address, sysctl};
use ipnet::IpNet;
use netlink::{
    AddressFamily, Request,
    rtnetlink::{Address, Device, LOOPBACK, NewLink, NewRoute, Rtnetlink, delete_link, ignore_missing, set_up},
};
use rustix::{io::Errno, thread::LinkNameSpaceType};
use sha2::{Digest, Sha256};
use std::os::fd::BorrowedFd;

/// The pod's interface, by the name that CNI gives it.
const POD_INTERFACE: &str = "eth0";

/// What a pod is attached to and with.
pub struct Attachment<'a> {
    pub host_name: String,
    pub bridge: u32,
    pub mtu: u32,
    /// One of each family, the preferred one's first.
    pub addresses: &'a [PodAddress],
    pub namespace: BorrowedFd<'a>,
}

impl Attachment<'_> {
    /// Makes the pair. Nothing has to be undone when the rest fails: the kernel drops the pair with the pod's
    /// namespace, and a pair left by an attempt before is replaced.
    pub fn create_pair(&self, netlink: &mut Rtnetlink) -> Result<()> {
        let Some(first) = self.addresses.first() else { return Ok(()) };
        let device = Device::Veth {
            peer_name: POD_INTERFACE,
            peer_mac: hardware_address(first.ip),
            peer_namespace: self.namespace,
        };
        let pair =
            NewLink { name: &self.host_name, mac: None, mtu: self.mtu, controller: Some(self.bridge), device }.create();
        match netlink.apply(std::slice::from_ref(&pair)) {
            Err(error) if error.errno() == Some(Errno::EXIST) => {
                // Rare and slow (16 ms): a sandbox of the same pod before this one, not yet gone or not set up.
                ignore_missing(netlink.apply(&[delete_link(&self.host_name)]))?;
                Ok(netlink.apply(&[pair])?)
            }
            outcome => Ok(outcome?),
        }
    }

    /// Sets up the pod's end. The calling thread is in the pod's namespace from then on, which is for good: nothing
    /// else must ever run on it.
    pub fn enter_and_set_up(&self) -> Result<()> {
        rustix::thread::move_into_link_name_space(self.namespace, Some(LinkNameSpaceType::Network))
            .map_err(|error| Error::kernel("enter the pod's network namespace", error))?;
        let mut netlink = Rtnetlink::open()?;
        let interface = netlink.link(POD_INTERFACE)?.map(|link| link.index).ok_or_else(|| {
            let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
            Error::kernel("find eth0 in the pod's network namespace", gone)
        })?;
        let has_ipv6 = self.addresses.iter().any(|address| AddressFamily::of(address.ip) == AddressFamily::Ipv6);
        sysctl::prepare_pod(POD_INTERFACE, has_ipv6)?;
        netlink.apply(&changes_inside(interface, self.addresses))?;
        Ok(netlink.settle(POD_INTERFACE)?)
    }
}

/// What is done in the pod's namespace. Each address is alone in its network, so that all of the pod's packets go over
/// the node, where they are tracked.
fn changes_inside(interface: u32, addresses: &[PodAddress]) -> Vec<Request> {
    let give = |pod: &PodAddress| Address { interface, address: IpNet::from(pod.ip) }.add(POD_INTERFACE);
    let route = |pod: &PodAddress| NewRoute::everything(interface, pod.gateway).add();
    let mut changes = vec![set_up("lo", LOOPBACK)];
    changes.extend(addresses.iter().map(give));
    changes.push(set_up(POD_INTERFACE, interface));
    changes.extend(addresses.iter().map(route));
    changes
}

/// The name of the node's end: the same for the same pod of the same instance, no other's, at most 15 characters.
pub fn host_interface(bridge: &str, pod_uid: &str) -> String {
    let digest = Sha256::new().chain_update(bridge).chain_update([0]).chain_update(pod_uid).finalize();
    digest.iter().take(5).fold("veth".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_interfaces_differ_by_pod_and_by_instance_and_fit() {
        let name = host_interface("minke0", "6f1e1e9c-7f3f-4b43-a4ad-1f0d3f5f0b11");
        assert_eq!(name, host_interface("minke0", "6f1e1e9c-7f3f-4b43-a4ad-1f0d3f5f0b11"));
        assert_ne!(name, host_interface("minke0", "6f1e1e9c-7f3f-4b43-a4ad-1f0d3f5f0b12"));
        assert_ne!(name, host_interface("mk01234567", "6f1e1e9c-7f3f-4b43-a4ad-1f0d3f5f0b11"));
        assert!(name.len() <= 15, "{name}");
    }

    #[test]
    fn every_family_gets_an_address_and_a_way_out() {
        let pod = |ip: &str, gateway: &str| PodAddress { ip: ip.parse().unwrap(), gateway: gateway.parse().unwrap() };
        let (v4, v6) = (pod("10.42.0.7", "10.42.0.1"), pod("fd42::7", "fd42::1"));
        let cases: [(&[PodAddress], &[&str]); 2] = [
            (&[v4], &["set lo up", "give eth0 the address 10.42.0.7/32", "set eth0 up", "route all through 10.42.0.1"]),
            (
                &[v6, v4],
                &[
                    "set lo up",
                    "give eth0 the address fd42::7/128",
                    "give eth0 the address 10.42.0.7/32",
                    "set eth0 up",
                    "route all through fd42::1",
                    "route all through 10.42.0.1",
                ],
            ),
        ];
        for (addresses, expected) in cases {
            let actions: Vec<_> = changes_inside(2, addresses).into_iter().map(|change| change.action).collect();
            assert_eq!(actions, expected);
        }
    }
}
