//! The pure core of the pod worker: what the node knows of a pod ([`Observed`]), what to do next ([`plan()`]) and
//! what the API shall say about it ([`status()`]). No clock, no randomness, no I/O: all of it is passed in.

pub mod backoff;
mod conditions;
mod container_status;
mod ending;
#[cfg(test)]
mod examples;
mod facts;
mod kill_reason;
mod last_status;
pub mod observed;
mod phase;
pub mod plan;
mod record;
mod rejection;
mod restart;
pub mod status;
mod statuses;
mod termination_messages;
mod unsupported;
mod waiting;

pub use backoff::{BackOff, BackOffs};
pub(crate) use ending::DEADLINE_EXCEEDED;
pub use kill_reason::KillReason;
pub use observed::Attempts;
pub use observed::{
    ContainerRecord, ContainerState, Exit, ExitCause, FailedProbe, InFlight, Observed, Probes, SandboxRecord,
    SandboxState, StartFailure, StartFailureReason,
};
pub use plan::{Action, Plan, plan};
pub use rejection::Rejection;
pub use status::status;
pub use unsupported::unsupported;
