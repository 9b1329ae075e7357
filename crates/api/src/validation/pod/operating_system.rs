//! `spec.os`: fields of the other operating system may not be set (KEP-2802).

use super::visit::visit;
use k8s_openapi::api::core::v1::PodSpec;
use machinery::field::{Error, ErrorList, Path};
use serde_json::{Value, json};

const NOT_FOR_WINDOWS: [&str; 11] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];
const NOT_FOR_WINDOWS_CONTAINERS: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

/// Checks the name, and that nothing of the other operating system is asked for.
pub fn operating_system(spec: &PodSpec, path: &Path) -> ErrorList {
    let Some(os) = &spec.os else { return ErrorList::new() };
    match os.name.as_str() {
        "" => vec![Error::required(&path.child("os").child("name"), "")],
        "linux" => {
            let detail = "windows options cannot be set for a linux pod";
            let mut errors = of_pod(spec, &["windowsOptions"], detail, path);
            errors.extend(of_containers(spec, &["windowsOptions"], detail, path));
            errors
        }
        "windows" => {
            let detail = "cannot be set for a windows pod";
            let host = [
                ("hostUsers", spec.host_users.is_some()),
                ("hostPID", spec.host_pid == Some(true)),
                ("hostIPC", spec.host_ipc == Some(true)),
                ("shareProcessNamespace", spec.share_process_namespace.is_some()),
            ];
            let mut errors = of_pod(spec, &NOT_FOR_WINDOWS, detail, path);
            let set = host.iter().filter(|(_, set)| *set);
            errors.extend(set.map(|(field, _)| Error::forbidden(&path.child(field), detail)));
            errors.extend(of_containers(spec, &NOT_FOR_WINDOWS_CONTAINERS, detail, path));
            errors
        }
        other => vec![Error::not_supported(&path.child("os"), other, &["linux", "windows"])],
    }
}

fn of_pod(spec: &PodSpec, fields: &[&str], detail: &str, path: &Path) -> ErrorList {
    forbidden(&json!(spec.security_context), fields, detail, path)
}

fn of_containers(spec: &PodSpec, fields: &[&str], detail: &str, path: &Path) -> ErrorList {
    let contexts = visit(spec, path);
    contexts.into_iter().flat_map(|seen| forbidden(&json!(seen.security), fields, detail, &seen.path)).collect()
}

fn forbidden(context: &Value, fields: &[&str], detail: &str, path: &Path) -> ErrorList {
    let path = path.child("securityContext");
    let is_set = |field: &&&str| match context.get(field) {
        Some(Value::Array(items)) => !items.is_empty(),
        found => found.is_some(),
    };
    fields.iter().filter(is_set).map(|field| Error::forbidden(&path.child(field), detail)).collect()
}
