//! Security contexts of pods and containers.

use super::windows::windows_options;
use crate::validation::paths;
use k8s_openapi::api::core::v1::{
    AppArmorProfile, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext, Sysctl,
};
use machinery::{
    field::{Error, ErrorList, Path},
    format,
};
use serde_json::json;
use std::collections::HashSet;

const PROFILE_TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];
/// `PATH_MAX - 1`.
const MAX_PROFILE_LENGTH: usize = 4095;
const SYSCTL_MAX_LENGTH: usize = 253;
const SYSCTL_PATTERN: &str = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

/// The security context of a container. `host_users`: the pod has no user namespace of its own.
pub fn security_context(context: &SecurityContext, host_users: bool, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    errors.extend(identity(context.run_as_user, &path.child("runAsUser")));
    errors.extend(identity(context.run_as_group, &path.child("runAsGroup")));
    if let Some(proc_mount) = context.proc_mount.as_deref() {
        let path = path.child("procMount");
        if !matches!(proc_mount, "Default" | "Unmasked") {
            errors.push(Error::not_supported(&path, proc_mount, &["Default", "Unmasked"]));
        }
        if host_users && proc_mount == "Unmasked" {
            errors.push(Error::invalid(&path, proc_mount, "`hostUsers` must be false to use `Unmasked`"));
        }
    }
    errors.extend(seccomp_profile(context.seccomp_profile.as_ref(), &path.child("seccompProfile")));
    if context.allow_privilege_escalation == Some(false) {
        if context.privileged == Some(true) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.push(Error::invalid(path, json!(context), detail));
        }
        let added = context.capabilities.as_ref().and_then(|capabilities| capabilities.add.as_deref());
        for _ in added.unwrap_or_default().iter().filter(|capability| *capability == "CAP_SYS_ADMIN") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.push(Error::invalid(path, json!(context), detail));
        }
    }
    errors.extend(windows_options(context.windows_options.as_ref(), &path.child("windowsOptions")));
    errors.extend(app_armor_profile(context.app_armor_profile.as_ref(), &path.child("appArmorProfile")));
    errors
}

/// The security context of a pod.
pub fn pod_security_context(context: &PodSecurityContext, spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    errors.extend(identity(context.fs_group, &path.child("fsGroup")));
    errors.extend(identity(context.run_as_user, &path.child("runAsUser")));
    errors.extend(identity(context.run_as_group, &path.child("runAsGroup")));
    for (index, group) in context.supplemental_groups.iter().flatten().enumerate() {
        errors.extend(identity(Some(*group), &path.child("supplementalGroups").index(index)));
    }
    errors.extend(sysctls(context.sysctls.as_deref().unwrap_or_default(), spec, &path.child("sysctls")));
    let choice = |field: &str, value: Option<&String>, supported: &[&str]| {
        let value = value.filter(|value| !supported.contains(&value.as_str()))?;
        Some(Error::not_supported(&path.child(field), value.as_str(), supported))
    };
    let policy = context.fs_group_change_policy.as_ref();
    errors.extend(choice("fsGroupChangePolicy", policy, &["Always", "OnRootMismatch"]));
    errors.extend(seccomp_profile(context.seccomp_profile.as_ref(), &path.child("seccompProfile")));
    errors.extend(windows_options(context.windows_options.as_ref(), &path.child("windowsOptions")));
    errors.extend(app_armor_profile(context.app_armor_profile.as_ref(), &path.child("appArmorProfile")));
    let policy = context.supplemental_groups_policy.as_ref();
    errors.extend(choice("supplementalGroupsPolicy", policy, &["Merge", "Strict"]));
    let policy = context.se_linux_change_policy.as_ref();
    errors.extend(choice("seLinuxChangePolicy", policy, &["MountOption", "Recursive"]));
    errors
}

fn identity(value: Option<i64>, path: &Path) -> ErrorList {
    let Some(value) = value else { return ErrorList::new() };
    format::identity(value).into_iter().map(|message| Error::invalid(path, value, message)).collect()
}

fn seccomp_profile(profile: Option<&SeccompProfile>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(profile) = profile else { return errors };
    match profile.type_.as_str() {
        "" => errors.push(Error::required(&path.child("type"), "type is required when seccompProfile is set")),
        known if PROFILE_TYPES.contains(&known) => {}
        other => errors.push(Error::not_supported(&path.child("type"), other, &PROFILE_TYPES)),
    }
    let path = path.child("localhostProfile");
    match (profile.type_ == "Localhost", profile.localhost_profile.as_deref()) {
        (true, None) => errors.push(Error::required(&path, "must be set when seccomp type is Localhost")),
        (true, Some(file)) => errors.extend(paths::local_descending(file, &path)),
        (false, Some(_)) => {
            errors.push(Error::invalid(&path, json!(profile), "can only be set when seccomp type is Localhost"));
        }
        (false, None) => {}
    }
    errors
}

/// What confines a container, by `AppArmor`.
pub fn app_armor_profile(profile: Option<&AppArmorProfile>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(profile) = profile else { return errors };
    let name_path = path.child("localhostProfile");
    match (profile.type_.as_str(), profile.localhost_profile.as_deref()) {
        ("Localhost", None | Some("")) => {
            errors.push(Error::required(&name_path, "must be set when AppArmor type is Localhost"));
        }
        ("Localhost", Some(name)) => {
            if name.trim() != name {
                errors.push(Error::invalid(&name_path, name, "must not be padded with whitespace"));
            }
            if name.len() > MAX_PROFILE_LENGTH {
                errors.push(Error::too_long(&name_path, MAX_PROFILE_LENGTH));
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(name)) => {
            errors.push(Error::invalid(&name_path, name, "can only be set when AppArmor type is Localhost"));
        }
        ("RuntimeDefault" | "Unconfined", None) => {}
        ("", _) => errors.push(Error::required(&path.child("type"), "type is required when appArmorProfile is set")),
        (other, _) => errors.push(Error::not_supported(&path.child("type"), other, &PROFILE_TYPES)),
    }
    errors
}

fn sysctls(sysctls: &[Sysctl], spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut names = HashSet::new();
    for (index, sysctl) in sysctls.iter().enumerate() {
        let path = path.index(index).child("name");
        let name = sysctl.name.as_str();
        if name.is_empty() {
            errors.push(Error::required(&path, ""));
        } else if !is_sysctl_name(name) {
            let detail = format!("must have at most {SYSCTL_MAX_LENGTH} characters and match regex {SYSCTL_PATTERN}");
            errors.push(Error::invalid(&path, name, detail));
        } else if !names.insert(name) {
            errors.push(Error::duplicate(&path, name));
        }
        let dotted = name.replace('/', ".");
        if spec.host_network == Some(true) && dotted.starts_with("net.") {
            errors.push(Error::invalid(&path, name, "may not be specified when 'hostNetwork' is true"));
        }
        let interprocess = ["kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|prefix| dotted.starts_with(prefix));
        if spec.host_ipc == Some(true) && (interprocess || dotted == "kernel.sem") {
            errors.push(Error::invalid(&path, name, "may not be specified when 'hostIPC' is true"));
        }
    }
    errors
}

fn is_sysctl_name(name: &str) -> bool {
    let end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let segment = |segment: &str| {
        segment.bytes().all(|byte| end(byte) || byte == b'-' || byte == b'_')
            && segment.bytes().next().is_some_and(end)
            && segment.bytes().last().is_some_and(end)
    };
    name.len() <= SYSCTL_MAX_LENGTH && name.split(['.', '/']).all(segment)
}
