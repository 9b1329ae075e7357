//! What pods' subresources `ephemeralcontainers` and `resize` change.

use serde_json::Value;

use super::{Strategy, keep_metadata, pod};
use crate::{field::ErrorList, meta, validation};

impl Strategy {
    /// Puts back everything but a pod's ephemeral containers, for their subresource.
    pub fn prepare_ephemeral_containers_update(self, new: &mut Value, old: &Value) {
        pod::keep_all_but_ephemeral_containers(new, old);
        keep_metadata(new, old);
        self.count_change(new, old);
    }

    /// Puts back everything but a pod's resources, for the subresource `resize`.
    pub fn prepare_resize_update(self, new: &mut Value, old: &Value) {
        pod::keep_all_but_resources(new, old);
        keep_metadata(new, old);
        self.count_change(new, old);
    }

    /// All that is wrong with the ephemeral containers of `new` as the successor of `old`.
    #[must_use]
    pub fn validate_ephemeral_containers_update(self, new: &Value, old: &Value) -> ErrorList {
        let mut errors = meta::validate_update(new, old);
        errors.extend(validation::validate_ephemeral_containers_update(new, old));
        errors
    }

    /// All that is wrong with the resources of `new` as the successor of `old`.
    #[must_use]
    pub fn validate_resize_update(self, new: &Value, old: &Value) -> ErrorList {
        let mut errors = meta::validate_update(new, old);
        errors.extend(validation::validate_resize_update(new, old));
        errors
    }
}
