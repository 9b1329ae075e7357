//! Kernel parameters of a sandbox: set only if they belong to a namespace of its own, for all others are the machine's
//! (runc's `libcontainer/configs/validate/validator.go`).

use crate::procfs;
use rustix::thread::UnshareFlags;

/// Parameters of the IPC namespace, beside those below `fs/mqueue`.
const IPC: [&str; 8] = [
    "kernel/msgmax",
    "kernel/msgmnb",
    "kernel/msgmni",
    "kernel/sem",
    "kernel/shm_rmid_forced",
    "kernel/shmall",
    "kernel/shmmax",
    "kernel/shmmni",
];

/// Sets a kernel parameter, such as `net.ipv4.ip_forward`, of the calling process' namespaces; `own` are those that it
/// does not share with the machine.
pub fn set(name: &str, value: &str, own: UnshareFlags) -> Result<(), String> {
    let path = path(name);
    check(name, &path, own)?;
    procfs::write(&format!("sys/{path}"), value)
        .map_err(|error| procfs::explain(&format!("sysctl {name}={value}"), &error))
}

fn check(name: &str, path: &str, own: UnshareFlags) -> Result<(), String> {
    // `net/../vm/swappiness` begins like a parameter of the network.
    let is_plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    match namespace(path).filter(|_| is_plain) {
        Some(namespace) if own.contains(namespace) => Ok(()),
        Some(UnshareFlags::NEWNET) => Err(format!("sysctl {name:?} not allowed in host network namespace")),
        Some(_) => Err(format!("sysctl {name:?} is not allowed in the hosts ipc namespace")),
        None => Err(format!("sysctl {name:?} is not in a separate kernel namespace")),
    }
}

fn namespace(path: &str) -> Option<UnshareFlags> {
    if path.starts_with("net/") {
        Some(UnshareFlags::NEWNET)
    } else if path.starts_with("fs/mqueue/") || IPC.contains(&path) {
        Some(UnshareFlags::NEWIPC)
    } else {
        None
    }
}

/// Dots separate, unless slashes do, as in `net/ipv4/conf/eth0.100/forwarding` (sysctl(8)).
fn path(name: &str) -> String {
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
            assert_eq!(path(name), expected);
        }
    }

    #[test]
    fn only_parameters_of_own_namespaces_are_set() {
        let (net, ipc, none) = (UnshareFlags::NEWNET, UnshareFlags::NEWIPC, UnshareFlags::empty());
        let host_network = "not allowed in host network namespace";
        let host_ipc = "is not allowed in the hosts ipc namespace";
        let machine = "is not in a separate kernel namespace";
        for (name, own, refusal) in [
            ("net.ipv4.ip_forward", net, None),
            ("net/ipv4/ip_forward", net, None),
            ("net.ipv4.ip_forward", ipc, Some(host_network)),
            ("kernel.shmmax", ipc, None),
            ("fs.mqueue.msg_max", ipc, None),
            ("kernel.sem", net, Some(host_ipc)),
            ("fs/mqueue/msg_max", none, Some(host_ipc)),
            ("vm.swappiness", net | ipc, Some(machine)),
            ("kernel.core_pattern", net | ipc, Some(machine)),
            ("kernel.shmmax_of_others", net | ipc, Some(machine)),
            ("net", net, Some(machine)),
            ("net/../vm/swappiness", net, Some(machine)),
            ("net.//.vm.swappiness", net, Some(machine)),
            ("fs/mqueue//../../vm/swappiness", ipc, Some(machine)),
        ] {
            let refusal = refusal.map(|refusal| format!("sysctl {name:?} {refusal}"));
            assert_eq!(check(name, &path(name), own).err(), refusal);
        }
    }
}
