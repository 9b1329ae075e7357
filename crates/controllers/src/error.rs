//! What can go wrong in a controller. It is logged and tried again.

/// What a controller could not do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {action}: {source}")]
    Request {
        /// What, to what.
        action: String,
        #[source]
        source: kube::Error,
    },

    #[error("what is to be written is no JSON: {0}")]
    Malformed(#[source] serde_json::Error),

    #[error("the lease {lease} could not be renewed in time: another one may lead now")]
    LeadershipLost { lease: String },
}

impl Error {
    /// For `map_err`: what was being done, and to which namespace.
    pub(crate) fn during(action: &'static str, namespace: &str) -> impl FnOnce(kube::Error) -> Self {
        let action = format!("{action} of namespace {namespace}");
        move |source| Self::Request { action, source }
    }
}
