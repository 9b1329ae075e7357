//! Questions that everybody asks of a pod, each answered once.

pub mod containers;
pub mod phase;
pub mod resources;
