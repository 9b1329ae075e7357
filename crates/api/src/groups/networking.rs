//! `networking.k8s.io`.

use crate::{defaults, printers};
use machinery::{
    behaviour::{Behaviour, StatusBehaviour},
    format,
    strategy::is_desired_otherwise,
};

pub static INGRESS: Behaviour = Behaviour {
    is_new_generation: Some(is_desired_otherwise),
    status: StatusBehaviour::WITH_METADATA,
    printer: printers::network::INGRESS,
    ..Behaviour::PLAIN
};

pub static INGRESS_CLASS: Behaviour = Behaviour {
    defaults: defaults::service::ingress_class,
    printer: printers::network::INGRESS_CLASS,
    ..Behaviour::PLAIN
};

pub static IP_ADDRESS: Behaviour = Behaviour { names: format::ip, ..Behaviour::PLAIN };

pub static NETWORK_POLICY: Behaviour = Behaviour {
    defaults: defaults::service::network_policy,
    is_new_generation: Some(is_desired_otherwise),
    printer: printers::network::NETWORK_POLICY,
    ..Behaviour::PLAIN
};
