//! What can keep the API server from starting.

use std::{io, net::SocketAddr, path::PathBuf};

/// Why the API server cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store does not answer.
    #[error("cannot read the cluster's state: {0}")]
    Store(#[from] store::Error),
    /// The administrator's kubeconfig cannot be written.
    #[error("cannot write the kubeconfig {path}: {source}; name another file with --kubeconfig", path = path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key or certificate cannot be read or written.
    #[error("{path}: {source}; give --data-dir a folder that minke may read and write", path = path.display())]
    Pki {
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// A key or certificate cannot be made or understood.
    #[error("certificates in {path}: {reason}; remove that folder to have new ones made", path = path.display())]
    Certificate {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another program listens there, or the address is not this machine's.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the kernel said.
        source: io::Error,
    },
    /// An object that every cluster has cannot be created.
    #[error("cannot create {object}: {reason}")]
    Bootstrap {
        /// Which object.
        object: String,
        /// What the API server answered.
        reason: String,
    },
}
