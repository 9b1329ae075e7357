//! `policy`.

use crate::{
    printers,
    validation::{typed, workload},
};
use machinery::{
    behaviour::{Behaviour, StatusBehaviour},
    strategy::is_desired_otherwise,
};

pub static POD_DISRUPTION_BUDGET: Behaviour = Behaviour {
    is_new_generation: Some(is_desired_otherwise),
    validate: |object| typed(object, workload::pod_disruption_budget),
    status: StatusBehaviour::WITH_METADATA,
    printer: printers::workload::POD_DISRUPTION_BUDGET,
    ..Behaviour::PLAIN
};
