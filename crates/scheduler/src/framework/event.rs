//! What happens in a cluster that may help pods that fitted nowhere.

use placement::{NodeInfo, Offer, PodInfo};

/// A change for the better, perhaps. What only takes room away is none.
pub(crate) enum ClusterEvent<'a> {
    NodeAdded(&'a NodeInfo),
    /// What a node offers is different.
    NodeChanged {
        before: &'a Offer,
        node: &'a NodeInfo,
    },
    /// A pod went from the node, or takes something else of it than it did.
    PodGone {
        pod: &'a PodInfo,
        node: &'a NodeInfo,
    },
}

impl ClusterEvent<'_> {
    /// The node on which a pod may fit now.
    pub(crate) fn node(&self) -> &NodeInfo {
        match self {
            Self::NodeAdded(node) | Self::NodeChanged { node, .. } | Self::PodGone { node, .. } => node,
        }
    }
}
