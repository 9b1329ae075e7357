//! The capabilities of a container: containerd's defaults, what the spec adds and drops.

use super::ConfigError;
use k8s_openapi::api::core::v1::SecurityContext;
use oci_spec::runtime::{Capabilities, Capability, LinuxCapabilities};

/// What a container may do if nothing else is said (containerd's and Docker's defaults).
const DEFAULT: [Capability; 14] = [
    Capability::Chown,
    Capability::DacOverride,
    Capability::Fsetid,
    Capability::Fowner,
    Capability::Mknod,
    Capability::NetRaw,
    Capability::Setgid,
    Capability::Setuid,
    Capability::Setfcap,
    Capability::Setpcap,
    Capability::NetBindService,
    Capability::SysChroot,
    Capability::Kill,
    Capability::AuditWrite,
];

/// Everything (capabilities(7)).
const ALL: [Capability; 41] = [
    Capability::AuditControl,
    Capability::AuditRead,
    Capability::AuditWrite,
    Capability::BlockSuspend,
    Capability::Bpf,
    Capability::CheckpointRestore,
    Capability::Chown,
    Capability::DacOverride,
    Capability::DacReadSearch,
    Capability::Fowner,
    Capability::Fsetid,
    Capability::IpcLock,
    Capability::IpcOwner,
    Capability::Kill,
    Capability::Lease,
    Capability::LinuxImmutable,
    Capability::MacAdmin,
    Capability::MacOverride,
    Capability::Mknod,
    Capability::NetAdmin,
    Capability::NetBindService,
    Capability::NetBroadcast,
    Capability::NetRaw,
    Capability::Perfmon,
    Capability::Setfcap,
    Capability::Setgid,
    Capability::Setpcap,
    Capability::Setuid,
    Capability::SysAdmin,
    Capability::SysBoot,
    Capability::SysChroot,
    Capability::SysModule,
    Capability::SysNice,
    Capability::SysPacct,
    Capability::SysPtrace,
    Capability::SysRawio,
    Capability::SysResource,
    Capability::SysTime,
    Capability::SysTtyConfig,
    Capability::Syslog,
    Capability::WakeAlarm,
];

/// The capabilities that a security context asks for. Drops go after adds; `ALL` goes before single names.
pub(crate) fn allowed(context: Option<&SecurityContext>) -> Result<Vec<Capability>, ConfigError> {
    if context.is_some_and(|context| context.privileged == Some(true)) {
        return Ok(ALL.to_vec());
    }
    let asked = context.and_then(|context| context.capabilities.clone()).unwrap_or_default();
    let (add, drop) = (asked.add.unwrap_or_default(), asked.drop.unwrap_or_default());
    let mut allowed = DEFAULT.to_vec();
    if add.iter().any(|name| is_all(name)) {
        allowed = ALL.to_vec();
    }
    if drop.iter().any(|name| is_all(name)) {
        allowed.clear();
    }
    for name in add.iter().filter(|name| !is_all(name)) {
        let capability = parse(name)?;
        if !allowed.contains(&capability) {
            allowed.push(capability);
        }
    }
    for name in drop.iter().filter(|name| !is_all(name)) {
        let capability = parse(name)?;
        allowed.retain(|kept| *kept != capability);
    }
    Ok(allowed)
}

/// The sets of a process. Nothing is inheritable or ambient: a container's processes get no more by executing files
/// (CVE-2022-24769).
pub(crate) fn sets(allowed: &[Capability]) -> LinuxCapabilities {
    let set: Capabilities = allowed.iter().copied().collect();
    let mut sets = LinuxCapabilities::default();
    sets.set_bounding(Some(set.clone()))
        .set_effective(Some(set.clone()))
        .set_permitted(Some(set))
        .set_inheritable(None)
        .set_ambient(None);
    sets
}

fn is_all(name: &str) -> bool {
    name.eq_ignore_ascii_case("ALL")
}

/// `NET_ADMIN` or `CAP_NET_ADMIN`, in any case.
fn parse(name: &str) -> Result<Capability, ConfigError> {
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
    bare.parse().map_err(|_| ConfigError::Capability(name.to_owned()))
}
