//! `coordination.k8s.io`.

use crate::{
    behaviour::Behaviour,
    printers,
    validation::{configuration, typed},
};

pub static LEASE: Behaviour = Behaviour {
    validate: |object| typed(object, configuration::lease),
    creates_on_update: true,
    printer: printers::configuration::LEASE,
    ..Behaviour::PLAIN
};
