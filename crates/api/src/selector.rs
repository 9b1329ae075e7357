//! Which objects a client means: by their labels or by their fields.

mod field;
mod label;

pub use field::{FieldSelector, selectable_fields};
pub use label::LabelSelector;
