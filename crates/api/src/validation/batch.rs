//! Jobs and `CronJob`s (`pkg/apis/batch/validation`).

use super::{non_negative, pod, text};
use crate::cron;
use k8s_openapi::api::batch::v1::{CronJob, Job, JobSpec};
use machinery::field::{Error, ErrorList, Path};

/// A Job at any time.
pub fn job(job: &Job) -> ErrorList {
    let path = Path::new("spec");
    match &job.spec {
        Some(spec) => job_spec(spec, &path),
        None => vec![Error::required(&path, "")],
    }
}

/// A `CronJob` at any time.
pub fn cron_job(job: &CronJob) -> ErrorList {
    let path = Path::new("spec");
    let spec = &job.spec;
    let mut errors = ErrorList::new();
    if spec.schedule.is_empty() {
        errors.push(Error::required(&path.child("schedule"), ""));
    } else if let Err(detail) = cron::check(&spec.schedule) {
        errors.push(Error::invalid(&path.child("schedule"), spec.schedule.as_str(), detail));
    }
    if spec.schedule.contains("TZ") {
        let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        errors.push(Error::invalid(&path.child("schedule"), spec.schedule.as_str(), detail));
    }
    if let Some(seconds) = spec.starting_deadline_seconds {
        errors.extend(non_negative(seconds, &path.child("startingDeadlineSeconds")));
    }
    let policy = text(spec.concurrency_policy.as_ref());
    let policies = ["Allow", "Forbid", "Replace"];
    if !policies.contains(&policy) {
        errors.push(Error::not_supported(&path.child("concurrencyPolicy"), policy, &policies));
    }
    let limits = [
        ("successfulJobsHistoryLimit", spec.successful_jobs_history_limit),
        ("failedJobsHistoryLimit", spec.failed_jobs_history_limit),
    ];
    for (field, limit) in limits {
        errors.extend(non_negative(limit.unwrap_or_default().into(), &path.child(field)));
    }
    if let Some(spec) = &spec.job_template.spec {
        errors.extend(job_spec(spec, &path.child("jobTemplate").child("spec")));
    }
    errors
}

fn job_spec(spec: &JobSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let numbers = [
        ("parallelism", spec.parallelism.map(i64::from)),
        ("completions", spec.completions.map(i64::from)),
        ("activeDeadlineSeconds", spec.active_deadline_seconds),
        ("backoffLimit", spec.backoff_limit.map(i64::from)),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished.map(i64::from)),
    ];
    for (field, number) in numbers {
        errors.extend(non_negative(number.unwrap_or_default(), &path.child(field)));
    }
    if let Some(mode) = spec.completion_mode.as_deref() {
        let path = path.child("completionMode");
        if !matches!(mode, "NonIndexed" | "Indexed") {
            errors.push(Error::not_supported(&path, mode, &["Indexed", "NonIndexed"]));
        }
        if mode == "Indexed" && spec.completions.is_none() {
            errors.push(Error::required(&path, "when completion mode is Indexed"));
        }
    }
    errors.extend(pod::pod_template_spec(&spec.template, &path.child("template")));
    let policy = text(spec.template.spec.as_ref().and_then(|spec| spec.restart_policy.as_ref()));
    if !matches!(policy, "OnFailure" | "Never") {
        let path = path.child("template").child("spec").child("restartPolicy");
        errors.push(Error::required(&path, "valid values: \"OnFailure\", \"Never\""));
    }
    errors
}
