//! What makes a kind's objects different when they are created, updated and deleted
//! (`k8s.io/apiserver/pkg/registry/rest`: create, update and delete strategies).

use serde_json::Value;

use crate::field::ErrorList;

/// How one kind is created, updated and deleted. All methods are pure; objects are complete and typed right
/// (they have passed `schema::decode`).
pub trait Strategy: Send + Sync {
    /// Fills in what the object leaves open. Applied to everything that comes in, also on update.
    fn default(&self, object: &mut Value);

    /// Brings a new object into its first state: no status where status is a subresource, generation 1.
    fn prepare_for_create(&self, object: &mut Value);

    /// Puts back what an update may not change and raises the generation if the specification changed.
    fn prepare_for_update(&self, new: &mut Value, old: &Value);

    /// Puts back everything but the status.
    fn prepare_status_update(&self, new: &mut Value, old: &Value);

    /// All that is wrong with a new object. Its name must be set already.
    fn validate(&self, object: &Value) -> ErrorList;

    /// All that is wrong with `new` as the successor of `old`.
    fn validate_update(&self, new: &Value, old: &Value) -> ErrorList;

    /// All that is wrong with the status of `new` as the successor of `old`'s.
    fn validate_status_update(&self, new: &Value, old: &Value) -> ErrorList;

    /// What a client should know about a valid object, for the `Warning` headers.
    fn warnings(&self, object: &Value) -> Vec<String>;

    /// What is wrong with an object's name; empty if nothing is.
    fn name_errors(&self, name: &str) -> Vec<String>;

    /// Whether PUT may create an object that does not exist.
    fn allow_create_on_update(&self) -> bool;

    /// How many seconds an object lives on after its deletion was asked for with `requested` seconds of grace.
    /// `None`: the kind knows no graceful deletion, the object goes at once.
    fn deletion_grace_period(&self, object: &Value, requested: Option<i64>) -> Option<i64>;
}
