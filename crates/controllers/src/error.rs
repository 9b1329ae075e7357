//! What can go wrong in a controller. It is logged and tried again.

/// What a controller could not do, and in which namespace.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot {action} in namespace {namespace}, which is tried again: {source}")]
    Request {
        action: &'static str,
        namespace: String,
        #[source]
        source: kube::Error,
    },
}

impl Error {
    /// For `map_err`: what was being done, and where.
    pub(crate) fn during(action: &'static str, namespace: &str) -> impl FnOnce(kube::Error) -> Self {
        let namespace = namespace.to_owned();
        move |source| Self::Request { action, namespace, source }
    }
}
