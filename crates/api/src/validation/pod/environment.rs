//! Environment variables and where their values come from.

use crate::validation::{paths, required::required, text};
use k8s_openapi::api::core::v1::{EnvFromSource, EnvVar, FileKeySelector, ObjectFieldSelector, ResourceFieldSelector};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
    quantity::Quantity,
};

const ENVIRONMENT_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// What else `fieldRef` understands, although no variable can have it.
const OTHER_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "status.phase"];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const BYTE_DIVISORS: [&str; 13] = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// `env`.
pub fn environment(variables: &[EnvVar], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, variable) in variables.iter().enumerate() {
        let path = path.index(index);
        if variable.name.is_empty() {
            errors.push(Error::required(&path.child("name"), ""));
        } else {
            let messages = format::environment_variable_name(&variable.name);
            errors.extend(invalid_each(&path.child("name"), &variable.name, messages));
        }
        errors.extend(value_from(variable, &path.child("valueFrom")));
    }
    errors
}

/// `envFrom`.
pub fn environment_from(sources: &[EnvFromSource], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, source) in sources.iter().enumerate() {
        let item = path.index(index);
        let prefix = text(source.prefix.as_ref());
        if !prefix.is_empty() {
            errors.extend(invalid_each(&item.child("prefix"), prefix, format::environment_variable_name(prefix)));
        }
        let references = [
            ("configMapRef", source.config_map_ref.as_ref().map(|reference| reference.name.as_str())),
            ("secretRef", source.secret_ref.as_ref().map(|reference| reference.name.as_str())),
        ];
        for (field, name) in references {
            if let Some(name) = name {
                errors.extend(object_name(name, &item.child(field).child("name")));
            }
        }
        match references.iter().filter(|(_, name)| name.is_some()).count() {
            0 => errors.push(Error::invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")),
            1 => {}
            _ => errors.push(Error::invalid(path, "", "may not have more than one field specified at a time")),
        }
    }
    errors
}

fn object_name(name: &str, path: &Path) -> ErrorList {
    if name.is_empty() {
        return vec![Error::required(path, "")];
    }
    // Kubernetes takes the name for a prefix, which may end in a dash.
    let masked = match name.strip_suffix('-') {
        Some(rest) => rest.char_indices().next_back().map(|(last, _)| format!("{}a", &rest[..last])),
        None => None,
    };
    invalid_each(path, name, format::dns1123_subdomain(masked.as_deref().unwrap_or(name))).collect()
}

fn value_from(variable: &EnvVar, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(source) = &variable.value_from else { return errors };
    let mut sources = 0;
    if let Some(reference) = &source.field_ref {
        sources += 1;
        errors.extend(field_selector(reference, &ENVIRONMENT_FIELDS, &path.child("fieldRef")));
    }
    if let Some(reference) = &source.resource_field_ref {
        sources += 1;
        errors.extend(resource_selector(reference, false, &path.child("resourceFieldRef")));
    }
    if let Some(reference) = &source.config_map_key_ref {
        sources += 1;
        errors.extend(key_selector(&reference.name, &reference.key, &path.child("configMapKeyRef")));
    }
    if let Some(reference) = &source.secret_key_ref {
        sources += 1;
        errors.extend(key_selector(&reference.name, &reference.key, &path.child("secretKeyRef")));
    }
    if let Some(reference) = &source.file_key_ref {
        sources += 1;
        errors.extend(file_key(reference, &path.child("fileKeyRef")));
    }
    if sources == 0 {
        let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or \
                      `fileKeyRef`";
        errors.push(Error::invalid(path, "", detail));
    } else if !text(variable.value.as_ref()).is_empty() {
        errors.push(Error::invalid(path, "", "may not be specified when `value` is not empty"));
    } else if sources > 1 {
        errors.push(Error::invalid(path, "", "may not have more than one field specified at a time"));
    }
    errors
}

/// A variable from a file that another container wrote (KEP-3721).
fn file_key(selector: &FileKeySelector, path: &Path) -> ErrorList {
    let mut errors = required(&[("key", &selector.key)], path);
    if !selector.key.is_empty() {
        let messages = format::environment_variable_name(&selector.key);
        errors.extend(invalid_each(&path.child("key"), &selector.key, messages));
    }
    errors.extend(required(&[("volumeName", &selector.volume_name)], path));
    if !selector.volume_name.is_empty() {
        let messages = format::dns1123_label(&selector.volume_name);
        errors.extend(invalid_each(&path.child("volumeName"), &selector.volume_name, messages));
    }
    errors.extend(required(&[("path", &selector.path)], path));
    errors.extend(paths::no_backsteps(&selector.path, &path.child("path")));
    errors
}

fn key_selector(name: &str, key: &str, path: &Path) -> ErrorList {
    let mut errors: ErrorList = invalid_each(&path.child("name"), name, format::dns1123_subdomain(name)).collect();
    if key.is_empty() {
        errors.push(Error::required(&path.child("key"), ""));
    } else {
        errors.extend(invalid_each(&path.child("key"), key, format::config_map_key(key)));
    }
    errors
}

/// A field of the pod, one of `fields`, a label or an annotation.
pub fn field_selector(selector: &ObjectFieldSelector, fields: &[&str], path: &Path) -> ErrorList {
    let field_path = path.child("fieldPath");
    if text(selector.api_version.as_ref()).is_empty() {
        return vec![Error::required(&path.child("apiVersion"), "")];
    }
    if selector.field_path.is_empty() {
        return vec![Error::required(&field_path, "")];
    }
    let version = text(selector.api_version.as_ref());
    if version != "v1" {
        let detail = format!("error converting fieldPath: unsupported pod version: {version}");
        return vec![Error::invalid(&field_path, selector.field_path.as_str(), detail)];
    }
    if let Some((field, subscript)) = subscripted(&selector.field_path) {
        return match field {
            "metadata.annotations" => {
                let key = subscript.to_lowercase();
                invalid_each(path, &key, format::qualified_name(&key)).collect()
            }
            "metadata.labels" => invalid_each(path, subscript, format::qualified_name(subscript)).collect(),
            _ => {
                let label = &selector.field_path;
                let detail = format!("error converting fieldPath: field label does not support subscript: {label}");
                vec![Error::invalid(&field_path, label.as_str(), detail)]
            }
        };
    }
    // The name that nodeName had once.
    let field = if selector.field_path == "spec.host" { "spec.nodeName" } else { selector.field_path.as_str() };
    if !ENVIRONMENT_FIELDS.contains(&field) && !OTHER_FIELDS.contains(&field) {
        let detail = format!("error converting fieldPath: field label not supported: {field}");
        return vec![Error::invalid(&field_path, field, detail)];
    }
    if fields.contains(&field) { ErrorList::new() } else { vec![Error::not_supported(&field_path, field, fields)] }
}

/// Splits `metadata.labels['key']` into field and key.
fn subscripted(path: &str) -> Option<(&str, &str)> {
    let (field, rest) = path.strip_suffix("']")?.split_once("['")?;
    (!field.is_empty()).then_some((field, rest))
}

/// A resource limit or request of a container; a volume has to name the container.
pub fn resource_selector(selector: &ResourceFieldSelector, in_volume: bool, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let resource = selector.resource.as_str();
    let huge_pages = resource.starts_with("requests.hugepages-") || resource.starts_with("limits.hugepages-");
    if in_volume && text(selector.container_name.as_ref()).is_empty() {
        errors.push(Error::required(&path.child("containerName"), ""));
    } else if resource.is_empty() {
        errors.push(Error::required(&path.child("resource"), ""));
    } else if !RESOURCES.contains(&resource) && !huge_pages {
        errors.push(Error::not_supported(&path.child("resource"), resource, &RESOURCES));
    }
    errors.extend(divisor(selector, huge_pages, path));
    errors
}

fn divisor(selector: &ResourceFieldSelector, huge_pages: bool, path: &Path) -> Option<Error> {
    let divisor = selector.divisor.as_ref()?;
    let quantity: Quantity = divisor.0.parse().ok()?;
    if quantity.is_zero() {
        return None;
    }
    let resource = selector.resource.as_str();
    let (supported, kind): (&[&str], _) = match resource {
        "limits.cpu" | "requests.cpu" => (&["1m", "1"], "cpu"),
        "limits.memory" | "requests.memory" => (&BYTE_DIVISORS, "memory"),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => (&BYTE_DIVISORS, "local ephemeral storage"),
        _ if huge_pages => (&BYTE_DIVISORS, "hugepages"),
        _ => return None,
    };
    if supported.contains(&quantity.to_string().as_str()) {
        return None;
    }
    let verb = if kind == "cpu" { "1m and 1".to_owned() } else { BYTE_DIVISORS.join(", ") };
    let detail = format!("only divisor's values {verb} are supported with the {kind} resource");
    Some(Error::invalid(&path.child("divisor"), resource, detail))
}
