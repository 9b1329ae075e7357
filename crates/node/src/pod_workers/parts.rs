//! What all pod workers of a node act through: one part for each thing that is done, which holds only what it uses.
//! Probes, hooks and resizes come beside them as parts of their own.

use super::{
    cgroups::Cgroups, killer::Killer, refresher::Refresher, remover::Remover, reporter::Reporter, sandboxes::Sandboxes,
    starter::Starter,
};
use crate::{clock::Clock, directories::PodsDirectory, events::Recorder};
use std::sync::Arc;

/// The parts.
pub struct Parts {
    pub clock: Clock,
    pub directory: PodsDirectory,
    pub cgroups: Cgroups,
    pub recorder: Recorder,
    pub sandboxes: Sandboxes,
    pub starter: Starter,
    pub killer: Killer,
    pub remover: Arc<Remover>,
    pub refresher: Refresher,
    pub reporter: Reporter,
}

/// Shared by a node's workers.
pub type SharedParts = Arc<Parts>;
