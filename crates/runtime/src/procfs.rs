//! Writes to the machine's own procfs, and makes sure that it is one: a /proc that is something else would swallow what
//! is written or send it elsewhere (CVE-2019-16884, CVE-2025-52881).

use std::fmt::Display;
use std::io::{self, ErrorKind};

use rustix::fs::{Mode, OFlags, ResolveFlags};

/// The type of a procfs (statfs(2)).
const PROC_SUPER_MAGIC: i64 = 0x9fa0;

/// Sets a kernel parameter of the calling process' namespaces, such as `net.ipv4.ip_forward`.
pub fn set_sysctl(name: &str, value: &str) -> Result<(), String> {
    write(&format!("sys/{}", path_of_sysctl(name)), value)
        .map_err(|error| explain(&format!("sysctl {name}={value}"), &error))
}

/// Sets how ready the kernel is to kill the calling process for want of memory. `false`: lowering it takes
/// `CAP_SYS_RESOURCE`, which this machine does not give; the value stays.
pub fn set_oom_score_adj(value: i32) -> Result<bool, String> {
    match write("self/oom_score_adj", &value.to_string()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(false),
        Err(error) => Err(explain(&format!("set oom_score_adj to {value}"), &error)),
    }
}

fn write(path: &str, value: &str) -> io::Result<()> {
    let proc = rustix::fs::open("/proc", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    if rustix::fs::fstatfs(&proc)?.f_type != PROC_SUPER_MAGIC {
        return Err(io::Error::other("/proc is not a procfs"));
    }
    // Nothing may be mounted over a part of it either.
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_XDEV | ResolveFlags::NO_MAGICLINKS;
    let file = rustix::fs::openat2(&proc, path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty(), resolve)?;
    rustix::io::write(&file, value.as_bytes())?;
    Ok(())
}

fn explain(what: &str, error: &dyn Display) -> String {
    format!("{what}: {}", crate::container::reason(error))
}

/// Dots separate, unless slashes do, as in `net/ipv4/conf/eth0.100/forwarding` (sysctl(8)).
fn path_of_sysctl(name: &str) -> String {
    match name.find(['.', '/']).map(|first| name.as_bytes().get(first)) {
        Some(Some(b'/')) => name.to_owned(),
        _ => name
            .chars()
            .map(|letter| {
                if letter == '.' {
                    '/'
                } else if letter == '/' {
                    '.'
                } else {
                    letter
                }
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_be_separated_by_dots_or_slashes() {
        for (name, expected) in [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding"),
            ("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding"),
        ] {
            assert_eq!(path_of_sysctl(name), expected);
        }
    }

    #[test]
    fn a_parameter_cannot_name_a_file_outside() {
        let error = set_sysctl("net/../../../etc/passwd", "x").unwrap_err();
        assert!(error.starts_with("sysctl net/../../../etc/passwd=x: "), "{error}");
    }
}
