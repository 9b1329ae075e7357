//! The network files of a pod, rendered as the kubelet and containerd render them. Pure: the caller reads the node's
//! files and writes the pod's.

pub mod hostname;
pub mod hosts;
pub mod resolv_conf;

pub use hostname::PodHostname;
pub use resolv_conf::{ClusterDns, ResolvConf, Warning};
