//! What is handed over from one worker of a pod to the next.

use super::merge::Listing;
use crate::pod::Observed;
use runtime::Sandbox;

/// What a worker begins with: nothing, or what a run before this one left.
#[derive(Default)]
pub struct Inheritance {
    pub observed: Observed,
    pub sandbox: Option<Sandbox>,
    /// The sandbox, or what is left of it, is in the way and could not be ended: that comes before all else.
    pub is_unstopped: bool,
    /// What the sandbox's supervisor says of its containers.
    pub listing: Option<Listing>,
}
