//! The parts of an object that change apart from each other, each through a path of its own.

use super::{Strategy, keep_metadata, pod};
use crate::{field::ErrorList, meta, validation};
use serde_json::Value;

/// Which part of an object a write is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All but what has a subresource.
    Whole,
    /// The status, of kinds that have it as a subresource.
    Status,
    /// A pod's ephemeral containers.
    EphemeralContainers,
}

impl Part {
    /// The part that a subresource is; the whole for none.
    #[must_use]
    pub fn of(subresource: &str) -> Option<Self> {
        [Self::Whole, Self::Status, Self::EphemeralContainers]
            .into_iter()
            .find(|part| part.subresource() == subresource)
    }

    /// The subresource that it is, empty for the whole.
    #[must_use]
    pub fn subresource(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Status => "status",
            Self::EphemeralContainers => "ephemeralcontainers",
        }
    }
}

impl Strategy<'_> {
    /// Puts back what an update of this part may not change, and raises the generation if the specification changed.
    pub fn prepare_for_update(self, part: Part, new: &mut Value, old: &Value) {
        match part {
            Part::Whole => self.prepare_whole(new, old),
            Part::Status => self.prepare_status(new, old),
            Part::EphemeralContainers => {
                pod::keep_all_but_ephemeral_containers(new, old);
                keep_metadata(new, old);
                self.count_change(new, old);
            }
        }
    }

    /// All that is wrong with this part of `new` as the successor of `old`.
    #[must_use]
    pub fn validate_update(self, part: Part, new: &Value, old: &Value) -> ErrorList {
        let mut errors = meta::validate_update(new, old);
        errors.extend(match part {
            Part::Whole => validation::validate_update(self.kind, new, old),
            Part::Status => validation::validate_status_update(self.kind, new, old),
            Part::EphemeralContainers => validation::validate_ephemeral_containers_update(new, old),
        });
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_by_their_subresources() {
        for part in [Part::Whole, Part::Status, Part::EphemeralContainers] {
            assert_eq!(Part::of(part.subresource()), Some(part));
        }
        assert_eq!(Part::of("scale"), None);
    }
}
