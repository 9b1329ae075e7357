//! The network files of a pod, rendered as the kubelet and containerd render them. Pure: the caller reads the node's
//! files and writes the pod's.

mod hostname;
pub mod hosts;
mod resolv_conf;

pub use hostname::PodHostname;
pub use resolv_conf::{About, ClusterDns, ResolvConf};
