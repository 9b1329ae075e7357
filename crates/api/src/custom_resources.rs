//! `CustomResourceDefinition`s: objects that define kinds (`k8s.io/apiextensions-apiserver/pkg`). What is wrong with one,
//! and which of the names that it wants it gets. The kinds that come of it are made in `kinds::custom`.

mod defaults;
mod names;
mod prepare;
pub(crate) mod rules;
mod validation;

pub use names::{Names, accept, has_condition, set_condition};
pub use prepare::FINALIZER;

use machinery::{
    behaviour::{Behaviour, DeletionBehaviour, StatusBehaviour},
    strategy::is_desired_otherwise,
};
use serde_json::Value;

/// The group in which they are.
pub const GROUP: &str = "apiextensions.k8s.io";

pub static CUSTOM_RESOURCE_DEFINITION: Behaviour = Behaviour {
    defaults: defaults::defaults,
    prepare_for_create: prepare::prepare_for_create,
    prepare_for_update: |new, _| prepare::note_stored_version(new),
    is_new_generation: Some(is_desired_otherwise),
    updates_unconditionally: false,
    validate_create: validation::validate,
    validate_update: validation::validate_update,
    status: StatusBehaviour { validate: |new, _| validation::status(new), ..StatusBehaviour::PLAIN },
    deletion: DeletionBehaviour { mark: prepare::mark_deleted, ..DeletionBehaviour::PLAIN },
    ..Behaviour::PLAIN
};

/// The versions that a definition has.
pub(crate) fn versions(definition: &Value) -> impl Iterator<Item = &Value> {
    definition["spec"]["versions"].as_array().into_iter().flatten()
}

/// The name of the version in which objects are stored.
fn stored_version(definition: &Value) -> Option<&str> {
    versions(definition).find(|version| version["storage"] == true)?["name"].as_str()
}
