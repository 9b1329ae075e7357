//! First states of new objects, and what updates may leave unsaid, of kinds that need code for it.

pub mod certificate;
pub mod job;
pub mod namespace;
pub mod pod;
pub mod service;
