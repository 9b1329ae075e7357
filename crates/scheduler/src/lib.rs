//! Which node a pod goes to.
//!
//! [`schedule`] decides, as a pure function of a pod and the nodes; [`run`] watches a cluster, has it decide about
//! each pod that waits, and binds the pods to their nodes. In between, a state machine keeps the queue of the waiting
//! pods and what is left on the nodes. It is a client of the Kubernetes API and runs against any Kubernetes.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod cache;
mod error;
mod filter;
mod listing;
mod queue;
mod records;
mod run;
mod schedule;
mod scheduler;
mod score;
mod writer;

pub use run::run;
pub use schedule::{Choose, FitError, Snapshot, schedule};

/// The name that pods carry in `spec.schedulerName` unless they ask for another scheduler.
pub const DEFAULT_NAME: &str = "default-scheduler";
