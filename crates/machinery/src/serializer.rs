//! Objects as texts: the reading of documents, what their values become, the writing of JSON
//! (`k8s.io/apimachinery/pkg/runtime/serializer`).

mod document;
mod reader;
mod strict;
mod unmarshal;
mod write;
mod yaml;

pub use document::{Document, parse_json, parse_yaml};
pub use reader::MOST_PARTS;
pub(crate) use unmarshal::Unmarshal;
pub use unmarshal::conform;
pub use write::to_json;
pub use yaml::{Fault, read_all};
