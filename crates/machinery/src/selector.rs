//! Which objects a client means: by their labels or by their fields.

mod field;
mod label;

pub use field::{FieldRequirement, FieldSelector, field_requirements};
pub use label::LabelSelector;
