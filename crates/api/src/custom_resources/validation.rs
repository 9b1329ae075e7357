//! What is wrong with a definition (`pkg/apis/apiextensions/validation/validation.go`).

mod columns;
mod conversion;
mod dialect;
mod names;
mod rules;
mod structure;
mod versions;

use super::{
    has_condition,
    names::{APPROVAL, is_protected},
    versions as versions_of,
};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format, meta,
};
use serde_json::Value;

/// A new definition.
pub fn validate(new: &Value) -> ErrorList {
    let mut errors = name_error(new);
    errors.extend(specification(new));
    errors.extend(approval(new));
    errors
}

/// A definition as the successor of another.
pub fn validate_update(new: &Value, old: &Value) -> ErrorList {
    let path = Path::new("spec");
    let mut errors = specification(new);
    let established = has_condition(old, "Established");
    for (pointer, field, counts) in [
        ("/spec/scope", path.child("scope"), established),
        ("/spec/names/kind", path.child("names").child("kind"), established),
        ("/spec/group", path.child("group"), true),
        ("/spec/names/plural", path.child("names").child("plural"), true),
    ] {
        let value = new.pointer(pointer).cloned().unwrap_or_default();
        if counts && Some(&value) != old.pointer(pointer) {
            errors.push(Error::invalid(&field, value, "field is immutable"));
        }
    }
    errors.extend(stored_versions(new));
    errors
}

/// The status of a definition.
pub fn status(new: &Value) -> ErrorList {
    let mut errors = names::validate(&new["status"]["acceptedNames"], &Path::new("status").child("acceptedNames"));
    errors.extend(stored_versions(new));
    errors
}

/// Versions that were stored once must not vanish while there may be objects of them.
fn stored_versions(new: &Value) -> ErrorList {
    let path = Path::new("status").child("storedVersions");
    let stored = new["status"]["storedVersions"].as_array().into_iter().flatten();
    let missing = |name: &Value| versions_of(new).all(|version| version["name"] != *name);
    let missing = stored.enumerate().filter(|(_, name)| missing(name));
    missing.map(|(index, name)| Error::invalid(&path.index(index), name.clone(), "missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in the version and removes it from status.storedVersions".replacen("v1", name.as_str().unwrap_or_default(), 1))).collect()
}

fn name_error(new: &Value) -> ErrorList {
    let text = |pointer: &str| new.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let wanted = format!("{}.{}", text("/spec/names/plural"), text("/spec/group"));
    if meta::name(new) == wanted {
        return ErrorList::new();
    }
    let path = Path::new("metadata").child("name");
    vec![Error::invalid(&path, meta::name(new), "must be spec.names.plural+\".\"+spec.group")]
}

fn approval(new: &Value) -> ErrorList {
    let group = new["spec"]["group"].as_str().unwrap_or_default();
    let text = new["metadata"]["annotations"][APPROVAL].as_str().unwrap_or_default();
    let path = Path::new("metadata").child("annotations").key(APPROVAL);
    let is_link = text.starts_with("unapproved") || text.starts_with("https://") || text.starts_with("http://");
    match (is_protected(group), text) {
        (false, _) => ErrorList::new(),
        (true, "") => vec![Error::required(
            &path,
            "protected groups must have approval annotation \"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111",
        )],
        (true, _) if is_link => ErrorList::new(),
        (true, text) => vec![Error::invalid(
            &path,
            text,
            "protected groups must have approval annotation \"api-approved.kubernetes.io\" with either a URL or a reason starting with \"unapproved\", see https://github.com/kubernetes/enhancements/pull/1111",
        )],
    }
}

fn specification(new: &Value) -> ErrorList {
    let (spec, path) = (&new["spec"], Path::new("spec"));
    let group = spec["group"].as_str().unwrap_or_default();
    let mut errors = ErrorList::new();
    match group {
        "" => errors.push(Error::required(&path.child("group"), "")),
        group if !format::dns1123_subdomain(group).is_empty() => {
            let faults = format::dns1123_subdomain(group).join(",");
            errors.push(Error::invalid(&path.child("group"), group, faults));
        }
        group if !group.contains('.') => {
            errors.push(Error::invalid(&path.child("group"), group, "should be a domain with at least one dot"));
        }
        _ => {}
    }
    match spec["scope"].as_str().unwrap_or_default() {
        "" => errors.push(Error::required(&path.child("scope"), "")),
        "Cluster" | "Namespaced" => {}
        other => errors.push(Error::not_supported(&path.child("scope"), other, &["Cluster", "Namespaced"])),
    }
    if spec["preserveUnknownFields"] == true {
        errors.push(Error::invalid(
            &path.child("preserveUnknownFields"),
            true,
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
        ));
    }
    errors.extend(versions::validate(spec, &path));
    errors.extend(names::required(&spec["names"], &path.child("names")));
    errors.extend(names::validate(&spec["names"], &path.child("names")));
    errors.extend(conversion::validate(&spec["conversion"], &path.child("conversion")));
    errors
}

/// What is wrong with a text that is a label.
fn label_errors(text: &str, path: &Path) -> ErrorList {
    let faults = format::dns1035_label(text);
    if faults.is_empty() { ErrorList::new() } else { invalid_each(path, text, vec![faults.join(",")]).collect() }
}

#[cfg(test)]
mod tests;
