//! `discovery.k8s.io`.

use crate::{defaults, printers};
use machinery::{behaviour::Behaviour, strategy::is_desired_otherwise};

pub static ENDPOINT_SLICE: Behaviour = Behaviour {
    defaults: defaults::service::endpoint_slice,
    is_new_generation: Some(is_desired_otherwise),
    printer: printers::network::ENDPOINT_SLICE,
    ..Behaviour::PLAIN
};
