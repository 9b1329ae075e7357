//! Kubernetes' own kinds as pure functions over JSON values: the table of kinds, and by group how their objects are
//! defaulted, validated and printed; questions that everybody asks of a pod. No I/O, no clock, no randomness of its own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod admission;
pub mod authorization;
mod cron;
pub mod custom_resources;
mod defaults;
mod definitions;
mod groups;
pub mod kinds;
pub mod node_authorizer;
pub mod pod;
mod prepare;
mod printers;
pub mod qos;
pub mod rbac;
pub mod token_request;
pub mod validation;

pub use definitions::TABLES;
