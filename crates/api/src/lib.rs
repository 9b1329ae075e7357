//! api
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod defaults;
pub mod field;
pub mod strategy;
pub mod table;
pub mod validation;
