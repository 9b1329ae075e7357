//! Which system calls a container may make.

mod compile;
mod filters;

use oci_spec::runtime::{
    Capability, LinuxSeccomp, LinuxSeccompAction, LinuxSeccompArg, LinuxSeccompArgBuilder, LinuxSeccompOperator,
    LinuxSyscall, LinuxSyscallBuilder,
};

pub(crate) use compile::{Filter, compile};
pub(crate) use filters::Filters;

/// What every container may call, whatever its capabilities (those of Docker's and containerd's default profile that
/// exist on 64-bit machines).
const ALLOWED: &str = include_str!("seccomp/default_allowed.txt");

/// The flags of clone(2) that make namespaces.
const NAMESPACE_FLAGS: u64 = 0x7E02_0000;

const AF_ALG: u64 = 38;
const AF_VSOCK: u64 = 40;

/// The profile of Kubernetes' `RuntimeDefault`: what containers need, and what their capabilities (the bounding set)
/// add to it.
#[must_use]
pub fn default_profile(capabilities: &[Capability]) -> LinuxSeccomp {
    let mut syscalls = vec![allow(&ALLOWED.split_whitespace().collect::<Vec<_>>())];
    // Not AF_ALG (the kernel's cryptography) and AF_VSOCK (the hypervisor, across network namespaces).
    for (operator, family) in [
        (LinuxSeccompOperator::ScmpCmpLt, AF_ALG),
        (LinuxSeccompOperator::ScmpCmpEq, AF_ALG + 1),
        (LinuxSeccompOperator::ScmpCmpGt, AF_VSOCK),
    ] {
        syscalls.push(allow_if("socket", argument(0, operator, family, None)));
    }
    for persona in [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff] {
        syscalls.push(allow_if("personality", argument(0, LinuxSeccompOperator::ScmpCmpEq, persona, None)));
    }
    if cfg!(target_arch = "x86_64") {
        syscalls.push(allow(&["arch_prctl", "modify_ldt"]));
    }
    for capability in capabilities {
        let added = allowed_by(*capability);
        if !added.is_empty() {
            syscalls.push(allow(added));
        }
    }
    if !capabilities.contains(&Capability::SysAdmin) {
        let no_namespaces = argument(0, LinuxSeccompOperator::ScmpCmpMaskedEq, NAMESPACE_FLAGS, Some(0));
        syscalls.push(allow_if("clone", no_namespaces));
        // Its flags are behind a pointer. ENOSYS makes C libraries fall back to clone.
        syscalls.push(syscall(
            &["clone3"],
            LinuxSeccompAction::ScmpActErrno,
            Some(libc::ENOSYS.unsigned_abs()),
            Vec::new(),
        ));
    }
    profile(syscalls)
}

/// A profile that forbids all else.
pub(crate) fn profile(syscalls: Vec<LinuxSyscall>) -> LinuxSeccomp {
    let mut profile = LinuxSeccomp::default();
    profile.set_default_action(LinuxSeccompAction::ScmpActErrno).set_syscalls(Some(syscalls));
    profile
}

/// The system calls that make sense only with a capability.
fn allowed_by(capability: Capability) -> &'static [&'static str] {
    match capability {
        Capability::DacReadSearch => &["open_by_handle_at"],
        Capability::SysAdmin => &[
            "bpf",
            "clone",
            "clone3",
            "fanotify_init",
            "fsconfig",
            "fsmount",
            "fsopen",
            "fspick",
            "lookup_dcookie",
            "lsm_get_self_attr",
            "lsm_list_modules",
            "lsm_set_self_attr",
            "mount",
            "mount_setattr",
            "move_mount",
            "open_tree",
            "perf_event_open",
            "quotactl",
            "quotactl_fd",
            "setdomainname",
            "sethostname",
            "setns",
            "syslog",
            "umount2",
            "unshare",
        ],
        Capability::SysBoot => &["reboot"],
        Capability::SysChroot => &["chroot"],
        Capability::SysModule => &["delete_module", "init_module", "finit_module"],
        Capability::SysPacct => &["acct"],
        Capability::SysPtrace => &["kcmp", "pidfd_getfd", "process_madvise"],
        Capability::SysRawio => &["iopl", "ioperm"],
        Capability::SysTime => &["settimeofday", "clock_settime"],
        Capability::SysTtyConfig => &["vhangup"],
        Capability::SysNice => &["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"],
        Capability::Syslog => &["syslog"],
        Capability::Bpf => &["bpf"],
        Capability::Perfmon => &["perf_event_open"],
        _ => &[],
    }
}

pub(crate) fn allow(names: &[&str]) -> LinuxSyscall {
    syscall(names, LinuxSeccompAction::ScmpActAllow, None, Vec::new())
}

pub(crate) fn allow_if(name: &str, condition: LinuxSeccompArg) -> LinuxSyscall {
    syscall(&[name], LinuxSeccompAction::ScmpActAllow, None, vec![condition])
}

fn syscall(
    names: &[&str],
    action: LinuxSeccompAction,
    errno: Option<u32>,
    arguments: Vec<LinuxSeccompArg>,
) -> LinuxSyscall {
    let mut builder = LinuxSyscallBuilder::default()
        .names(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        .action(action)
        .args(arguments);
    if let Some(errno) = errno {
        builder = builder.errno_ret(errno);
    }
    builder.build().unwrap_or_else(|_| unreachable!("names and action are set"))
}

pub(crate) fn argument(
    index: usize,
    operator: LinuxSeccompOperator,
    value: u64,
    second: Option<u64>,
) -> LinuxSeccompArg {
    let mut builder = LinuxSeccompArgBuilder::default().index(index).op(operator).value(value);
    if let Some(second) = second {
        builder = builder.value_two(second);
    }
    builder.build().unwrap_or_else(|_| unreachable!("index, operator and value are set"))
}

#[cfg(test)]
mod tests;
