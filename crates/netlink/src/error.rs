//! What can go wrong: what was asked of the kernel, and what it says.

use rustix::io::Errno;
use std::io;

/// An error of a netlink socket.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel refused the request, or the socket could not carry it.
    #[error("cannot {action}: {}", told(source, explanation.as_deref()))]
    Refused {
        /// What was asked for, such as `create the bridge minke0`.
        action: String,
        source: io::Error,
        /// The kernel's own words, where it has some (`NETLINK_EXT_ACK`).
        explanation: Option<String>,
    },
    /// The kernel's answer is missing or cannot be read.
    #[error("cannot {action}: the kernel did not answer in full")]
    Unanswered {
        /// What was asked for.
        action: String,
    },
}

impl Error {
    pub(crate) fn refused(action: &str, source: impl Into<io::Error>) -> Error {
        Error::Refused { action: action.to_owned(), source: source.into(), explanation: None }
    }

    /// The kernel's error number, if it gave one.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Error::Refused { source, .. } => source.raw_os_error().map(Errno::from_raw_os_error),
            Error::Unanswered { .. } => None,
        }
    }
}

fn told(source: &io::Error, explanation: Option<&str>) -> String {
    explanation.map_or_else(|| source.to_string(), |explanation| format!("{explanation} ({source})"))
}
