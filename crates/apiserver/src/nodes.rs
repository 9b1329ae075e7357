//! The API server's way to the nodes, whose own API (the kubelet's) has logs, metrics and the like.

mod in_process;

pub use in_process::{NodeService, node_service};

use crate::body::{RequestBody, ResponseBody};
use futures::future::BoxFuture;
use http::{Request, Response};
use in_process::InProcess;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// A node that can be asked.
pub trait Node: Send + Sync {
    /// What the node answers to a request to its own API.
    fn ask(&self, request: Request<RequestBody>) -> BoxFuture<'static, Result<Response<ResponseBody>, Error>>;
}

/// Why a node cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not of this process.
    #[error("no connection to node {0:?}")]
    Unknown(String),
}

/// All nodes.
#[derive(Default)]
pub struct Nodes {
    in_process: RwLock<HashMap<String, Arc<dyn Node>>>,
}

impl Nodes {
    /// Makes a node of this process known.
    pub fn register(&self, name: &str, service: NodeService) {
        let node = Arc::new(InProcess::new(service));
        self.in_process.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), node);
    }

    /// The node of that name, if it is one of this process.
    pub fn in_process(&self, name: &str) -> Result<Arc<dyn Node>, Error> {
        let node = self.in_process.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        node.ok_or_else(|| Error::Unknown(name.to_owned()))
    }
}
