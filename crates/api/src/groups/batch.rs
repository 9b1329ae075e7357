//! `batch`.

use super::templates::CONTROLLER;
use crate::{
    defaults, prepare, printers,
    validation::{batch, template_warnings, typed, workload},
};
use machinery::{behaviour::Behaviour, format, selectable::SelectableField};
use serde_json::Value;
use std::borrow::Cow::Borrowed;

pub static CRON_JOB: Behaviour = Behaviour {
    defaults: defaults::batch::cron_job,
    names: cron_job_name,
    prepare_for_create: |new| prepare::pod::drop_disabled_at(POD_OF_CRON_JOB, new, &Value::Null),
    prepare_for_update: |new, old| prepare::pod::drop_disabled_at(POD_OF_CRON_JOB, new, old),
    validate: |object| typed(object, batch::cron_job),
    warnings: |object| template_warnings("spec/jobTemplate/spec/template", object),
    printer: printers::batch::CRON_JOB,
    ..CONTROLLER
};

pub static JOB: Behaviour = Behaviour {
    defaults: defaults::batch::job,
    prepare_for_create: |new| {
        (CONTROLLER.prepare_for_create)(new);
        prepare::job::prepare_for_create(new);
    },
    validate: |object| typed(object, batch::job),
    validate_update: workload::job_update,
    printer: printers::batch::JOB,
    selectable: Some(Borrowed(&[SelectableField {
        name: Borrowed("status.successful"),
        path: Borrowed("status.succeeded"),
        otherwise: "",
        default: "0",
    }])),
    ..CONTROLLER
};

const POD_OF_CRON_JOB: &str = "/spec/jobTemplate/spec/template/spec";

/// A `CronJob`'s jobs are called after it, with eleven characters more.
fn cron_job_name(name: &str) -> Vec<String> {
    let mut errors = format::dns1123_subdomain(name);
    if name.len() > 52 {
        errors.push("must be no more than 52 characters".to_owned());
    }
    errors
}
