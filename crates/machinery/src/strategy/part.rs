//! The parts of an object that change apart from each other, each through a path of its own.

use super::Strategy;
use crate::{behaviour::PartBehaviour, field::ErrorList, kind::Kind, meta, restore::put_back_in};
use serde_json::Value;

/// Which part of an object a write is for.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// All but what has a subresource.
    Whole,
    /// The status, of kinds that have it as a subresource.
    Status,
    /// A part that only some kinds have.
    Own(&'static PartBehaviour),
}

impl Part {
    /// The part of a kind's objects that a subresource is; the whole for none.
    #[must_use]
    pub fn of(kind: &Kind, subresource: &str) -> Option<Self> {
        match subresource {
            "" => Some(Self::Whole),
            "status" => Some(Self::Status),
            name => kind.behaviour.parts.iter().find(|part| part.name == name).map(Self::Own),
        }
    }

    /// Whether it is all but what has a subresource.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Whole)
    }
}

impl Strategy<'_> {
    /// Puts back what an update of this part may not change, and raises the generation if the specification changed.
    pub fn prepare_for_update(self, part: Part, new: &mut Value, old: &Value) {
        match part {
            Part::Whole => self.prepare_whole(new, old),
            Part::Status => self.prepare_status(new, old),
            Part::Own(part) => self.prepare_part(part, new, old),
        }
    }

    fn prepare_part(self, part: &PartBehaviour, new: &mut Value, old: &Value) {
        (part.prepare)(new, old);
        for field in part.keeps {
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
                errors.extend(self.schema_errors(new, Some(old)));
                errors.extend((behaviour.validate_update)(new, old));
                errors.extend((behaviour.validate)(new));
                errors
            }
            Part::Status => {
                let mut errors = self.schema_errors(new, Some(old));
                errors.extend((behaviour.status.validate)(new, old));
                errors
            }
            Part::Own(part) => (part.validate)(new, old),
        }
    }
}
