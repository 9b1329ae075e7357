//! The API server's way to the nodes, whose own API (the kubelet's) has logs, metrics and the like: a call for a node of
//! this process, HTTPS for others (`pkg/kubelet/client`).

mod address;
mod in_process;
mod remote;

pub use in_process::{NodeService, node_service};

use crate::body::{RequestBody, ResponseBody};
use futures::future::BoxFuture;
use http::{Request, Response};
use in_process::InProcess;
use remote::Remote;
use serde_json::Value;
use std::{
    collections::HashMap,
    io,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

/// A node that can be asked.
pub trait Node: Send + Sync {
    /// What the node answers to a request to its own API.
    fn ask(&self, request: Request<RequestBody>) -> BoxFuture<'static, Result<Response<ResponseBody>, Error>>;
}

/// Why a node cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The Node object does not say where it is.
    #[error("no preferred addresses found; known addresses: {0}")]
    NoAddress(String),
    /// This server has no certificate to show to nodes.
    #[error(
        "no connection to node {0:?}: it is not of this process, and this server has no client certificate for nodes"
    )]
    NoCertificate(String),
    /// Its address is no name that a certificate could have.
    #[error("{0:?} is neither an IP address nor a host name")]
    Name(String),
    /// The connection fails.
    #[error("dial tcp {authority}: {source}")]
    Connect {
        /// Host and port.
        authority: String,
        /// What the kernel or TLS said.
        source: io::Error,
    },
    /// It broke off, or what came is not HTTP.
    #[error("{authority}: {source}")]
    Http {
        /// Host and port.
        authority: String,
        /// What went wrong.
        source: hyper::Error,
    },
}

/// All nodes.
#[derive(Default)]
pub struct Nodes {
    in_process: RwLock<HashMap<String, Arc<dyn Node>>>,
    tls: OnceLock<Arc<rustls::ClientConfig>>,
}

impl Nodes {
    /// Makes a node of this process known.
    pub fn register(&self, name: &str, service: NodeService) {
        let node = Arc::new(InProcess::new(service));
        self.in_process.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), node);
    }

    /// Gives the certificate that nodes elsewhere are shown, and the authority whose nodes are believed. The first counts.
    pub fn trust(&self, tls: rustls::ClientConfig) {
        let _ = self.tls.set(Arc::new(tls));
    }

    /// The node of that name, if it is one of this process.
    pub fn in_process(&self, name: &str) -> Option<Arc<dyn Node>> {
        self.in_process.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The node that a Node object stands for, wherever it is.
    pub fn remote(&self, name: &str, node: &Value) -> Result<Arc<dyn Node>, Error> {
        let tls = self.tls.get().ok_or_else(|| Error::NoCertificate(name.to_owned()))?;
        let (host, port) = address::of(node)?;
        Ok(Arc::new(Remote::new(host, port, Arc::clone(tls))))
    }
}
