//! `flowcontrol.apiserver.k8s.io`.

use machinery::{behaviour::Behaviour, strategy::is_desired_otherwise};

pub static FLOW_SCHEMA: Behaviour = Behaviour { is_new_generation: Some(is_desired_otherwise), ..Behaviour::PLAIN };

pub static PRIORITY_LEVEL_CONFIGURATION: Behaviour =
    Behaviour { is_new_generation: Some(is_desired_otherwise), ..Behaviour::PLAIN };
