//! Who the container's process is and what it may do.

use super::failure::{Explain, Result};
use oci_spec::runtime::{Capabilities, LinuxCapabilities, PosixRlimitType, Process};
use rustix::{
    process::{Gid, Resource, Rlimit, Uid},
    thread::{CapabilitySet, CapabilitySets},
};
use std::io::ErrorKind;

/// Sets the resource limits. Raising a hard limit takes `CAP_SYS_RESOURCE`; where the machine does not give it, the
/// limit stays and a warning says so.
pub fn limit(process: &Process, warnings: &mut Vec<String>) -> Result<()> {
    for limit in process.rlimits().iter().flatten() {
        let number = |value: u64| if value == u64::MAX { None } else { Some(value) };
        let wanted = Rlimit { current: number(limit.soft()), maximum: number(limit.hard()) };
        match rustix::process::setrlimit(resource(limit.typ()), wanted).map_err(std::io::Error::from) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                warnings
                    .push(format!("{:?} cannot be raised without CAP_SYS_RESOURCE: it stays as it is", limit.typ()));
            }
            result => result.explain(|| format!("set {:?}", limit.typ()))?,
        }
    }
    Ok(())
}

/// Takes the user, the groups and the capabilities of the specification. The order is the kernel's: what is dropped
/// from the bounding set needs `CAP_SETPCAP`, and a change of the user would clear the permitted set. A capability that
/// this process does not have itself is none it could give: the container goes without, and a warning says so.
pub fn assume(process: &Process, warnings: &mut Vec<String>) -> Result<()> {
    let none = Capabilities::new();
    let own = rustix::thread::capabilities(None).explain(|| "read the capabilities".to_owned())?.permitted;
    let capabilities = process.capabilities().as_ref();
    let set = |named: Option<&Option<Capabilities>>| set_of(named.and_then(Option::as_ref).unwrap_or(&none));
    let bounding = set(capabilities.map(LinuxCapabilities::bounding));
    for number in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        if bounding.contains(capability) {
            continue;
        }
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            // The kernel knows no capability of this number.
            Err(rustix::io::Errno::INVAL) => break,
            result => result.explain(|| format!("drop capability {number} from the bounding set"))?,
        }
    }
    let user = process.user();
    let groups: Vec<Gid> = user.additional_gids().iter().flatten().map(|gid| Gid::from_raw(*gid)).collect();
    let (uid, gid) = (Uid::from_raw(user.uid()), Gid::from_raw(user.gid()));
    rustix::thread::set_keep_capabilities(true)
        .and_then(|()| rustix::thread::set_thread_groups(&groups))
        .and_then(|()| rustix::thread::set_thread_res_gid(gid, gid, gid))
        .and_then(|()| rustix::thread::set_thread_res_uid(uid, uid, uid))
        .and_then(|()| rustix::thread::set_keep_capabilities(false))
        .explain(|| format!("become user {}, group {}, groups {groups:?}", user.uid(), user.gid()))?;
    let permitted = set(capabilities.map(LinuxCapabilities::permitted));
    let sets = CapabilitySets {
        effective: set(capabilities.map(LinuxCapabilities::effective)) & own,
        permitted: permitted & own,
        inheritable: set(capabilities.map(LinuxCapabilities::inheritable)) & own,
    };
    for (name, _) in (permitted - own).iter_names() {
        warnings.push(format!("CAP_{name} is none of minke's own: the container goes without it"));
    }
    rustix::thread::set_capabilities(None, sets).explain(|| "set the capabilities".to_owned())?;
    rustix::thread::clear_ambient_capability_set().explain(|| "clear the ambient capabilities".to_owned())?;
    for capability in (set(capabilities.map(LinuxCapabilities::ambient)) & own).iter() {
        rustix::thread::configure_capability_in_ambient_set(capability, true)
            .explain(|| format!("raise ambient capability {capability:?}"))?;
    }
    Ok(())
}

/// The kernel's set, whose names are those of the specification.
fn set_of(capabilities: &Capabilities) -> CapabilitySet {
    capabilities.iter().filter_map(|capability| CapabilitySet::from_name(&capability.to_string())).collect()
}

fn resource(kind: PosixRlimitType) -> Resource {
    match kind {
        PosixRlimitType::RlimitCpu => Resource::Cpu,
        PosixRlimitType::RlimitFsize => Resource::Fsize,
        PosixRlimitType::RlimitData => Resource::Data,
        PosixRlimitType::RlimitStack => Resource::Stack,
        PosixRlimitType::RlimitCore => Resource::Core,
        PosixRlimitType::RlimitRss => Resource::Rss,
        PosixRlimitType::RlimitNproc => Resource::Nproc,
        PosixRlimitType::RlimitNofile => Resource::Nofile,
        PosixRlimitType::RlimitMemlock => Resource::Memlock,
        PosixRlimitType::RlimitAs => Resource::As,
        PosixRlimitType::RlimitLocks => Resource::Locks,
        PosixRlimitType::RlimitSigpending => Resource::Sigpending,
        PosixRlimitType::RlimitMsgqueue => Resource::Msgqueue,
        PosixRlimitType::RlimitNice => Resource::Nice,
        PosixRlimitType::RlimitRtprio => Resource::Rtprio,
        PosixRlimitType::RlimitRttime => Resource::Rttime,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oci_spec::runtime::Capability;

    #[test]
    fn every_capability_of_the_specification_is_known_to_the_kernel_by_its_name() {
        let some = [Capability::Chown, Capability::CheckpointRestore, Capability::SysAdmin, Capability::MacAdmin];
        let expected = CapabilitySet::CHOWN
            | CapabilitySet::CHECKPOINT_RESTORE
            | CapabilitySet::SYS_ADMIN
            | CapabilitySet::MAC_ADMIN;
        assert_eq!(set_of(&some.into_iter().collect()), expected);
    }
}
