//! Why the node kills a container, kept with what is known of it.

use serde::{Deserialize, Serialize};

/// Why a container is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KillReason {
    /// The pod is being deleted, or has reached its end.
    PodTerminated,
    /// The sandbox is gone: everything starts again in a new one.
    SandboxChanged,
    /// Its image in the spec is another.
    DefinitionChanged,
    LivenessProbe,
    StartupProbe,
    /// It was created, but nobody started it: the server died in between.
    NeverStarted,
}
