//! Labels, their keys, and selectors over them (`pkg/apis/meta/v1/validation`).

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use std::collections::BTreeMap;

/// A map of labels.
pub fn labels(labels: &BTreeMap<String, String>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (key, value) in labels {
        errors.extend(label_name(key, path));
        errors.extend(invalid_each(path, value, format::label_value(value)));
    }
    errors
}

/// The key of a label.
pub fn label_name(name: &str, path: &Path) -> ErrorList {
    invalid_each(path, name, format::qualified_name(name)).collect()
}

/// A label selector.
pub fn label_selector(selector: &LabelSelector, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(match_labels) = &selector.match_labels {
        errors.extend(labels(match_labels, &path.child("matchLabels")));
    }
    let expressions = path.child("matchExpressions");
    for (index, requirement) in selector.match_expressions.iter().flatten().enumerate() {
        errors.extend(label_selector_requirement(requirement, &expressions.index(index)));
    }
    errors
}

fn label_selector_requirement(requirement: &LabelSelectorRequirement, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let values = requirement.values.as_deref().unwrap_or_default();
    let values_path = path.child("values");
    match requirement.operator.as_str() {
        "In" | "NotIn" if values.is_empty() => {
            errors.push(Error::required(&values_path, "must be specified when `operator` is 'In' or 'NotIn'"));
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(Error::forbidden(&values_path, detail));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => errors.push(Error::invalid(&path.child("operator"), other, "not a valid selector operator")),
    }
    errors.extend(label_name(&requirement.key, &path.child("key")));
    for (index, value) in values.iter().enumerate() {
        errors.extend(invalid_each(&values_path.index(index), value, format::label_value(value)));
    }
    errors
}
