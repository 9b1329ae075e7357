//! Questions that everybody asks of a pod, each answered once.

pub mod containers;
pub mod phase;
pub mod references;
pub mod resources;
