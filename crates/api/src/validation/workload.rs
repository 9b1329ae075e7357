//! Deployments and the other controllers of long-running pods (`pkg/apis/apps/validation`).

use super::{labels, metadata::immutable, non_negative, pod, text};
use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet},
        core::v1::{PodTemplateSpec, ReplicationController},
        policy::v1::PodDisruptionBudget,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};
use machinery::{
    canonical::canonical,
    field::{Error, ErrorList, Path},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A Deployment at any time.
pub fn deployment(deployment: &Deployment) -> ErrorList {
    let path = Path::new("spec");
    let spec = &deployment.spec;
    let mut errors = counts(&[("replicas", spec.replicas), ("minReadySeconds", spec.min_ready_seconds)], &path);
    errors.extend(selector_and_template(&spec.selector, Some(&spec.template), "deployment", &path));
    let strategy = spec.strategy.clone().unwrap_or_default();
    let strategy_path = path.child("strategy");
    match (text(strategy.type_.as_ref()), &strategy.rolling_update) {
        ("RollingUpdate", Some(update)) => {
            let path = strategy_path.child("rollingUpdate");
            errors.extend(rolling(update.max_unavailable.as_ref(), update.max_surge.as_ref(), &path));
        }
        ("Recreate", Some(_)) => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            errors.push(Error::forbidden(&strategy_path.child("rollingUpdate"), detail));
        }
        ("RollingUpdate" | "Recreate", None) => {}
        (other, _) => {
            let supported = ["Recreate", "RollingUpdate"];
            errors.push(Error::not_supported(&strategy_path.child("type"), other, &supported));
        }
    }
    errors.extend(counts(&[("revisionHistoryLimit", spec.revision_history_limit)], &path));
    if let Some(deadline) = spec.progress_deadline_seconds {
        let path = path.child("progressDeadlineSeconds");
        errors.extend(non_negative(deadline.into(), &path));
        if deadline <= spec.min_ready_seconds.unwrap_or_default() {
            errors.push(Error::invalid(&path, deadline, "must be greater than minReadySeconds"));
        }
    }
    errors
}

/// A `ReplicaSet` at any time.
pub fn replica_set(set: &ReplicaSet) -> ErrorList {
    let path = Path::new("spec");
    let spec = &set.spec;
    let mut errors = counts(&[("replicas", spec.replicas), ("minReadySeconds", spec.min_ready_seconds)], &path);
    errors.extend(selector_and_template(&spec.selector, spec.template.as_ref(), "deployment", &path));
    errors
}

/// A `DaemonSet` at any time.
pub fn daemon_set(set: &DaemonSet) -> ErrorList {
    let path = Path::new("spec");
    let spec = &set.spec;
    let mut errors = selector_and_template(&spec.selector, Some(&spec.template), "daemonset", &path);
    let numbers = [("minReadySeconds", spec.min_ready_seconds), ("revisionHistoryLimit", spec.revision_history_limit)];
    errors.extend(counts(&numbers, &path));
    let strategy = spec.update_strategy.clone().unwrap_or_default();
    let path = path.child("updateStrategy");
    errors.extend(update_strategy(text(strategy.type_.as_ref()), &path));
    if let Some(update) = &strategy.rolling_update {
        let path = path.child("rollingUpdate");
        errors.extend(rolling(update.max_unavailable.as_ref(), update.max_surge.as_ref(), &path));
    }
    errors
}

/// A `StatefulSet` at any time.
pub fn stateful_set(set: &StatefulSet) -> ErrorList {
    let path = Path::new("spec");
    let spec = &set.spec;
    let mut errors = ErrorList::new();
    let policy = text(spec.pod_management_policy.as_ref());
    if !matches!(policy, "OrderedReady" | "Parallel") {
        let detail = "must be 'OrderedReady' or 'Parallel'";
        errors.push(Error::invalid(&path.child("podManagementPolicy"), policy, detail));
    }
    let strategy = spec.update_strategy.clone().unwrap_or_default();
    errors.extend(update_strategy(text(strategy.type_.as_ref()), &path.child("updateStrategy")));
    errors.extend(counts(&[("replicas", spec.replicas), ("minReadySeconds", spec.min_ready_seconds)], &path));
    errors.extend(selector_and_template(&spec.selector, Some(&spec.template), "statefulset", &path));
    errors
}

/// A `ReplicationController` at any time.
pub fn replication_controller(controller: &ReplicationController) -> ErrorList {
    let path = Path::new("spec");
    let Some(spec) = &controller.spec else { return vec![Error::required(&path, "")] };
    let mut errors = counts(&[("replicas", spec.replicas), ("minReadySeconds", spec.min_ready_seconds)], &path);
    let selector = spec.selector.clone().unwrap_or_default();
    if selector.is_empty() {
        errors.push(Error::required(&path.child("selector"), ""));
    }
    errors.extend(template(spec.template.as_ref(), &selector, &path.child("template")));
    errors
}

/// A `PodDisruptionBudget` at any time.
pub fn pod_disruption_budget(budget: &PodDisruptionBudget) -> ErrorList {
    let path = Path::new("spec");
    let spec = budget.spec.clone().unwrap_or_default();
    let mut errors = ErrorList::new();
    if spec.min_available.is_some() && spec.max_unavailable.is_some() {
        let detail = "minAvailable and maxUnavailable cannot be both set";
        errors.push(Error::invalid(&path, json!(spec), detail));
    }
    for (field, value) in [("minAvailable", &spec.min_available), ("maxUnavailable", &spec.max_unavailable)] {
        errors.extend(value.as_ref().and_then(|value| int_or_percent(value, &path.child(field))));
    }
    if let Some(selector) = &spec.selector {
        errors.extend(labels::label_selector(selector, &path.child("selector")));
    }
    errors
}

/// The selector of a controller may not change.
pub fn immutable_selector(new: &Value, old: &Value) -> ErrorList {
    immutable_fields(&["selector"], new, old)
}

/// What of a Job may not change.
pub fn job_update(new: &Value, old: &Value) -> ErrorList {
    immutable_fields(&["completions", "selector", "template", "completionMode", "podFailurePolicy"], new, old)
}

fn immutable_fields(fields: &[&str], new: &Value, old: &Value) -> ErrorList {
    let part = |object: &Value, field: &str| canonical(object["spec"][field].clone());
    let path = Path::new("spec");
    fields.iter().filter_map(|field| immutable(&part(new, field), &part(old, field), &path.child(field))).collect()
}

/// A binding is for one role.
pub fn immutable_role(new: &Value, old: &Value) -> ErrorList {
    let role = |object: &Value| canonical(object["roleRef"].clone());
    let changed = role(new) != role(old);
    changed.then(|| Error::invalid(&Path::new("roleRef"), role(new), "cannot change roleRef")).into_iter().collect()
}

/// Most of a `StatefulSet` may not change.
pub fn stateful_set_update(new: &Value, old: &Value) -> ErrorList {
    const UPDATABLE: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let fixed = |object: &Value| {
        let mut spec = object["spec"].clone();
        if let Some(fields) = spec.as_object_mut() {
            for field in UPDATABLE {
                fields.remove(field);
            }
        }
        canonical(spec)
    };
    if fixed(new) == fixed(old) {
        return ErrorList::new();
    }
    let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                  'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                  'minReadySeconds' are forbidden";
    vec![Error::forbidden(&Path::new("spec"), detail)]
}

fn counts(fields: &[(&str, Option<i32>)], path: &Path) -> ErrorList {
    let negative =
        |(field, value): &(&str, Option<i32>)| non_negative(value.unwrap_or_default().into(), &path.child(field));
    fields.iter().filter_map(negative).collect()
}

fn selector_and_template(
    selector: &LabelSelector,
    spec: Option<&PodTemplateSpec>,
    kind: &str,
    path: &Path,
) -> ErrorList {
    let mut errors = ErrorList::new();
    let selector_path = path.child("selector");
    errors.extend(labels::label_selector(selector, &selector_path));
    let empty = selector.match_labels.as_ref().is_none_or(BTreeMap::is_empty)
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty);
    if empty {
        let detail = format!("empty selector is invalid for {kind}");
        errors.push(Error::invalid(&selector_path, json!(selector), detail));
    }
    let match_labels = selector.match_labels.clone().unwrap_or_default();
    errors.extend(template(spec, &match_labels, &path.child("template")));
    errors
}

/// A template makes pods that the selector finds and that run for ever.
fn template(spec: Option<&PodTemplateSpec>, selector: &BTreeMap<String, String>, path: &Path) -> ErrorList {
    let Some(template) = spec else { return vec![Error::required(path, "")] };
    let mut errors = ErrorList::new();
    let found = template.metadata.as_ref().and_then(|metadata| metadata.labels.clone()).unwrap_or_default();
    if selector.iter().any(|(key, value)| found.get(key) != Some(value)) {
        let path = path.child("metadata").child("labels");
        errors.push(Error::invalid(&path, json!(found), "`selector` does not match template `labels`"));
    }
    errors.extend(pod::pod_template_spec(template, path));
    let pod_spec = template.spec.clone().unwrap_or_default();
    let path = path.child("spec");
    let policy = text(pod_spec.restart_policy.as_ref());
    if policy != "Always" {
        errors.push(Error::not_supported(&path.child("restartPolicy"), policy, &["Always"]));
    }
    if pod_spec.active_deadline_seconds.is_some() {
        let detail = "activeDeadlineSeconds in ReplicaSet is not Supported";
        errors.push(Error::forbidden(&path.child("activeDeadlineSeconds"), detail));
    }
    errors
}

fn update_strategy(kind: &str, path: &Path) -> Option<Error> {
    match kind {
        "RollingUpdate" | "OnDelete" => None,
        "" => Some(Error::required(path, "")),
        other => Some(Error::not_supported(&path.child("type"), other, &["OnDelete", "RollingUpdate"])),
    }
}

fn rolling(unavailable: Option<&IntOrString>, surge: Option<&IntOrString>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (field, value) in [("maxUnavailable", unavailable), ("maxSurge", surge)] {
        errors.extend(value.and_then(|value| int_or_percent(value, &path.child(field))));
    }
    let zero = |value: Option<&IntOrString>| match value {
        None | Some(IntOrString::Int(0)) => true,
        Some(IntOrString::String(text)) => text == "0%",
        Some(IntOrString::Int(_)) => false,
    };
    if zero(unavailable) && zero(surge) {
        let detail = "may not be 0 when `maxSurge` is 0";
        errors.push(Error::invalid(&path.child("maxUnavailable"), json!(unavailable), detail));
    }
    errors
}

fn int_or_percent(value: &IntOrString, path: &Path) -> Option<Error> {
    match value {
        IntOrString::Int(number) => non_negative((*number).into(), path),
        IntOrString::String(text) => {
            let percent = text.strip_suffix('%').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
            let detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
                          '93%', regex used for validation is '[0-9]+%')";
            percent.is_none_or(str::is_empty).then(|| Error::invalid(path, text.as_str(), detail))
        }
    }
}
