//! Which node a pod goes to.
//!
//! [`schedule()`] decides, as a pure function of a pod and the nodes; [`run()`] watches a cluster, has it decide about
//! each pod that waits, and binds the pods to their nodes. In between, a state machine keeps the queue of the waiting
//! pods and what is left on the nodes. What counts in the decision are the plugins, one module each, on one framework.
//! It is a client of the Kubernetes API and runs against any Kubernetes.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod cache;
mod error;
mod framework;
mod listing;
mod plugins;
mod queue;
mod records;
mod run;
mod schedule;
mod scheduler;
mod writer;

pub use framework::{Reservation, Snapshot, VolumeForClaim};
pub use run::run;
pub use schedule::{Choose, FitError, Placement, schedule};

/// The name that pods carry in `spec.schedulerName` unless they ask for another scheduler.
pub const DEFAULT_NAME: &str = "default-scheduler";
