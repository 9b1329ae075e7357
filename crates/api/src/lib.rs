//! The Kubernetes object model as pure functions over JSON values: which kinds there are, what a well-formed object
//! is, how it is defaulted, validated, patched, selected and printed. No I/O, no clock, no randomness of its own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod admission;
pub mod apply;
pub mod behaviour;
pub mod canonical;
pub mod catalog;
pub mod conversion;
mod defaults;
pub mod discovery;
pub mod field;
pub mod fields;
pub mod format;
mod groups;
pub mod json_path;
pub mod kind;
pub mod kinds;
pub mod meta;
pub mod openapi;
pub mod patch;
pub mod pod;
mod prepare;
mod printers;
pub mod protobuf;
pub mod qos;
pub mod quantity;
pub mod restore;
pub mod schema;
pub mod selectable;
pub mod selector;
pub mod status;
pub mod strategy;
pub mod structural;
pub mod table;
pub mod validation;
