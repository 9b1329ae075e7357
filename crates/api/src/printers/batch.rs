//! Jobs and `CronJob`s.

use jiff::Timestamp;
use machinery::{
    meta,
    table::{
        AGE, CONTAINERS, Column, IMAGES, NAME, NONE, Printer, SELECTOR, age, condition, containers, human_duration,
        items, number, or_none, selector, since, timestamp,
    },
};
use serde_json::Value;

pub const JOB: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Status", "What became of the Job."),
        Column::text("Completions", "How many pods succeeded, of how many must."),
        Column::text("Duration", "How long the Job took, or has taken so far."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |object, now| {
        let spec = &object["spec"];
        let [names, images] = containers(spec);
        vec![
            meta::name(object).into(),
            status(object).into(),
            completions(object).into(),
            duration(object, now).into(),
            age(object, now),
            names,
            images,
            selector(&spec["selector"]).into(),
        ]
    },
};

pub const CRON_JOB: Printer = Printer::Code {
    columns: &[
        NAME,
        Column::text("Schedule", "When Jobs are started."),
        Column::text("Timezone", "The time zone of the schedule."),
        Column { r#type: "boolean", ..Column::text("Suspend", "Whether no Jobs are started for now.") },
        Column::number("Active", "How many Jobs are running."),
        Column::text("Last Schedule", "How long ago a Job was last started."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |object, now| {
        let (spec, status) = (&object["spec"], &object["status"]);
        let job = &spec["jobTemplate"]["spec"];
        let [names, images] = containers(job);
        let last = &status["lastScheduleTime"];
        let suspended = match spec["suspend"].as_bool() {
            Some(true) => "True",
            Some(false) => "False",
            None => "<unset>",
        };
        vec![
            meta::name(object).into(),
            spec["schedule"].clone(),
            or_none(&spec["timeZone"]).into(),
            suspended.into(),
            items(&status["active"]).len().into(),
            if last.is_null() { NONE.into() } else { since(last, now).into() },
            age(object, now),
            names,
            images,
            selector(&job["selector"]).into(),
        ]
    },
};

fn status(job: &Value) -> &'static str {
    let conditions = [("Complete", "Complete"), ("Failed", "Failed")];
    if let Some((_, status)) = conditions.iter().find(|(kind, _)| condition(job, kind)) {
        return status;
    }
    if meta::deletion_timestamp(job).is_some() {
        return "Terminating";
    }
    let conditions = ["Suspended", "FailureTarget", "SuccessCriteriaMet"];
    conditions.into_iter().find(|kind| condition(job, kind)).unwrap_or("Running")
}

fn completions(job: &Value) -> String {
    let succeeded = number(&job["status"]["succeeded"]);
    match (job["spec"]["completions"].as_i64(), number(&job["spec"]["parallelism"])) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, parallelism) if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        (None, _) => format!("{succeeded}/1"),
    }
}

fn duration(job: &Value, now: Timestamp) -> String {
    let status = &job["status"];
    let Some(start) = timestamp(&status["startTime"]) else { return String::new() };
    let end = timestamp(&status["completionTime"]).unwrap_or(now);
    human_duration(end.duration_since(start).as_secs())
}
