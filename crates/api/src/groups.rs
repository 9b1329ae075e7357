//! What each kind does differently from others, by API group. Each row of the table of kinds names its behaviour.

pub mod admissionregistration;
pub mod apiextensions;
pub mod apiregistration;
pub mod apps;
pub mod autoscaling;
pub mod batch;
pub mod certificates;
mod conversion;
pub mod coordination;
pub mod core;
pub mod discovery;
pub mod events;
pub mod flowcontrol;
pub mod networking;
pub mod node;
pub mod policy;
pub mod rbac;
pub mod resource;
pub mod scheduling;
pub mod storage;
mod templates;

use machinery::behaviour::Behaviour;

#[cfg(test)]
mod tests;

/// Of kinds that are in no way special.
pub static PLAIN: Behaviour = Behaviour::PLAIN;
