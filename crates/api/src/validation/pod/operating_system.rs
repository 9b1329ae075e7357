//! `spec.os`: fields of the other operating system may not be set (KEP-2802).

use k8s_openapi::api::core::v1::PodSpec;
use serde_json::{Value, json};

use crate::field::{Error, ErrorList, Path};

const NOT_FOR_WINDOWS: [&str; 11] = [
    "appArmorProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "runAsGroup",
    "runAsUser",
    "seLinuxChangePolicy",
    "seLinuxOptions",
    "seccompProfile",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "sysctls",
];
const NOT_FOR_WINDOWS_CONTAINERS: [&str; 10] = [
    "allowPrivilegeEscalation",
    "appArmorProfile",
    "capabilities",
    "privileged",
    "procMount",
    "readOnlyRootFilesystem",
    "runAsGroup",
    "runAsUser",
    "seLinuxOptions",
    "seccompProfile",
];

/// Checks the name, and that nothing of the other operating system is asked for.
pub fn operating_system(spec: &PodSpec, path: &Path) -> ErrorList {
    let Some(os) = &spec.os else { return ErrorList::new() };
    match os.name.as_str() {
        "" => vec![Error::required(&path.child("os").child("name"), "cannot be empty")],
        "linux" => {
            let detail = "windows options cannot be set for a linux pod";
            forbidden(spec, &["windowsOptions"], &["windowsOptions"], detail, path)
        }
        "windows" => {
            let detail = "cannot be set for a windows pod";
            let host = [
                ("hostUsers", spec.host_users.is_some()),
                ("hostPID", spec.host_pid == Some(true)),
                ("hostIPC", spec.host_ipc == Some(true)),
                ("shareProcessNamespace", spec.share_process_namespace.is_some()),
            ];
            let mut errors: ErrorList = host
                .iter()
                .filter(|(_, set)| *set)
                .map(|(field, _)| Error::forbidden(&path.child(field), detail))
                .collect();
            errors.extend(forbidden(spec, &NOT_FOR_WINDOWS, &NOT_FOR_WINDOWS_CONTAINERS, detail, path));
            errors
        }
        other => vec![Error::not_supported(&path.child("os"), other, &["linux", "windows"])],
    }
}

fn forbidden(spec: &PodSpec, of_pod: &[&str], of_container: &[&str], detail: &str, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut check = |context: Value, fields: &[&str], path: &Path| {
        for field in fields.iter().filter(|field| context.get(field).is_some()) {
            errors.push(Error::forbidden(&path.child("securityContext").child(field), detail));
        }
    };
    check(json!(spec.security_context), of_pod, path);
    for (index, container) in spec.init_containers.iter().flatten().enumerate() {
        check(json!(container.security_context), of_container, &path.child("initContainers").index(index));
    }
    for (index, container) in spec.containers.iter().enumerate() {
        check(json!(container.security_context), of_container, &path.child("containers").index(index));
    }
    for (index, container) in spec.ephemeral_containers.iter().flatten().enumerate() {
        check(json!(container.security_context), of_container, &path.child("ephemeralContainers").index(index));
    }
    errors
}
