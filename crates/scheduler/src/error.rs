//! What can go wrong when the scheduler carries its decisions out. It is logged, and what matters is tried again.

/// What the scheduler could not do, and to which pod (as `namespace/name`).
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot bind pod {pod} to node {node}, which is tried again: {source}")]
    Bind { pod: String, node: String, source: kube::Error },

    #[error("cannot give volume {volume} to claim {claim}: {source}")]
    GiveVolume { volume: String, claim: String, source: kube::Error },

    #[error("cannot ask for a volume of claim {claim} on node {node}: {source}")]
    SelectNode { claim: String, node: String, source: kube::Error },

    #[error("cannot write the PodScheduled condition of pod {pod}: {source}")]
    Condition { pod: String, source: kube::Error },

    #[error("cannot write the {reason} event of pod {pod}: {source}")]
    Event { pod: String, reason: &'static str, source: kube::Error },
}

impl Error {
    /// Whether the pod was deleted while it was being scheduled, which is nobody's mistake.
    pub(crate) fn is_deleted_meanwhile(&self) -> bool {
        let (Self::Bind { source, .. }
        | Self::GiveVolume { source, .. }
        | Self::SelectNode { source, .. }
        | Self::Condition { source, .. }
        | Self::Event { source, .. }) = self;
        matches!(source, kube::Error::Api(status) if status.code == 404)
    }
}
