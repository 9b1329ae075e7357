//! Jobs and `CronJob`s.

use super::pod::template;
use machinery::fields::{Object, child, child_or_new, is_filled, is_unset, items, set_default};
use serde_json::Value;

/// A Job.
pub fn job(object: &mut Object) {
    let labels = object.get("spec").and_then(|spec| spec.pointer("/template/metadata/labels")).cloned();
    let Some(spec) = child(object, "spec") else { return };
    if is_unset(spec, "completions") && is_unset(spec, "parallelism") {
        set_default(spec, "completions", 1);
    }
    set_default(spec, "parallelism", 1);
    let limit = if is_unset(spec, "backoffLimitPerIndex") { 6 } else { i64::from(i32::MAX) };
    set_default(spec, "backoffLimit", limit);
    set_default(spec, "completionMode", "NonIndexed");
    set_default(spec, "suspend", false);
    let has_failure_policy = child(spec, "podFailurePolicy").is_some();
    set_default(spec, "podReplacementPolicy", if has_failure_policy { "Failed" } else { "TerminatingOrFailed" });
    if let Some(policy) = child(spec, "podFailurePolicy") {
        for rule in items(policy, "rules") {
            for condition in items(rule, "onPodConditions") {
                set_default(condition, "status", "True");
            }
        }
    }
    template(spec);
    if let Some(labels @ Value::Object(_)) = labels
        && let Some(metadata) = child_or_new(object, "metadata").filter(|metadata| !is_filled(metadata, "labels"))
    {
        metadata.insert("labels".to_owned(), labels);
    }
}

/// A `CronJob`.
pub fn cron_job(object: &mut Object) {
    let Some(spec) = child(object, "spec") else { return };
    set_default(spec, "concurrencyPolicy", "Allow");
    set_default(spec, "suspend", false);
    set_default(spec, "successfulJobsHistoryLimit", 3);
    set_default(spec, "failedJobsHistoryLimit", 1);
    if let Some(job) = child(spec, "jobTemplate").and_then(|template| child(template, "spec")) {
        template(job);
    }
}
