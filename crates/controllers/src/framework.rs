//! What controllers are made of: informers that tell them what is there and what changes, a queue of what is to be
//! looked at, somebody who starts them again, and the book-keeping that several of them need.
//!
//! A controller is a row of the table (its name, how many objects at once, how it starts) and a pure function from
//! objects to changes.

mod change;
mod context;
mod controller;
pub mod expectations;
mod informer;
mod key;
pub mod leader_election;
mod metrics;
pub mod ownership;
mod queue;
mod reconciler;
mod supervisor;
mod work_queue;

pub use change::Change;
pub use context::{Authority, Clients, Context, Setup};
pub use controller::{Controller, Next, Row, run};
pub use informer::{Event, Informer};
pub use key::Key;
pub use metrics::Metrics;
pub use reconciler::Reconciler;
use std::hash::{BuildHasher, RandomState};
pub use supervisor::supervise;

/// A number between 0 and 1. Every `RandomState` hashes differently; that is chance enough to spread retries.
fn random() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or(0);
    f64::from(bits) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests;
