//! Statuses of containers, found by name.

use k8s_openapi::api::core::v1::ContainerStatus;
use std::collections::HashMap;

pub(super) struct Statuses<'a>(HashMap<&'a str, &'a ContainerStatus>);

impl<'a> Statuses<'a> {
    pub fn of(statuses: impl IntoIterator<Item = &'a ContainerStatus>) -> Self {
        Self(statuses.into_iter().map(|status| (status.name.as_str(), status)).collect())
    }

    pub fn find(&self, name: &str) -> Option<&'a ContainerStatus> {
        self.0.get(name).copied()
    }
}
