//! Claims of storage: those of users, and the templates of those made for pods.

use super::{labels, metadata, required::required, text};
use k8s_openapi::{
    api::core::v1::{
        PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate, TypedLocalObjectReference,
        TypedObjectReference,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
    quantity::Quantity,
};
use serde_json::json;

const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const VOLUME_MODES: [&str; 2] = ["Block", "Filesystem"];

/// A `PersistentVolumeClaim` at any time.
pub fn persistent_volume_claim(claim: &PersistentVolumeClaim) -> ErrorList {
    claim_spec(&claim.spec.clone().unwrap_or_default(), &Path::new("spec"))
}

/// The template of a claim: of its metadata only labels and annotations can be given.
pub fn claim_template(template: &PersistentVolumeClaimTemplate, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(metadata) = &template.metadata {
        errors.extend(template_metadata(metadata, &path.child("metadata")));
    }
    errors.extend(claim_spec(&template.spec, &path.child("spec")));
    errors
}

fn template_metadata(metadata: &ObjectMeta, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(found) = &metadata.annotations {
        errors.extend(metadata::annotations(found, &path.child("annotations")));
    }
    if let Some(found) = &metadata.labels {
        errors.extend(labels::labels(found, &path.child("labels")));
    }
    // The names and their order are those of the fields in Go.
    let others = [
        ("name", !text(metadata.name.as_ref()).is_empty()),
        ("generateName", !text(metadata.generate_name.as_ref()).is_empty()),
        ("namespace", !text(metadata.namespace.as_ref()).is_empty()),
        ("selfLink", !text(metadata.self_link.as_ref()).is_empty()),
        ("uID", !text(metadata.uid.as_ref()).is_empty()),
        ("resourceVersion", !text(metadata.resource_version.as_ref()).is_empty()),
        ("generation", metadata.generation.is_some_and(|generation| generation != 0)),
        ("creationTimestamp", metadata.creation_timestamp.is_some()),
        ("deletionTimestamp", metadata.deletion_timestamp.is_some()),
        ("deletionGracePeriodSeconds", metadata.deletion_grace_period_seconds.is_some()),
        ("ownerReferences", metadata.owner_references.is_some()),
        ("finalizers", metadata.finalizers.is_some()),
        ("managedFields", metadata.managed_fields.is_some()),
    ];
    let set = others.iter().filter(|(_, set)| *set);
    errors.extend(set.map(|(field, _)| Error::forbidden(&path.child(field), "cannot be set")));
    errors
}

/// What is claimed.
fn claim_spec(spec: &PersistentVolumeClaimSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    let modes_path = path.child("accessModes");
    if modes.is_empty() {
        errors.push(Error::required(&modes_path, "at least 1 access mode is required"));
    }
    if let Some(selector) = &spec.selector {
        errors.extend(labels::label_selector(selector, &path.child("selector")));
    }
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        modes.iter().map(String::as_str).partition(|mode| ACCESS_MODES.contains(mode));
    errors.extend(unknown.into_iter().map(|mode| Error::not_supported(&modes_path, mode, &ACCESS_MODES)));
    let (alone, others): (Vec<&str>, Vec<&str>) = known.into_iter().partition(|mode| *mode == "ReadWriteOncePod");
    if !alone.is_empty() && !others.is_empty() {
        errors.push(Error::forbidden(&modes_path, "may not use ReadWriteOncePod with other access modes"));
    }
    errors.extend(storage(spec, &path.child("resources").key("storage")));
    errors.extend(class_name(spec.storage_class_name.as_ref(), &path.child("storageClassName")));
    if let Some(mode) = spec.volume_mode.as_deref().filter(|mode| !VOLUME_MODES.contains(mode)) {
        errors.push(Error::not_supported(&path.child("volumeMode"), mode, &VOLUME_MODES));
    }
    errors.extend(data_sources(spec, path));
    errors.extend(class_name(spec.volume_attributes_class_name.as_ref(), &path.child("volumeAttributesClassName")));
    errors
}

fn storage(spec: &PersistentVolumeClaimSpec, path: &Path) -> Option<Error> {
    let requests = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    let Some(storage) = requests.and_then(|requests| requests.get("storage")) else {
        return Some(Error::required(path, ""));
    };
    let quantity: Option<Quantity> = storage.0.parse().ok();
    let spelled = quantity.map_or_else(|| storage.0.clone(), |quantity| quantity.to_string());
    let positive = quantity.is_some_and(|quantity| !quantity.is_zero() && !quantity.is_negative());
    (!positive).then(|| Error::invalid(path, spelled, "must be greater than zero"))
}

fn class_name(name: Option<&String>, path: &Path) -> ErrorList {
    let name = text(name);
    if name.is_empty() {
        return ErrorList::new();
    }
    invalid_each(path, name, format::dns1123_subdomain(name)).collect()
}

/// What the volume is filled with. The older field cannot name a namespace, the newer one can.
fn data_sources(spec: &PersistentVolumeClaimSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let source_path = path.child("dataSource");
    if let Some(source) = &spec.data_source {
        let TypedLocalObjectReference { api_group, kind, name } = source;
        errors.extend(data_source(api_group.as_ref(), kind, name, &source_path));
    }
    let Some(reference) = &spec.data_source_ref else { return errors };
    let TypedObjectReference { api_group, kind, name, namespace } = reference;
    let reference_path = path.child("dataSourceRef");
    errors.extend(data_source(api_group.as_ref(), kind, name, &reference_path));
    let namespace = text(namespace.as_ref());
    if !namespace.is_empty() {
        let messages = format::dns1123_label(namespace);
        errors.extend(invalid_each(&reference_path.child("namespace"), namespace, messages));
    }
    let Some(source) = &spec.data_source else { return errors };
    // Kubernetes shows a path as the value, which has nothing to show.
    if !namespace.is_empty() {
        let detail = "may not be specified when dataSourceRef.namespace is specified";
        errors.push(Error::invalid(path, json!({}), detail));
    } else if (&source.api_group, &source.kind, &source.name) != (api_group, kind, name) {
        errors.push(Error::invalid(path, json!({}), "must match dataSourceRef"));
    }
    errors
}

fn data_source(group: Option<&String>, kind: &str, name: &str, path: &Path) -> ErrorList {
    let mut errors = required(&[("name", name), ("kind", kind)], path);
    let group = text(group);
    if group.is_empty() && kind != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        errors.push(Error::invalid(path, kind, detail));
    }
    if !group.is_empty() {
        errors.extend(invalid_each(&path.child("apiGroup"), group, format::dns1123_subdomain(group)));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::{claim_spec, claim_template};
    use machinery::field::Path;
    use serde_json::{Value, json};

    #[test]
    fn what_can_be_claimed() {
        let cases: &[(Value, &[&str])] = &[
            (json!({"accessModes": ["ReadWriteOncePod"], "volumeMode": "Block", "storageClassName": ""}), &[]),
            (json!({"accessModes": []}), &["spec.accessModes: Required value: at least 1 access mode is required"]),
            (
                json!({"accessModes": ["ReadWrite", "ReadWriteOncePod"]}),
                &[
                    "spec.accessModes: Unsupported value: \"ReadWrite\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"",
                ],
            ),
            (
                json!({"accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]}),
                &["spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"],
            ),
            (json!({"resources": {}}), &["spec.resources[storage]: Required value"]),
            (
                json!({"resources": {"requests": {"storage": "-1Gi"}}}),
                &["spec.resources[storage]: Invalid value: \"-1Gi\": must be greater than zero"],
            ),
            (
                json!({"storageClassName": "A"}),
                &["spec.storageClassName: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of …"],
            ),
            (
                json!({"volumeMode": "Directory"}),
                &["spec.volumeMode: Unsupported value: \"Directory\": supported values: \"Block\", \"Filesystem\""],
            ),
            (
                json!({"selector": {"matchLabels": {"a": "b c"}}}),
                &["spec.selector.matchLabels: Invalid value: \"b c\": a valid label must be …"],
            ),
            (
                json!({"dataSource": {"kind": "Secret", "name": ""}}),
                &[
                    "spec.dataSource.name: Required value",
                    "spec.dataSource: Invalid value: \"Secret\": must be 'PersistentVolumeClaim' when referencing the default apiGroup",
                ],
            ),
            (
                json!({
                    "dataSource": {"kind": "PersistentVolumeClaim", "name": "a"},
                    "dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "b"},
                }),
                &["spec: Invalid value: {}: must match dataSourceRef"],
            ),
            (
                json!({
                    "dataSource": {"kind": "PersistentVolumeClaim", "name": "a"},
                    "dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "a", "namespace": "n.a"},
                }),
                &[
                    "spec.dataSourceRef.namespace: Invalid value: \"n.a\": must not contain dots",
                    "spec: Invalid value: {}: may not be specified when dataSourceRef.namespace is specified",
                ],
            ),
        ];
        for (fragment, expected) in cases {
            let mut spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
            for (key, value) in fragment.as_object().unwrap() {
                spec[key] = value.clone();
            }
            let errors = claim_spec(&serde_json::from_value(spec).unwrap(), &Path::new("spec"));
            let found: Vec<String> = errors.iter().map(ToString::to_string).collect();
            let matches = |(found, expected): (&String, &&str)| match expected.strip_suffix('…') {
                Some(start) => found.starts_with(start),
                None => found == expected,
            };
            assert!(
                found.len() == expected.len() && found.iter().zip(*expected).all(matches),
                "{fragment}: {found:#?}"
            );
        }
    }

    #[test]
    fn templates_have_labels_and_annotations_only() {
        let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        let template = |metadata: Value| {
            let template = serde_json::from_value(json!({"metadata": metadata, "spec": spec})).unwrap();
            let errors = claim_template(&template, &Path::new("t"));
            errors.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(template(json!({"labels": {"a": "b"}, "annotations": {"a": ""}})), Vec::<String>::new());
        assert_eq!(
            template(json!({"name": "a", "uid": "1"})),
            ["t.metadata.name: Forbidden: cannot be set", "t.metadata.uID: Forbidden: cannot be set"]
        );
    }
}
