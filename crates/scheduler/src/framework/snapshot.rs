//! The cluster that a decision is made about.

use crate::framework::storage::Storage;
use placement::NodeInfo;
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Snapshot {
    /// The nodes by name, with the pods on them.
    pub nodes: BTreeMap<String, NodeInfo>,
    pub(crate) storage: Storage,
}

impl FromIterator<NodeInfo> for Snapshot {
    fn from_iter<I: IntoIterator<Item = NodeInfo>>(nodes: I) -> Self {
        let nodes = nodes.into_iter().map(|node| (node.name().to_owned(), node)).collect();
        Self { nodes, ..Self::default() }
    }
}
