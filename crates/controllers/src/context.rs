//! What every controller of namespaces works with, and what it does when it fails.

use crate::{backoff::Backoff, error::Error};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Client, ResourceExt, runtime::controller::Action};
use std::sync::Arc;

pub(crate) struct Context<T> {
    pub(crate) client: Client,
    /// What the controller in question needs besides.
    pub(crate) data: T,
    pub(crate) backoff: Backoff,
}

impl<T> Context<T> {
    pub(crate) fn new(client: Client, data: T) -> Arc<Self> {
        Arc::new(Self { client, data, backoff: Backoff::default() })
    }
}

/// Logs a failure and has the namespace dealt with again after a pause.
#[expect(clippy::needless_pass_by_value, reason = "the signature is the controller runtime's")]
pub(crate) fn retry_later<T>(namespace: Arc<Namespace>, error: &Error, context: Arc<Context<T>>) -> Action {
    tracing::warn!("{error}");
    Action::requeue(context.backoff.failed(&namespace.name_any()))
}
