//! What can fail in the node's shell: what was done, on what, and what the user sees of it in events and statuses.

use std::{
    io,
    path::{Path, PathBuf},
};

/// An error of the node.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{} is damaged: {source}; the pod's folder is removed and the pod starts anew", path.display())]
    Record { path: PathBuf, source: serde_json::Error },
    #[error("{}", told_by_api(.0))]
    Api(#[from] kube::Error),
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    #[error(transparent)]
    Network(#[from] network::Error),
    #[error(transparent)]
    Config(#[from] crate::container::ConfigError),
    #[error(transparent)]
    Image(#[from] runtime::images::Error),

    /// The kubelet's words (`pkg/kubelet/userns/userns_manager.go`).
    #[error("can't set `spec.hostUsers: false`, runtime does not support user namespaces")]
    UserNamespaces,
    /// A host name that is no DNS label, in the kubelet's words.
    #[error("{0}")]
    InvalidHostname(String),
    #[error("hostPath type check failed: {} is not a {wanted}", path.display())]
    HostPathType { path: PathBuf, wanted: &'static str },
    #[error("unknown hostPath type {0:?}")]
    UnknownHostPathType(String),
    #[error("unknown storage medium {0:?}")]
    Medium(String),
    #[error("{kind} {name:?} not found")]
    SourceNotFound { kind: &'static str, name: String },
    #[error("{kind} references non-existent {kind} key: {key}")]
    KeyNotFound { kind: &'static str, key: String },
    #[error("invalid path {0:?}: it must be relative and not contain '..'")]
    VolumePath(String),
    #[error("the pod's volumes show more than {megabytes} MiB of config maps, secrets and fields")]
    VolumesTooLarge { megabytes: usize },
    #[error("no volume plugin matched")]
    UnsupportedVolume,
    #[error("MountVolume.SetUp failed for volume {volume:?} : {cause}")]
    Mount { volume: String, cause: Box<Error> },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}

/// What users are to see of a failed call: the API server's own words, which `kube` surrounds with the whole Status.
fn told_by_api(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => status.message.clone(),
        kube::Error::Api(status) => format!("the server answered {} {}", status.code, status.reason),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_a_refused_call_the_servers_words_are_told() {
        for (message, expected) in [
            ("serviceaccounts \"web\" not found", "serviceaccounts \"web\" not found"),
            ("", "the server answered 404 NotFound"),
        ] {
            let status = json!({ "status": "Failure", "code": 404, "reason": "NotFound", "message": message });
            let error = kube::Error::Api(Box::new(serde_json::from_value(status).unwrap()));
            assert_eq!(Error::from(error).to_string(), expected);
        }
    }
}
