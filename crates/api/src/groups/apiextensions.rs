//! Kinds that define kinds.

pub use crate::custom_resources::CUSTOM_RESOURCE_DEFINITION;
