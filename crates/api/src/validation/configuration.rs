//! `ConfigMap`s, Secrets and Leases.

use super::{metadata::immutable, text, whole_object};
use k8s_openapi::{
    ByteString,
    api::{
        coordination::v1::Lease,
        core::v1::{ConfigMap, Secret},
    },
};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::{Map, Value, json};

/// A `ConfigMap` or a Secret may have so many bytes.
const MAX_SIZE: usize = 1024 * 1024;
const IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// A `ConfigMap` at any time.
pub fn config_map(config_map: &ConfigMap) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut size = 0;
    for (key, value) in config_map.data.iter().flatten() {
        let path = Path::new("data").key(key);
        errors.extend(invalid_each(&path, key, format::config_map_key(key)));
        if config_map.binary_data.as_ref().is_some_and(|data| data.contains_key(key)) {
            errors.push(Error::invalid(&path, key.as_str(), "duplicate of key present in binaryData"));
        }
        size += value.len();
    }
    for (key, value) in config_map.binary_data.iter().flatten() {
        errors.extend(invalid_each(&Path::new("binaryData").key(key), key, format::config_map_key(key)));
        size += value.0.len();
    }
    if size > MAX_SIZE {
        errors.push(Error::too_long(&whole_object(), MAX_SIZE));
    }
    errors
}

/// A `ConfigMap` as the successor of another.
pub fn config_map_update(new: &ConfigMap, old: &ConfigMap) -> ErrorList {
    if old.immutable != Some(true) {
        return ErrorList::new();
    }
    forbidden(&[
        ("immutable", new.immutable != Some(true)),
        ("data", new.data != old.data),
        ("binaryData", new.binary_data != old.binary_data),
    ])
}

fn forbidden(fields: &[(&str, bool)]) -> ErrorList {
    let changed = fields.iter().filter(|(_, changed)| *changed);
    changed.map(|(field, _)| Error::forbidden(&Path::new(field), IMMUTABLE)).collect()
}

/// A Secret at any time: each type has keys it cannot do without.
pub fn secret(secret: &Secret) -> ErrorList {
    let mut errors = ErrorList::new();
    let path = Path::new("data");
    let mut size = 0;
    for (key, value) in secret.data.iter().flatten() {
        errors.extend(invalid_each(&path.key(key), key, format::config_map_key(key)));
        size += value.0.len();
    }
    if size > MAX_SIZE {
        errors.push(Error::too_long(&path, MAX_SIZE));
    }
    let value = |key: &str| secret.data.as_ref().and_then(|data| data.get(key));
    let missing = |key: &str| value(key).is_none().then(|| Error::required(&path.key(key), ""));
    match text(secret.type_.as_ref()) {
        "kubernetes.io/service-account-token" => {
            let key = "kubernetes.io/service-account.name";
            let name = secret.metadata.annotations.as_ref().and_then(|annotations| annotations.get(key));
            if text(name).is_empty() {
                errors.push(Error::required(&Path::new("metadata").child("annotations").key(key), ""));
            }
        }
        "kubernetes.io/dockercfg" => errors.extend(json_object(".dockercfg", value(".dockercfg"), &path)),
        "kubernetes.io/dockerconfigjson" => {
            errors.extend(json_object(".dockerconfigjson", value(".dockerconfigjson"), &path));
        }
        "kubernetes.io/basic-auth" if value("username").is_none() && value("password").is_none() => {
            errors.extend(missing("username"));
            errors.extend(missing("password"));
        }
        "kubernetes.io/ssh-auth" if value("ssh-privatekey").is_none_or(|key| key.0.is_empty()) => {
            errors.push(Error::required(&path.key("ssh-privatekey"), ""));
        }
        "kubernetes.io/tls" => {
            errors.extend(missing("tls.crt"));
            errors.extend(missing("tls.key"));
        }
        _ => {}
    }
    errors
}

fn json_object(key: &str, value: Option<&ByteString>, path: &Path) -> Option<Error> {
    let path = path.key(key);
    let Some(value) = value else { return Some(Error::required(&path, "")) };
    let error = serde_json::from_slice::<Map<String, Value>>(&value.0).err()?;
    Some(Error::invalid(&path, "<secret contents redacted>", error.to_string()))
}

/// A Secret as the successor of another: its type stays.
pub fn secret_update(new: &Secret, old: &Secret) -> ErrorList {
    let mut errors: ErrorList =
        immutable(&json!(new.type_), &json!(old.type_), &Path::new("type")).into_iter().collect();
    if old.immutable == Some(true) {
        errors.extend(forbidden(&[("immutable", new.immutable != Some(true)), ("data", new.data != old.data)]));
    }
    errors
}

/// A Lease at any time.
pub fn lease(lease: &Lease) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(spec) = &lease.spec else { return errors };
    let path = Path::new("spec");
    if let Some(seconds) = spec.lease_duration_seconds.filter(|seconds| *seconds <= 0) {
        errors.push(Error::invalid(&path.child("leaseDurationSeconds"), seconds, "must be greater than 0"));
    }
    if let Some(transitions) = spec.lease_transitions.filter(|transitions| *transitions < 0) {
        let detail = "must be greater than or equal to 0";
        errors.push(Error::invalid(&path.child("leaseTransitions"), transitions, detail));
    }
    errors
}
