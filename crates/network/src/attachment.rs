//! A pod's way onto the bridge: the veth pair, and the pod's end of it set up inside the pod's namespace.

use crate::{
    Error, MacAddress, Result,
    route::{self, LOOPBACK, Request, Route, Veth},
};
use ipnet::Ipv4Net;
use rustix::{io::Errno, thread::LinkNameSpaceType};
use sha2::{Digest, Sha256};
use std::{net::Ipv4Addr, os::fd::BorrowedFd};

/// The pod's interface, by the name that CNI gives it.
const POD_INTERFACE: &str = "eth0";

/// What a pod is attached to and with.
pub struct Attachment<'a> {
    pub host_name: String,
    pub bridge: u32,
    pub mtu: u32,
    pub address: Ipv4Addr,
    pub gateway: Ipv4Addr,
    pub namespace: BorrowedFd<'a>,
}

impl Attachment<'_> {
    /// Makes the pair. Nothing has to be undone when the rest fails: the kernel drops the pair with the pod's
    /// namespace, and a pair left by an attempt before is replaced.
    pub fn create_pair(&self, route: &mut Route) -> Result<()> {
        match route.apply(vec![self.veth()]) {
            Err(Error::Kernel { source, .. }) if route::is(&source, Errno::EXIST) => {
                // Rare and slow (16 ms): a sandbox of the same pod before this one, not yet gone or not set up.
                route.apply(vec![Request::delete_link(&self.host_name)]).or_else(ignore_missing)?;
                route.apply(vec![self.veth()])
            }
            outcome => outcome,
        }
    }

    /// Sets up the pod's end. The calling thread is in the pod's namespace from then on, which is for good: nothing
    /// else must ever run on it.
    pub fn enter_and_set_up(&self) -> Result<()> {
        rustix::thread::move_into_link_name_space(self.namespace, Some(LinkNameSpaceType::Network))
            .map_err(|error| Error::kernel("enter the pod's network namespace", error))?;
        let mut route = Route::open()?;
        let index = route.index_of(POD_INTERFACE)?.ok_or_else(|| {
            let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
            Error::kernel("find eth0 in the pod's network namespace", gone)
        })?;
        route.apply(vec![
            Request::set_up("lo", LOOPBACK),
            Request::add_address(POD_INTERFACE, index, Ipv4Net::from(self.address)),
            Request::set_up(POD_INTERFACE, index),
            Request::add_default_route(index, self.gateway),
        ])?;
        route.settle(POD_INTERFACE)
    }

    fn veth(&self) -> Request {
        Request::create_veth(&Veth {
            host_name: &self.host_name,
            bridge: self.bridge,
            peer_name: POD_INTERFACE,
            peer_namespace: self.namespace,
            peer_mac: MacAddress::of(self.address),
            mtu: self.mtu,
        })
    }
}

/// The name of the node's end: the same for the same pod of the same instance, no other's, at most 15 characters.
pub fn host_interface(bridge: &str, pod_uid: &str) -> String {
    let digest = Sha256::new().chain_update(bridge).chain_update([0]).chain_update(pod_uid).finalize();
    digest.iter().take(5).fold("veth".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

fn ignore_missing(error: Error) -> Result<()> {
    match error {
        Error::Kernel { source, .. } if route::is(&source, Errno::NODEV) => Ok(()),
        error => Err(error),
    }
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
}
