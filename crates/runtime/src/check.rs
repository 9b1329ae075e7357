//! What this machine lacks to run containers.

use crate::cgroup::Cgroups;
use rustix::{
    mount::{FsOpenFlags, fsopen},
    thread::CapabilitySet,
};
use std::{fs, io, path::Path};

/// One thing a machine needs, and whether it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub what: String,
    pub ok: bool,
    /// Works without, but not everything: a warning, not an error.
    pub optional: bool,
    /// What to do about it; empty when it is there.
    pub remedy: String,
}

/// The oldest kernel whose system calls are all that is needed (`mount_setattr`).
const OLDEST_KERNEL: (u32, u32) = (5, 12);

/// Looks at everything that containers need of this machine. Changes nothing.
#[must_use]
pub fn run() -> Vec<Finding> {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let mut findings = vec![
        finding("root", rustix::process::geteuid().is_root(), "run it as root, for example with sudo"),
        finding(
            &format!("kernel {release}"),
            is_new_enough(&release),
            &format!("Linux {}.{} or newer is needed", OLDEST_KERNEL.0, OLDEST_KERNEL.1),
        ),
    ];
    findings.extend(["overlay", "proc", "sysfs", "tmpfs", "devpts", "mqueue"].map(file_system));
    findings.extend(["mnt", "pid", "net", "ipc", "uts", "cgroup"].map(|kind| {
        let remedy = "the kernel was built without it; a distribution's kernel has it";
        finding(&format!("{kind} namespaces"), Path::new("/proc/self/ns").join(kind).exists(), remedy)
    }));
    findings.extend(cgroups());
    findings.push(finding(
        "seccomp filters",
        Path::new("/proc/sys/kernel/seccomp/actions_avail").exists(),
        "the kernel was built without CONFIG_SECCOMP_FILTER; a distribution's kernel has it",
    ));
    findings.extend(capabilities());
    findings.push(root());
    findings
}

/// The kernel's first root cannot be left, only covered.
fn root() -> Finding {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    Finding {
        optional: true,
        ..finding(
            "root that containers leave behind",
            !is_initramfs(&mounts),
            "the root is an initramfs, which lies hidden below each container's root: what may do anything (CAP_SYS_ADMIN) \
             can uncover it; have the init program switch to another root (switch_root)",
        )
    }
}

/// Whether the uppermost mount on `/` is the kernel's own (`proc_pid_mountinfo(5)`).
fn is_initramfs(mounts: &str) -> bool {
    let mut on_root = mounts.lines().filter(|line| line.split(' ').nth(4) == Some("/"));
    let kind = |line: &str| Some(line.split_once(" - ")?.1.split(' ').next() == Some("rootfs"));
    on_root.next_back().and_then(kind).unwrap_or_default()
}

fn finding(what: &str, ok: bool, remedy: &str) -> Finding {
    let remedy = if ok { String::new() } else { remedy.to_owned() };
    Finding { what: what.to_owned(), ok, optional: false, remedy }
}

fn is_new_enough(release: &str) -> bool {
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit()).map_while(|number| number.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= OLDEST_KERNEL
}

/// Asks the kernel, which loads a module if it has one, and does not mount.
fn file_system(name: &str) -> Finding {
    let opened = fsopen(name, FsOpenFlags::FSOPEN_CLOEXEC).map_err(io::Error::from);
    let remedy = match &opened {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => "run it as root".to_owned(),
        _ => format!("load the kernel module ({name}) or use a kernel that has it"),
    };
    finding(&format!("file system {name}"), opened.is_ok(), &remedy)
}

fn cgroups() -> Vec<Finding> {
    let (cgroups, available) = match Cgroups::detect() {
        Ok(Cgroups::V2(mount)) => {
            let list = fs::read_to_string(mount.join("cgroup.controllers")).unwrap_or_default();
            ("cgroups of version 2", list.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        }
        Ok(Cgroups::V1(mounts)) => ("cgroups of version 1", mounts.into_keys().collect()),
        Err(_) => return vec![finding("cgroups", false, "mount them at /sys/fs/cgroup")],
    };
    let mut findings = vec![finding(cgroups, !available.is_empty(), "mount them at /sys/fs/cgroup")];
    findings.extend(["cpu", "cpuset", "memory", "pids"].map(|controller| {
        let remedy = "enable it on the kernel's command line (cgroup_enable=) or use a kernel that has it";
        finding(&format!("cgroup controller {controller}"), available.iter().any(|one| one == controller), remedy)
    }));
    findings
}

fn capabilities() -> Vec<Finding> {
    let effective = rustix::thread::capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective);
    let optional = Finding {
        optional: true,
        ..finding(
            "CAP_SYS_RESOURCE",
            effective.contains(CapabilitySet::SYS_RESOURCE),
            "without it no container gets higher limits or a lower oom_score_adj than minke has; give it to minke if containers need that",
        )
    };
    let needed = [
        ("CAP_SYS_ADMIN", CapabilitySet::SYS_ADMIN),
        ("CAP_NET_ADMIN", CapabilitySet::NET_ADMIN),
        ("CAP_MKNOD", CapabilitySet::MKNOD),
        ("CAP_SETPCAP", CapabilitySet::SETPCAP),
        ("CAP_SETUID", CapabilitySet::SETUID),
        ("CAP_SETGID", CapabilitySet::SETGID),
        ("CAP_CHOWN", CapabilitySet::CHOWN),
        ("CAP_KILL", CapabilitySet::KILL),
    ];
    let remedy = "run it as root with all capabilities; in a container that means privileged";
    let needed = needed.map(|(name, capability)| finding(name, effective.contains(capability), remedy));
    needed.into_iter().chain([optional]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_compared_by_number() {
        for (release, expected) in [
            ("5.11.0-49-generic", false),
            ("5.12", true),
            ("6.1.0-44-amd64", true),
            ("4.19.0", false),
            ("10.0-rc1", true),
            ("", false),
        ] {
            assert_eq!(is_new_enough(release), expected, "{release}");
        }
    }

    #[test]
    fn an_initramfs_is_told_from_a_root_that_was_switched_to() {
        let initramfs = "1 1 0:2 / / rw - rootfs rootfs rw,size=1000k\n20 1 0:20 / /proc rw,relatime - proc proc rw\n";
        let covered = format!("{initramfs}30 1 0:30 / / rw,relatime shared:1 - tmpfs tmpfs rw\n");
        let disk = "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda rw\n";
        for (mounts, expected) in [(initramfs, true), (&covered, false), (disk, false), ("", false)] {
            assert_eq!(is_initramfs(mounts), expected, "{mounts}");
        }
    }

    #[test]
    fn what_is_there_needs_no_remedy_and_what_is_not_has_one() {
        for finding in run() {
            assert_eq!(finding.ok, finding.remedy.is_empty(), "{finding:?}");
        }
    }
}
