//! The generic object model as pure functions over JSON values: schemas, field paths, quantities, selectors, patterns,
//! patches, server-side apply, protobuf, `Status`, discovery and `OpenAPI` over a catalog of kinds. It knows no kind; what a kind
//! is and does, it is told by whoever has one. No I/O, no clock, no randomness of its own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod apply;
pub mod behaviour;
pub mod canonical;
pub mod catalog;
pub mod conversion;
pub mod decode;
pub mod discovery;
pub mod field;
pub mod fields;
pub mod format;
pub mod json_path;
pub mod kind;
pub mod meta;
pub mod openapi;
pub mod patch;
pub mod protobuf;
pub mod quantity;
pub mod re2;
pub mod restore;
#[cfg(test)]
mod samples;
pub mod schema;
pub mod selectable;
pub mod selector;
pub mod serializer;
pub mod status;
pub mod strategy;
pub mod table;
