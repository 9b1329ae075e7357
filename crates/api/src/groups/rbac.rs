//! `rbac.authorization.k8s.io`.

use crate::{
    defaults, printers,
    validation::{rbac, workload},
};
use machinery::{behaviour::Behaviour, format};

pub static ROLE: Behaviour = Behaviour { validate: rbac::role, ..OF_ROLES };

pub static CLUSTER_ROLE: Behaviour = Behaviour { validate: rbac::cluster_role, ..OF_ROLES };

pub static ROLE_BINDING: Behaviour = Behaviour { validate: rbac::role_binding, ..OF_BINDINGS };

pub static CLUSTER_ROLE_BINDING: Behaviour = Behaviour { validate: rbac::cluster_role_binding, ..OF_BINDINGS };

/// Of roles, in a namespace and in the cluster.
const OF_ROLES: Behaviour = Behaviour { names: format::path_segment, creates_on_update: true, ..Behaviour::PLAIN };

/// Of bindings, in a namespace and in the cluster.
const OF_BINDINGS: Behaviour = Behaviour {
    defaults: defaults::cluster::role_binding,
    names: format::path_segment,
    validate_update: workload::immutable_role,
    creates_on_update: true,
    printer: printers::cluster::ROLE_BINDING,
    ..Behaviour::PLAIN
};
