//! What a well-formed object looks like, and the reading of documents.

mod definition;
mod document;
mod merge;
mod reader;
mod strict;
mod structural;
mod unmarshal;
mod write;
mod yaml;

pub use definition::{
    CustomSchema, Definition, DefinitionRow, Element, Entry, Field, FieldRow, KindRow, MessageTables, Tables, Type,
    TypeRow,
};
pub use document::{Document, parse_json, parse_yaml};
pub use merge::{Alternative, Keys, List, Merge, Presence};
pub use reader::MOST_PARTS;
pub use structural::{Structural, is_format, pattern};
pub(crate) use unmarshal::Unmarshal;
pub use unmarshal::conform;
pub use write::to_json;
pub use yaml::{Fault, read_all};
