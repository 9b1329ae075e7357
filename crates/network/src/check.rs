//! What the pod network needs of this machine's kernel, tried out in a network namespace that goes with its thread.

use crate::{Cidrs, Error, Result, hardware_address, masquerade};
use netlink::{
    MacAddress,
    nftables::Nftables,
    rtnetlink::{Device, NewLink, Rtnetlink},
};
use rustix::thread::UnshareFlags;
use std::{
    fs::File,
    net::{IpAddr, Ipv4Addr},
    os::fd::AsFd,
};

/// A feature of the kernel.
#[derive(Debug)]
pub struct Feature {
    /// What it is, such as `bridge devices`.
    pub name: &'static str,
    /// The kernel modules that have it, for modprobe(8).
    pub modules: &'static str,
    /// Whether it works, or what the kernel says instead.
    pub outcome: Result<()>,
}

/// The name of bridge and table in the trial.
const TRIAL: &str = "trial";
/// The network namespace of the thread that opens it.
const NAMESPACE: &str = "/proc/thread-self/ns/net";
const MTU: u32 = 1500;
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// Tries all of it; the machine's own network is not touched. The kernel loads the modules that it has.
#[must_use]
pub fn features() -> Vec<Feature> {
    // A thread of its own, because it does not come back from the namespace.
    std::thread::scope(|scope| scope.spawn(trials).join()).unwrap_or_default()
}

#[allow(unsafe_code, reason = "namespaces are made with unshare(2)")]
fn trials() -> Vec<Feature> {
    // SAFETY: no descriptor table is unshared, so no thread loses sight of another's descriptors.
    let unshared = unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) };
    if unshared.is_err() {
        // The check of the container runtime tells.
        return Vec::new();
    }
    vec![
        Feature { name: "bridge devices", modules: "bridge", outcome: bridge() },
        Feature { name: "veth devices", modules: "veth", outcome: veth() },
        Feature { name: "nf_tables with masquerade", modules: "nf_tables nft_chain_nat nft_masq", outcome: rules() },
    ]
}

fn bridge() -> Result<()> {
    make(TRIAL, Some(hardware_address(ADDRESS)), Device::Bridge)
}

fn veth() -> Result<()> {
    let namespace = File::open(NAMESPACE);
    let namespace = namespace.map_err(|error| Error::file("open", NAMESPACE, error))?;
    let (peer_name, peer_mac) = ("trial-peer", hardware_address(ADDRESS));
    make("trial-veth", None, Device::Veth { peer_name, peer_mac, peer_namespace: namespace.as_fd() })
}

fn make(name: &str, mac: Option<MacAddress>, device: Device) -> Result<()> {
    Ok(Rtnetlink::open()?.apply(&[NewLink { name, mac, mtu: MTU, controller: None, device }.create()])?)
}

fn rules() -> Result<()> {
    masquerade::install(&mut Nftables::open()?, TRIAL, &Cidrs::one(ADDRESS.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_runs_these_tests_has_all_of_it() {
        let features = features();
        assert_eq!(features.len(), 3);
        for feature in features {
            assert!(feature.outcome.is_ok(), "{feature:?}");
        }
    }
}
