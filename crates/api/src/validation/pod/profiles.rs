//! Annotations that named seccomp and `AppArmor` profiles before there were fields: they must be well-formed, and must
//! say the same as the fields.

use super::visit::visit;
use crate::validation::paths;
use k8s_openapi::{
    api::core::v1::{AppArmorProfile, PodSpec, SeccompProfile},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use machinery::field::{Error, ErrorList, Path};
use std::collections::BTreeMap;

pub const SECCOMP_OF_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
pub const SECCOMP_PREFIX: &str = "container.seccomp.security.alpha.kubernetes.io/";
/// Followed by a container's name.
pub const APP_ARMOR_PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";
const RUNTIME_DEFAULT: &str = "runtime/default";
const DOCKER_DEFAULT: &str = "docker/default";
const UNCONFINED: &str = "unconfined";
const LOCALHOST_PREFIX: &str = "localhost/";

type Annotations = BTreeMap<String, String>;

/// The annotations as such.
pub fn profile_annotations(annotations: &Annotations, spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(profile) = annotations.get(SECCOMP_OF_POD) {
        errors.extend(seccomp(profile, &path.child(SECCOMP_OF_POD)));
    }
    for (key, profile) in annotations.iter().filter(|(key, _)| key.starts_with(SECCOMP_PREFIX)) {
        errors.extend(seccomp(profile, &path.child(key)));
    }
    let names: Vec<&str> = visit(spec, path).iter().map(|container| container.name).collect();
    for (key, profile) in annotations {
        let Some(container) = key.strip_prefix(APP_ARMOR_PREFIX) else { continue };
        if !names.contains(&container) {
            errors.push(Error::invalid(&path.key(key), container, "container not found"));
        }
        let known = matches!(profile.as_str(), "" | RUNTIME_DEFAULT | UNCONFINED);
        if !known && !profile.starts_with(LOCALHOST_PREFIX) {
            let detail = format!("invalid AppArmor profile name: \"{profile}\"");
            errors.push(Error::invalid(&path.key(key), profile.as_str(), detail));
        }
    }
    errors
}

fn seccomp(profile: &str, path: &Path) -> ErrorList {
    match profile {
        RUNTIME_DEFAULT | DOCKER_DEFAULT | UNCONFINED => ErrorList::new(),
        _ => match profile.strip_prefix(LOCALHOST_PREFIX) {
            Some(file) => paths::local_descending(file, path),
            None => vec![Error::invalid(path, profile, "must be a valid seccomp profile")],
        },
    }
}

/// Seccomp profiles in annotations beside the fields for the same.
pub fn same_seccomp_profiles(metadata: &ObjectMeta, spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(annotations) = &metadata.annotations else { return errors };
    let of_pod = spec.security_context.as_ref();
    let seccomp_of_pod = of_pod.and_then(|context| context.seccomp_profile.as_ref());
    if let (Some(profile), Some(annotation)) = (seccomp_of_pod, annotations.get(SECCOMP_OF_POD)) {
        errors.extend(same_seccomp(annotation, profile, &path.child("securityContext").child("seccompProfile")));
    }
    for container in visit(spec, path) {
        let profile = container.security.and_then(|context| context.seccomp_profile.as_ref());
        let annotation = annotations.get(&format!("{SECCOMP_PREFIX}{}", container.name));
        if let (Some(profile), Some(annotation)) = (profile, annotation) {
            let path = container.path.child("securityContext").child("seccompProfile");
            errors.extend(same_seccomp(annotation, profile, &path));
        }
    }
    errors
}

/// `AppArmor` profiles in annotations beside the fields for the same, those of the pod included.
pub fn same_app_armor_profiles(metadata: &ObjectMeta, spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(annotations) = &metadata.annotations else { return errors };
    if spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        return errors;
    }
    let of_pod = spec.security_context.as_ref().and_then(|context| context.app_armor_profile.as_ref());
    for container in visit(spec, path) {
        let own = container.security.and_then(|context| context.app_armor_profile.as_ref());
        let profile = own.or(of_pod);
        let annotation = annotations.get(&format!("{APP_ARMOR_PREFIX}{}", container.name));
        if let (Some(profile), Some(annotation)) = (profile, annotation) {
            let path = container.path.child("securityContext").child("appArmorProfile");
            errors.extend(same_app_armor(annotation, profile, &path));
        }
    }
    errors
}

fn same_seccomp(annotation: &str, profile: &SeccompProfile, path: &Path) -> Option<Error> {
    let defaults: &[&str] = &[RUNTIME_DEFAULT, DOCKER_DEFAULT];
    same(annotation, "seccomp", defaults, (&profile.type_, profile.localhost_profile.as_deref()), path)
}

fn same_app_armor(annotation: &str, profile: &AppArmorProfile, path: &Path) -> Option<Error> {
    let field = (profile.type_.as_str(), profile.localhost_profile.as_deref());
    same(annotation, "apparmor", &[RUNTIME_DEFAULT], field, path)
}

/// Compares with the field's type and file.
fn same(annotation: &str, what: &str, defaults: &[&str], field: (&str, Option<&str>), path: &Path) -> Option<Error> {
    let (kind, file) = field;
    let same_type = match kind {
        "Unconfined" => annotation == UNCONFINED,
        "RuntimeDefault" => defaults.contains(&annotation),
        "Localhost" => annotation.starts_with(LOCALHOST_PREFIX),
        _ => return None,
    };
    if !same_type {
        let detail = format!("{what} type in annotation and field must match");
        return Some(Error::forbidden(&path.child("type"), detail));
    }
    let same_file = kind != "Localhost" || annotation.strip_prefix(LOCALHOST_PREFIX) == file;
    let detail = format!("{what} profile in annotation and field must match");
    (!same_file).then(|| Error::forbidden(&path.child("localhostProfile"), detail))
}
