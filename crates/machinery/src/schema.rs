//! What well-formed objects look like.

mod definition;
mod merge;
mod structural;

pub(crate) use definition::Node;
pub use definition::{
    CustomSchema, Definition, DefinitionRow, Element, Entry, Field, FieldRow, KindRow, MessageTables, Tables, Type,
    TypeRow,
};
pub use merge::{Alternative, Keys, List, Merge, Presence};
pub use structural::{MOST_ERRORS, Structural, ValidationRule, is_format, pattern};
