//! What a well-formed object of a kind looks like, and the reading of bodies against it.

mod decode;
mod definition;
mod document;
mod reader;
mod strict;
mod unmarshal;
mod write;
mod yaml;

pub use decode::{FieldValidation, decode, decode_applied};
pub use definition::{Alternative, Definition, Element, Field, List, Merge, Presence, Type};
pub use document::{Document, parse_json, parse_yaml};
pub use reader::MOST_PARTS;
pub use unmarshal::conform;
pub use write::to_json;
pub use yaml::{Fault, read_all};
