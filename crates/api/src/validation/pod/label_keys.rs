//! `matchLabelKeys` and `mismatchLabelKeys`: labels of which the pod's own value is selected, or all others (KEP-3633,
//! KEP-3243).

use crate::validation::labels::label_name;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use machinery::field::{Error, ErrorList, Path};
use std::collections::HashSet;

/// The keys of a term or a constraint at `path`. By now a requirement for each stands in the selector, so a key of
/// which there is more was selected by its author too.
pub fn label_keys(
    matching: &[String],
    mismatching: &[String],
    selector: Option<&LabelSelector>,
    path: &Path,
) -> ErrorList {
    let mut errors = ErrorList::new();
    for (field, keys) in [("matchLabelKeys", matching), ("mismatchLabelKeys", mismatching)] {
        let path = path.child(field);
        if keys.is_empty() {
            continue;
        }
        if selector.is_none() {
            errors.push(Error::forbidden(&path, "must not be specified when labelSelector is not set"));
            continue;
        }
        errors.extend(keys.iter().enumerate().flat_map(|(index, key)| label_name(key, &path.index(index))));
    }
    let mut selected: HashSet<&str> = selector
        .iter()
        .filter_map(|found| found.match_labels.as_ref())
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    for requirement in selector.iter().filter_map(|found| found.match_expressions.as_ref()).flatten() {
        let key = requirement.key.as_str();
        let position = matching.iter().rposition(|other| other == key);
        if let Some(index) = position.filter(|_| selected.contains(key)) {
            errors.push(Error::invalid(&path.index(index), key, "exists in both matchLabelKeys and labelSelector"));
        }
        selected.insert(key);
    }
    for (index, key) in matching.iter().enumerate().filter(|(_, key)| mismatching.contains(key)) {
        let detail = "exists in both matchLabelKeys and mismatchLabelKeys";
        errors.push(Error::invalid(&path.child("matchLabelKeys").index(index), key.as_str(), detail));
    }
    errors
}
