//! The sysctls that a pod may set: those that are its own and disturb nobody (`pkg/kubelet/sysctl`).

use super::KernelVersion;
use crate::{container::sysctls, pod::Rejection};
use k8s_openapi::api::core::v1::Pod;

/// The safe sysctls, and the kernel from which on they are a namespace's own
/// (`safe_sysctls.go`, `pkg/util/kernel/constants.go`).
const SAFE: [(&str, KernelVersion); 12] = [
    ("kernel.shm_rmid_forced", KernelVersion(0, 0)),
    ("net.ipv4.ip_local_port_range", KernelVersion(0, 0)),
    ("net.ipv4.tcp_syncookies", KernelVersion(0, 0)),
    ("net.ipv4.ping_group_range", KernelVersion(0, 0)),
    ("net.ipv4.ip_unprivileged_port_start", KernelVersion(0, 0)),
    ("net.ipv4.ip_local_reserved_ports", KernelVersion(3, 16)),
    ("net.ipv4.tcp_keepalive_time", KernelVersion(4, 5)),
    ("net.ipv4.tcp_keepalive_intvl", KernelVersion(4, 5)),
    ("net.ipv4.tcp_keepalive_probes", KernelVersion(4, 5)),
    ("net.ipv4.tcp_fin_timeout", KernelVersion(4, 6)),
    ("net.ipv4.tcp_rmem", KernelVersion(4, 15)),
    ("net.ipv4.tcp_wmem", KernelVersion(4, 15)),
];

/// The first sysctl that the pod may not set.
pub(super) fn reject(pod: &Pod, kernel: KernelVersion) -> Option<Rejection> {
    let spec = pod.spec.as_ref()?;
    let refusal = sysctls(pod).into_keys().find_map(|name| {
        let is_safe = SAFE.iter().any(|(safe, since)| *safe == name && kernel >= *since);
        let (namespace, is_shared) =
            if name.starts_with("net.") { ("net", spec.host_network) } else { ("ipc", spec.host_ipc) };
        if !is_safe {
            Some(format!("{name:?} not allowlisted"))
        } else if is_shared.unwrap_or_default() {
            Some(format!("{name:?} not allowed with host {namespace} enabled"))
        } else {
            None
        }
    })?;
    Some(Rejection { reason: "SysctlForbidden".to_owned(), message: format!("forbidden sysctl: {refusal}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_safe_sysctls_of_own_namespaces_are_allowed() {
        let kernel = KernelVersion(4, 14);
        for (names, shared, refusal) in [
            (vec![], json!({}), None),
            (vec!["kernel.shm_rmid_forced", "net/ipv4/tcp_syncookies"], json!({}), None),
            (vec!["net.ipv4.tcp_fin_timeout"], json!({}), None),
            (vec!["net.ipv4.tcp_rmem"], json!({}), Some("\"net.ipv4.tcp_rmem\" not allowlisted")),
            (vec!["kernel.msgmax"], json!({}), Some("\"kernel.msgmax\" not allowlisted")),
            (vec!["kernel.shm_rmid_forced", "vm/swappiness"], json!({}), Some("\"vm.swappiness\" not allowlisted")),
            (
                vec!["net.ipv4.tcp_syncookies"],
                json!({ "hostNetwork": true }),
                Some("\"net.ipv4.tcp_syncookies\" not allowed with host net enabled"),
            ),
            (vec!["net.ipv4.tcp_syncookies"], json!({ "hostIPC": true }), None),
            (
                vec!["kernel.shm_rmid_forced"],
                json!({ "hostIPC": true }),
                Some("\"kernel.shm_rmid_forced\" not allowed with host ipc enabled"),
            ),
            (vec!["kernel.shm_rmid_forced"], json!({ "hostNetwork": true }), None),
        ] {
            let sysctls: Vec<_> = names.iter().map(|name| json!({ "name": name, "value": "1" })).collect();
            let mut spec = shared.clone();
            spec["containers"] = json!([]);
            spec["securityContext"] = json!({ "sysctls": sysctls });
            let pod: Pod = serde_json::from_value(json!({ "spec": spec })).unwrap();
            let expected = refusal.map(|refusal| Rejection {
                reason: "SysctlForbidden".to_owned(),
                message: format!("forbidden sysctl: {refusal}"),
            });
            assert_eq!(reject(&pod, kernel), expected, "{names:?} {shared}");
        }
    }
}
