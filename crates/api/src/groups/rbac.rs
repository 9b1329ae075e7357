//! `rbac.authorization.k8s.io`.

use crate::{defaults, printers, validation::workload};
use machinery::{behaviour::Behaviour, format};

/// Of roles, in a namespace and in the cluster.
pub static ROLE: Behaviour = Behaviour { names: format::path_segment, creates_on_update: true, ..Behaviour::PLAIN };

/// Of bindings, in a namespace and in the cluster.
pub static ROLE_BINDING: Behaviour = Behaviour {
    defaults: defaults::cluster::role_binding,
    names: format::path_segment,
    validate_update: workload::immutable_role,
    creates_on_update: true,
    printer: printers::cluster::ROLE_BINDING,
    ..Behaviour::PLAIN
};
