//! `discovery.k8s.io`.

use crate::{behaviour::Behaviour, defaults, printers, strategy::is_desired_otherwise};

pub static ENDPOINT_SLICE: Behaviour = Behaviour {
    defaults: defaults::service::endpoint_slice,
    is_new_generation: Some(is_desired_otherwise),
    printer: printers::network::ENDPOINT_SLICE,
    ..Behaviour::PLAIN
};
