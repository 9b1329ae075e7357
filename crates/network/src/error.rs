//! What can go wrong in the pod network: what failed, on what, and the remedy.

use ipnet::IpNet;
use rustix::io::Errno;
use std::{io, net::IpAddr, path::PathBuf};

/// An error of the pod network.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel refused a netlink request for want of `CAP_NET_ADMIN`.
    #[error("{0}; run minke as root (it needs CAP_NET_ADMIN)")]
    NotPermitted(netlink::Error),
    /// The kernel lacks what a netlink request asks for.
    #[error("{0}; load the kernel modules (modprobe -a bridge veth nf_tables nft_masq) or use a kernel that has them")]
    Unsupported(netlink::Error),
    /// The kernel refused a netlink request for another reason.
    #[error(transparent)]
    Netlink(netlink::Error),
    /// The kernel refused something else.
    #[error("cannot {action}: {source}")]
    Kernel { action: String, source: io::Error },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    /// The name of the bridge belongs to a network device that is no bridge.
    #[error("network device {name} exists and is no bridge; rename or delete it, or use another --data-dir")]
    NotABridge { name: String },
    /// The pod CIDR has no room for a gateway and a pod.
    #[error("pod CIDR {cidr} is too small: it needs room for a gateway and at least one pod (two bits or more)")]
    CidrTooSmall { cidr: IpNet },
    /// The CIDR that the user asked for is routed to another interface.
    #[error(
        "{flag} {requested} overlaps {network}, which interface {interface} already routes; \
         choose another {flag}, or leave it out and minke takes a free one"
    )]
    CidrTaken { flag: &'static str, requested: IpNet, network: IpNet, interface: String },
    /// The CIDR that the user asked for has addresses that no pod can have.
    #[error(
        "{flag} {requested} is reserved for loopback, multicast or other uses; \
         choose a private network (RFC 1918, RFC 4193)"
    )]
    CidrReserved { flag: &'static str, requested: IpNet },
    /// None of the default CIDRs is free.
    #[error("no free private network is left for {flag}; name one with {flag}")]
    NoFreeCidr { flag: &'static str },
    /// Every pod address of the node is in use.
    #[error(
        "no free pod address left in {cidr}: all {size} are in use; delete pods, or start with a larger --pod-cidr"
    )]
    AddressesExhausted { cidr: IpNet, size: usize },
    /// Another pod has the address that a pod was recorded with.
    #[error("address {address} of pod {pod_uid} is not usable: {reason}")]
    AddressUnusable { address: IpAddr, pod_uid: String, reason: &'static str },
}

impl Error {
    pub(crate) fn kernel(action: impl Into<String>, source: impl Into<io::Error>) -> Error {
        Error::Kernel { action: action.into(), source: source.into() }
    }

    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Error {
        Error::File { action, path: path.into(), source: source.into() }
    }
}

/// Sorts the kernel's refusals by what the user can do about them.
impl From<netlink::Error> for Error {
    fn from(error: netlink::Error) -> Error {
        match error.errno() {
            Some(Errno::PERM) => Error::NotPermitted(error),
            Some(Errno::OPNOTSUPP | Errno::AFNOSUPPORT | Errno::PROTONOSUPPORT) => Error::Unsupported(error),
            _ => Error::Netlink(error),
        }
    }
}
