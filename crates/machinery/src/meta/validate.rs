//! What may stand in the metadata (`k8s.io/apimachinery/pkg/api/validation/objectmeta.go`).

use super::{entries, finalizers, generate_name, generation, name, namespace, resource_version};
use crate::{
    field::{Error, ErrorList, Path},
    format,
};
use serde_json::Value;

/// All annotations of an object together, in bytes.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// All that is wrong with the metadata of a new object. `name_errors` says what is wrong with a name of its kind.
#[must_use]
pub fn validate(object: &Value, namespaced: bool, name_errors: impl Fn(&str) -> Vec<String>) -> ErrorList {
    let path = Path::new("metadata");
    let mut errors = ErrorList::new();
    let base = generate_name(object);
    if !base.is_empty() {
        let mistakes = name_errors(&mask_trailing_dash(base));
        errors.extend(mistakes.into_iter().map(|text| Error::invalid(&path.child("generateName"), base, text)));
    }
    let name = name(object);
    if name.is_empty() {
        errors.push(Error::required(&path.child("name"), "name or generateName is required"));
    } else {
        errors.extend(name_errors(name).into_iter().map(|text| Error::invalid(&path.child("name"), name, text)));
    }
    errors.extend(validate_namespace(namespace(object), namespaced, &path.child("namespace")));
    errors.extend(validate_either(object, &path));
    errors
}

/// All that is wrong with the metadata of an update.
#[must_use]
pub fn validate_update(new: &Value, old: &Value) -> ErrorList {
    let path = Path::new("metadata");
    let mut errors = ErrorList::new();
    if super::deletion_timestamp(old).is_some() {
        let added: Vec<&str> = finalizers(new).filter(|name| finalizers(old).all(|other| other != *name)).collect();
        if !added.is_empty() {
            let added = added.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
            errors.push(Error::forbidden(
                &path.child("finalizers"),
                format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{added}}}"
                ),
            ));
        }
    }
    if resource_version(new).is_empty() {
        errors.push(Error::invalid(&path.child("resourceVersion"), "", "must be specified for an update"));
    }
    if generation(new) < generation(old) {
        errors.push(Error::invalid(&path.child("generation"), generation(new), "must not be decremented"));
    }
    for field in ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        let value = &new["metadata"][field];
        if *value != old["metadata"][field] {
            errors.push(Error::invalid(&path.child(field), value.clone(), "field is immutable"));
        }
    }
    errors.extend(validate_either(new, &path));
    errors
}

/// Finalizers of the core group's objects: without a domain only Kubernetes' own may be used.
#[must_use]
pub fn standard_finalizers(object: &Value) -> ErrorList {
    let path = Path::new("metadata").child("finalizers");
    finalizers(object).enumerate().filter_map(|(index, name)| standard_finalizer(name, &path.index(index))).collect()
}

/// The name of a finalizer without a domain.
#[must_use]
pub fn standard_finalizer(name: &str, path: &Path) -> Option<Error> {
    let known = name.contains('/') || matches!(name, "kubernetes" | "orphan" | "foregroundDeletion");
    let detail = "name is neither a standard finalizer name nor is it fully qualified";
    (!known).then(|| Error::invalid(path, name, detail))
}

/// A prefix may end in a dash although a name may not.
fn mask_trailing_dash(base: &str) -> String {
    match base.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            format!("{}a", &rest[..rest.len() - rest.chars().last().map_or(0, char::len_utf8)])
        }
        _ => base.to_owned(),
    }
}

fn validate_namespace(namespace: &str, namespaced: bool, path: &Path) -> ErrorList {
    match (namespaced, namespace.is_empty()) {
        (true, true) => vec![Error::required(path, "")],
        (true, false) => {
            format::dns1123_label(namespace).into_iter().map(|text| Error::invalid(path, namespace, text)).collect()
        }
        (false, true) => Vec::new(),
        (false, false) => vec![Error::forbidden(path, "not allowed on this type")],
    }
}

fn validate_either(object: &Value, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if generation(object) < 0 {
        let text = "must be greater than or equal to 0";
        errors.push(Error::invalid(&path.child("generation"), generation(object), text));
    }
    let labels = path.child("labels");
    for (key, value) in entries(object, "labels") {
        errors.extend(format::qualified_name(key).into_iter().map(|text| Error::invalid(&labels, key, text)));
        errors.extend(format::label_value(value).into_iter().map(|text| Error::invalid(&labels, value, text)));
    }
    errors.extend(validate_annotations(object, &path.child("annotations")));
    errors.extend(validate_owners(&object["metadata"]["ownerReferences"], &path.child("ownerReferences")));
    let path = path.child("finalizers");
    for finalizer in finalizers(object) {
        let mistakes = format::qualified_name(finalizer);
        errors.extend(mistakes.into_iter().map(|text| Error::invalid(&path, finalizer, text)));
    }
    errors
}

fn validate_annotations(object: &Value, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut size = 0;
    for (key, value) in entries(object, "annotations") {
        size += key.len() + value.len();
        // Annotations were never checked for case.
        let mistakes = format::qualified_name(&key.to_lowercase());
        errors.extend(mistakes.into_iter().map(|text| Error::invalid(path, key, text)));
    }
    if size > ANNOTATIONS_LIMIT {
        errors.push(Error::too_long(path, ANNOTATIONS_LIMIT));
    }
    errors
}

fn validate_owners(owners: &Value, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut controller: Option<&str> = None;
    let text = |owner: &'_ Value, field: &str| owner[field].as_str().unwrap_or_default().to_owned();
    for owner in owners.as_array().into_iter().flatten() {
        for (field, what) in [("apiVersion", "version"), ("kind", "kind"), ("name", "name"), ("uid", "uid")] {
            if text(owner, field).is_empty() {
                errors.push(Error::invalid(&path.child(field), "", format!("{what} must not be empty")));
            }
        }
        if text(owner, "kind") == "Event" && text(owner, "apiVersion") == "v1" {
            errors.push(Error::invalid(path, owner.clone(), "/v1, Kind=Event is disallowed from being an owner"));
        }
        if owner["controller"] == true {
            let name = owner["name"].as_str().unwrap_or_default();
            if let Some(first) = controller.replace(name) {
                let text = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}"
                );
                errors.push(Error::invalid(path, owners.clone(), text));
            }
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn texts(errors: &[Error]) -> Vec<String> {
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn new_metadata() {
        let owner = json!({"apiVersion": "v1", "kind": "Node", "name": "a", "uid": "1", "controller": true});
        let cases = [
            (json!({"name": "a", "namespace": "n"}), true, vec![]),
            (json!({}), false, vec!["metadata.name: Required value: name or generateName is required"]),
            (json!({"name": "a"}), true, vec!["metadata.namespace: Required value"]),
            (
                json!({"name": "a", "namespace": "n"}),
                false,
                vec!["metadata.namespace: Forbidden: not allowed on this type"],
            ),
            (json!({"name": "ab-x", "generateName": "ab-"}), false, vec![]),
            (
                json!({"name": "a", "generation": -1}),
                false,
                vec!["metadata.generation: Invalid value: -1: must be greater than or equal to 0"],
            ),
            (
                json!({"name": "a", "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "a"}]}),
                false,
                vec!["metadata.ownerReferences.uid: Invalid value: \"\": uid must not be empty"],
            ),
            (json!({"name": "a", "ownerReferences": [owner]}), false, vec![]),
            (json!({"name": "a", "annotations": {"Upper.Case/Key": "any\nvalue"}}), false, vec![]),
        ];
        for (metadata, namespaced, expected) in cases {
            let found = validate(&json!({"metadata": metadata}), namespaced, format::dns1123_subdomain);
            assert_eq!(texts(&found), expected, "{metadata}");
        }
    }

    #[test]
    fn names_labels_and_finalizers_are_checked() {
        for (metadata, field) in [
            (json!({"name": "A"}), "metadata.name"),
            (json!({"name": "a", "generateName": "AB-"}), "metadata.generateName"),
            (json!({"name": "a", "labels": {"-": ""}}), "metadata.labels"),
            (json!({"name": "a", "labels": {"a": "b c"}}), "metadata.labels"),
            (json!({"name": "a", "annotations": {"a b": ""}}), "metadata.annotations"),
            (json!({"name": "a", "annotations": {"a": "x".repeat(ANNOTATIONS_LIMIT)}}), "metadata.annotations"),
            (json!({"name": "a", "finalizers": ["a b"]}), "metadata.finalizers"),
        ] {
            let found = validate(&json!({"metadata": metadata}), false, format::dns1123_subdomain);
            assert_eq!(found.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), [field]);
        }
    }

    #[test]
    fn updates() {
        let old = json!({"metadata": {
            "name": "a", "uid": "1", "resourceVersion": "5", "generation": 2, "finalizers": ["x/y"],
            "deletionTimestamp": "2026-01-02T03:04:05Z",
        }});
        assert_eq!(validate_update(&old, &old), []);
        let mut new = old.clone();
        new["metadata"]["finalizers"] = json!(["x/y", "x/z"]);
        new["metadata"]["resourceVersion"] = json!("");
        new["metadata"]["generation"] = json!(1);
        new["metadata"]["name"] = json!("b");
        assert_eq!(
            texts(&validate_update(&new, &old)),
            [
                "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found \
                 new finalizers []string{\"x/z\"}",
                "metadata.resourceVersion: Invalid value: \"\": must be specified for an update",
                "metadata.generation: Invalid value: 1: must not be decremented",
                "metadata.name: Invalid value: \"b\": field is immutable",
            ]
        );
    }
}
