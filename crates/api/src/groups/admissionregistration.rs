//! `admissionregistration.k8s.io`.

use crate::defaults;
use machinery::{behaviour::Behaviour, strategy::is_desired_otherwise};

/// Of policies and their bindings.
pub static POLICY: Behaviour = Behaviour { is_new_generation: Some(is_desired_otherwise), ..Behaviour::PLAIN };

pub static MUTATING_WEBHOOK_CONFIGURATION: Behaviour = Behaviour {
    defaults: defaults::cluster::mutating_webhooks,
    is_new_generation: Some(is_desired_otherwise),
    ..Behaviour::PLAIN
};

pub static VALIDATING_WEBHOOK_CONFIGURATION: Behaviour = Behaviour {
    defaults: defaults::cluster::validating_webhooks,
    is_new_generation: Some(is_desired_otherwise),
    ..Behaviour::PLAIN
};
