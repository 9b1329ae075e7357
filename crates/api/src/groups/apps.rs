//! `apps`.

use super::templates::{CONTROLLER, REPLICAS};
use crate::{
    defaults, printers,
    validation::{typed, workload},
};
use machinery::{
    behaviour::{Behaviour, StatusBehaviour},
    canonical::canonical,
    selectable::SelectableField,
    strategy::is_desired_otherwise,
};
use serde_json::Value;
use std::borrow::Cow::Borrowed;

pub static CONTROLLER_REVISION: Behaviour =
    Behaviour { printer: printers::workload::CONTROLLER_REVISION, ..Behaviour::PLAIN };

pub static DAEMON_SET: Behaviour = Behaviour {
    defaults: defaults::workload::daemon_set,
    validate: |object| typed(object, workload::daemon_set),
    validate_update: workload::immutable_selector,
    printer: printers::workload::DAEMON_SET,
    ..CONTROLLER
};

pub static DEPLOYMENT: Behaviour = Behaviour {
    defaults: defaults::workload::deployment,
    is_new_generation: Some(is_new_deployment),
    validate: |object| typed(object, workload::deployment),
    validate_update: workload::immutable_selector,
    status: StatusBehaviour { keeps: &["labels"], ..StatusBehaviour::PLAIN },
    scale: Some(REPLICAS),
    printer: printers::workload::DEPLOYMENT,
    ..CONTROLLER
};

pub static REPLICA_SET: Behaviour = Behaviour {
    defaults: defaults::workload::replica_set,
    validate: |object| typed(object, workload::replica_set),
    validate_update: workload::immutable_selector,
    scale: Some(REPLICAS),
    printer: printers::workload::REPLICA_SET,
    selectable: Some(Borrowed(&[SelectableField::or("status.replicas", "0")])),
    ..CONTROLLER
};

pub static STATEFUL_SET: Behaviour = Behaviour {
    defaults: defaults::workload::stateful_set,
    validate: |object| typed(object, workload::stateful_set),
    validate_update: workload::stateful_set_update,
    scale: Some(REPLICAS),
    printer: printers::workload::STATEFUL_SET,
    ..CONTROLLER
};

/// Annotations of a Deployment are copied to its replica sets: a change of them counts too.
fn is_new_deployment(new: &Value, old: &Value) -> bool {
    let annotations = |object: &Value| canonical(object["metadata"]["annotations"].clone());
    is_desired_otherwise(new, old) || annotations(new) != annotations(old)
}
