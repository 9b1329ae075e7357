//! The parts of an object that change apart from each other, each through a path of its own.

use super::Strategy;
use crate::{behaviour::StatusBehaviour, field::ErrorList, meta, restore::put_back_in};
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
    /// What has to happen before a namespace goes.
    Finalize,
}

impl Part {
    const ALL: [Self; 4] = [Self::Whole, Self::Status, Self::EphemeralContainers, Self::Finalize];

    /// The part that a subresource is; the whole for none.
    #[must_use]
    pub fn of(subresource: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.subresource() == subresource)
    }

    /// The subresource that it is, empty for the whole.
    #[must_use]
    pub fn subresource(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Status => "status",
            Self::EphemeralContainers => "ephemeralcontainers",
            Self::Finalize => "finalize",
        }
    }
}

impl Strategy<'_> {
    /// Puts back what an update of this part may not change, and raises the generation if the specification changed.
    pub fn prepare_for_update(self, part: Part, new: &mut Value, old: &Value) {
        match part {
            Part::Whole => self.prepare_whole(new, old),
            Part::Status => self.prepare_status(new, old),
            Part::EphemeralContainers | Part::Finalize => self.prepare_part(part, new, old),
        }
    }

    fn prepare_part(self, part: Part, new: &mut Value, old: &Value) {
        let behaviours = self.behaviour().parts.iter().filter(|behaviour| behaviour.name == part.subresource());
        behaviours.for_each(|behaviour| (behaviour.prepare)(new, old));
        for field in StatusBehaviour::PLAIN.keeps {
            put_back_in(new, old, "metadata", field);
        }
        self.count_change(new, old);
    }

    /// All that is wrong with this part of `new` as the successor of `old`.
    #[must_use]
    pub fn validate_update(self, part: Part, new: &Value, old: &Value) -> ErrorList {
        let mut errors = meta::validate_update(new, old);
        errors.extend(self.validate_content_update(part, new, old));
        errors
    }

    /// All that is wrong with this part as the successor of `old`, beside the metadata.
    #[must_use]
    pub fn validate_content_update(self, part: Part, new: &Value, old: &Value) -> ErrorList {
        let behaviour = self.behaviour();
        match part {
            Part::Whole => {
                let mut errors = self.finalizer_errors(new);
                errors.extend(self.schema_errors(new));
                errors.extend((behaviour.validate_update)(new, old));
                errors.extend((behaviour.validate)(new));
                errors
            }
            Part::Status => {
                let mut errors = self.schema_errors(new);
                errors.extend((behaviour.status.validate)(new, old));
                errors
            }
            Part::EphemeralContainers | Part::Finalize => {
                let behaviours = behaviour.parts.iter().filter(|behaviour| behaviour.name == part.subresource());
                behaviours.flat_map(|behaviour| (behaviour.validate)(new, old)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_by_their_subresources() {
        for part in Part::ALL {
            assert_eq!(Part::of(part.subresource()), Some(part));
        }
        assert_eq!(Part::of("scale"), None);
    }
}
