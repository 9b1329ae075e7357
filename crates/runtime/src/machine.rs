//! What all sandboxes of an instance share.

use crate::{Event, cgroup::Cgroups, seccomp::Filters};
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};
use tokio::sync::mpsc;

pub struct Machine {
    pub cgroups: Cgroups,
    pub filters: Filters,
    pub events: mpsc::UnboundedSender<Event>,
    /// Warnings that were logged already.
    told: Mutex<HashSet<String>>,
}

impl Machine {
    pub fn new(cgroups: Cgroups, events: mpsc::UnboundedSender<Event>) -> Self {
        Self { cgroups, filters: Filters::default(), events, told: Mutex::default() }
    }

    /// Logs what this machine does not permit, once each and not with every container.
    pub fn warn_once(&self, warnings: Vec<String>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for warning in warnings {
            if told.insert(warning.clone()) {
                tracing::warn!("{warning}");
            }
        }
    }
}
