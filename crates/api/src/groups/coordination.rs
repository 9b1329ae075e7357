//! `coordination.k8s.io`.

use crate::{
    printers,
    validation::{configuration, typed},
};
use machinery::behaviour::Behaviour;

pub static LEASE: Behaviour = Behaviour {
    validate: |object| typed(object, configuration::lease),
    creates_on_update: true,
    printer: printers::configuration::LEASE,
    ..Behaviour::PLAIN
};
