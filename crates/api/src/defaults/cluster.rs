//! Configuration, namespaces, nodes, and what administrators set up.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use machinery::fields::{Object, child, child_or_new, is_unset, items, set_default, set_default_number, text};
use serde_json::{Value, json};

/// The label that names the namespace it is on, for selectors.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";
const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// A `ConfigMap`.
pub fn config_map(object: &mut Object) {
    if object.get("data").is_some_and(Value::is_null) {
        object.remove("data");
    }
}

/// A Secret: `stringData` is for writing only, it becomes `data`.
pub fn secret(object: &mut Object) {
    set_default(object, "type", "Opaque");
    let Some(Value::Object(texts)) = object.remove("stringData") else { return };
    let Some(data) = child_or_new(object, "data") else { return };
    for (key, value) in texts {
        data.insert(key, STANDARD.encode(value.as_str().unwrap_or_default()).into());
    }
}

/// A Namespace.
pub fn namespace(object: &mut Object) {
    if let Some(metadata) = child(object, "metadata") {
        let name = text(metadata, "name").to_owned();
        if let Some(labels) = child_or_new(metadata, "labels").filter(|_| !name.is_empty()) {
            labels.insert(NAME_LABEL.to_owned(), name.into());
        }
    }
    if let Some(status) = child_or_new(object, "status") {
        set_default(status, "phase", "Active");
    }
}

/// A Node: all of its capacity is for pods if nothing else is said.
pub fn node(object: &mut Object) {
    let Some(status) = child(object, "status") else { return };
    if let Some(capacity @ Value::Object(_)) = status.get("capacity").cloned() {
        set_default(status, "allocatable", capacity);
    }
}

/// A `LimitRange`: its limits for containers complete each other.
pub fn limit_range(object: &mut Object) {
    let Some(spec) = child(object, "spec") else { return };
    for limit in items(spec, "limits").filter(|limit| text(limit, "type") == "Container") {
        for (target, source) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
            let values = limit.get(source).and_then(Value::as_object).cloned().unwrap_or_default();
            let Some(target) = child_or_new(limit, target) else { continue };
            for (name, quantity) in values {
                target.entry(name).or_insert(quantity);
            }
        }
    }
}

/// A `RoleBinding` or `ClusterRoleBinding`.
pub fn role_binding(object: &mut Object) {
    if let Some(role) = child(object, "roleRef") {
        set_default(role, "apiGroup", RBAC_GROUP);
    }
    for subject in items(object, "subjects") {
        if matches!(text(subject, "kind"), "User" | "Group") {
            set_default(subject, "apiGroup", RBAC_GROUP);
        }
    }
}

/// A `PodCertificateRequest`.
pub fn pod_certificate_request(object: &mut Object) {
    if let Some(spec) = child(object, "spec") {
        set_default(spec, "maxExpirationSeconds", 86400);
    }
}

/// A `PriorityClass`.
pub fn priority_class(object: &mut Object) {
    set_default(object, "preemptionPolicy", "PreemptLowerPriority");
}

/// A `StorageClass`.
pub fn storage_class(object: &mut Object) {
    set_default(object, "reclaimPolicy", "Delete");
    set_default(object, "volumeBindingMode", "Immediate");
}

/// A `CSIDriver`.
pub fn csi_driver(object: &mut Object) {
    let Some(spec) = child(object, "spec") else { return };
    set_default(spec, "attachRequired", true);
    set_default(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
    for switch in ["podInfoOnMount", "requiresRepublish", "seLinuxMount", "storageCapacity"] {
        set_default(spec, switch, false);
    }
    set_default(spec, "volumeLifecycleModes", json!(["Persistent"]));
}

/// A `MutatingWebhookConfiguration`.
pub fn mutating_webhooks(object: &mut Object) {
    validating_webhooks(object);
    for webhook in items(object, "webhooks") {
        set_default(webhook, "reinvocationPolicy", "Never");
    }
}

/// A `ValidatingWebhookConfiguration`.
pub fn validating_webhooks(object: &mut Object) {
    for webhook in items(object, "webhooks") {
        set_default(webhook, "failurePolicy", "Fail");
        set_default(webhook, "matchPolicy", "Equivalent");
        for selector in ["namespaceSelector", "objectSelector"] {
            set_default(webhook, selector, json!({}));
        }
        if is_unset(webhook, "timeoutSeconds") {
            webhook.insert("timeoutSeconds".to_owned(), 10.into());
        }
        for rule in items(webhook, "rules") {
            set_default(rule, "scope", "*");
        }
        if let Some(service) = child(webhook, "clientConfig").and_then(|config| child(config, "service")) {
            set_default_number(service, "port", 443);
        }
    }
}
