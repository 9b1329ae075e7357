//! What kinds have in common that make pods from a template.

use crate::{prepare::pod::drop_disabled_at, validation::template_warnings};
use machinery::{
    behaviour::{Behaviour, Scale, StatusBehaviour},
    strategy::is_desired_otherwise,
};
use serde_json::Value;
use std::borrow::Cow::Borrowed;

/// A controller of pods: its template is in `spec`, its changes are counted, its controller may change its metadata
/// together with its status.
pub const CONTROLLER: Behaviour = Behaviour {
    prepare_for_create: |new| drop_disabled_at("/spec/template/spec", new, &Value::Null),
    prepare_for_update: |new, old| drop_disabled_at("/spec/template/spec", new, old),
    is_new_generation: Some(is_desired_otherwise),
    warnings: |object| template_warnings("spec/template", object),
    status: StatusBehaviour::WITH_METADATA,
    ..Behaviour::PLAIN
};

/// Where workloads have the number of their pods.
pub const REPLICAS: Scale = Scale {
    wanted: Borrowed("/spec/replicas"),
    actual: Borrowed("/status/replicas"),
    selector: Some(Borrowed("/spec/selector")),
};
