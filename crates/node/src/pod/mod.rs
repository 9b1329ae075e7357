//! The pure core of the pod worker: what the node knows of a pod ([`Observed`]), what to do next ([`plan()`]) and
//! what the API shall say about it ([`status()`]). No clock, no randomness, no I/O: all of it is passed in.

pub mod backoff;
pub mod observed;
pub mod plan;
mod record;
pub mod status;

pub use backoff::{BackOff, BackOffs};
pub use observed::{
    ContainerRecord, ContainerState, Exit, ExitCause, InFlight, Kill, Observed, Probes, SandboxRecord, SandboxState,
    StartFailure, StartFailureReason,
};
pub use plan::{Action, KillReason, Plan, plan};
pub use status::status;
