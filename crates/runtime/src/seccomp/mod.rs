//! Which system calls a container may make.

use oci_spec::runtime::{Capability, LinuxSeccomp};

/// The profile of Kubernetes' `RuntimeDefault`: what containers need, and what their capabilities (the bounding set)
/// add to it.
#[must_use]
pub fn default_profile(_capabilities: &[Capability]) -> LinuxSeccomp {
    LinuxSeccomp::default()
}
