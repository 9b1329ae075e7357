//! Containers of all sorts: their image pull policy, ports, probes and hooks.

use machinery::{
    fields::{Object, child, items, set_default, set_default_number, text},
    quantity::Quantity,
};
use serde_json::{Value, json};

/// A container, init container or ephemeral container.
pub fn container(container: &mut Object) {
    let policy = image_pull_policy(text(container, "image"));
    set_default(container, "imagePullPolicy", policy);
    set_default(container, "terminationMessagePath", "/dev/termination-log");
    set_default(container, "terminationMessagePolicy", "File");
    set_default(container, "resources", json!({}));
    if let Some(resources) = child(container, "resources") {
        resource_lists(resources);
    }
    for port in items(container, "ports") {
        set_default(port, "protocol", "TCP");
    }
    for variable in items(container, "env") {
        let Some(source) = child(variable, "valueFrom") else { continue };
        field_reference(source);
        if let Some(file) = child(source, "fileKeyRef") {
            set_default(file, "optional", false);
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(found) = child(container, name) {
            probe(found);
        }
    }
    if let Some(lifecycle) = child(container, "lifecycle") {
        for hook in ["postStart", "preStop"] {
            if let Some(handler) = child(lifecycle, hook) {
                http_get(handler);
            }
        }
    }
}

/// Rounds requests and limits.
pub fn resource_lists(resources: &mut Object) {
    for list in ["limits", "requests"] {
        if let Some(list) = child(resources, list) {
            resource_list(list);
        }
    }
}

/// Thousandths are the least that Kubernetes counts in.
pub fn resource_list(list: &mut Object) {
    for quantity in list.values_mut() {
        let Some(Ok(exact)) = quantity.as_str().map(str::parse::<Quantity>) else { continue };
        let rounded = Quantity::from_milli(exact.milli_value());
        // What is too large to be counted in thousandths has no smaller part.
        if rounded > exact {
            *quantity = rounded.to_string().into();
        }
    }
}

/// The API version of the fields that `fieldRef` names, and the unit of what `resourceFieldRef` does.
pub fn field_reference(source: &mut Object) {
    if let Some(reference) = child(source, "fieldRef") {
        set_default(reference, "apiVersion", "v1");
    }
    if let Some(reference) = child(source, "resourceFieldRef") {
        set_default(reference, "divisor", "0");
    }
}

/// `Always` for the tag `latest`, said or meant; what else an image is called does not change.
pub fn image_pull_policy(image: &str) -> &'static str {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or_default();
    let latest = match (last.split_once(':'), digest) {
        (Some((_, tag)), _) => tag == "latest",
        (None, Some(_)) => false,
        (None, None) => !last.is_empty(),
    };
    if latest { "Always" } else { "IfNotPresent" }
}

fn probe(probe: &mut Object) {
    set_default_number(probe, "timeoutSeconds", 1);
    set_default_number(probe, "periodSeconds", 10);
    set_default_number(probe, "successThreshold", 1);
    set_default_number(probe, "failureThreshold", 3);
    http_get(probe);
    if let Some(grpc) = child(probe, "grpc")
        && !grpc.get("service").is_some_and(Value::is_string)
    {
        grpc.insert("service".to_owned(), "".into());
    }
}

fn http_get(handler: &mut Object) {
    if let Some(action) = child(handler, "httpGet") {
        set_default(action, "path", "/");
        set_default(action, "scheme", "HTTP");
    }
}

#[cfg(test)]
mod tests {
    use super::image_pull_policy;

    #[test]
    fn only_latest_is_pulled_each_time() {
        let digest = format!("busybox@sha256:{}", "a".repeat(64));
        let cases = [
            ("busybox", "Always"),
            ("busybox:latest", "Always"),
            ("busybox:1.36", "IfNotPresent"),
            ("localhost:5000/busybox", "Always"),
            ("localhost:5000/busybox:1", "IfNotPresent"),
            (&digest, "IfNotPresent"),
            ("busybox:latest@sha256:0", "Always"),
            ("", "IfNotPresent"),
        ];
        for (image, policy) in cases {
            assert_eq!(image_pull_policy(image), policy, "{image}");
        }
    }
}
