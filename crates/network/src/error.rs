//! What can go wrong in the pod network: what failed, on what, and the remedy.

use ipnet::Ipv4Net;
use std::{io, net::Ipv4Addr, path::PathBuf};

/// An error of the pod network.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel refused a netlink request for want of `CAP_NET_ADMIN`.
    #[error("cannot {action}: not permitted; run minke as root (it needs CAP_NET_ADMIN)")]
    NotPermitted { action: String },
    /// The kernel lacks what a netlink request asks for.
    #[error(
        "cannot {action}: this kernel lacks it; load the module (modprobe -a bridge veth nf_tables nft_masq) or enable it"
    )]
    Unsupported { action: String },
    /// The kernel refused a netlink request for another reason.
    #[error("cannot {action}: {source}")]
    Kernel { action: String, source: io::Error },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    /// The name of the bridge belongs to a network device that is no bridge.
    #[error("network device {name} exists and is no bridge; rename or delete it, or use another --data-dir")]
    NotABridge { name: String },
    /// The pod CIDR has no room for a gateway and a pod.
    #[error("pod CIDR {cidr} is too small: it needs room for a gateway and at least one pod (/30 or shorter)")]
    CidrTooSmall { cidr: Ipv4Net },
    /// The CIDR that the user asked for is routed to another interface.
    #[error(
        "{flag} {requested} overlaps {network}, which interface {interface} already routes; \
         choose another {flag}, or leave it out and minke takes a free one"
    )]
    CidrTaken { flag: &'static str, requested: Ipv4Net, network: Ipv4Net, interface: String },
    /// The CIDR that the user asked for has addresses that no pod can have.
    #[error(
        "{flag} {requested} is reserved for loopback, multicast or other uses; choose a private network (RFC 1918)"
    )]
    CidrReserved { flag: &'static str, requested: Ipv4Net },
    /// None of the default CIDRs is free.
    #[error("no free private network is left for {flag}; name one with {flag}")]
    NoFreeCidr { flag: &'static str },
    /// Every pod address of the node is in use.
    #[error(
        "no free pod address left in {cidr}: all {size} are in use; delete pods, or start with a larger --pod-cidr"
    )]
    AddressesExhausted { cidr: Ipv4Net, size: usize },
    /// Another pod has the address that a pod was recorded with.
    #[error("address {address} of pod {pod_uid} is not usable: {reason}")]
    AddressUnusable { address: Ipv4Addr, pod_uid: String, reason: &'static str },
}

impl Error {
    /// Sorts the kernel's refusal of `action` ("create the bridge minke0") by what the user can do about it.
    pub(crate) fn kernel(action: impl Into<String>, source: impl Into<io::Error>) -> Error {
        let (action, source) = (action.into(), source.into());
        match source.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::PERM | rustix::io::Errno::ACCESS) => Error::NotPermitted { action },
            Some(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::AFNOSUPPORT | rustix::io::Errno::PROTONOSUPPORT) => {
                Error::Unsupported { action }
            }
            _ => Error::Kernel { action, source },
        }
    }

    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Error {
        Error::File { action, path: path.into(), source: source.into() }
    }
}
