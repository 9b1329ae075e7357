//! What the process that builds a container tells its supervisor on the way.

use super::failure::{Explain, Result};
use crate::{protocol::Failure, seqpacket};
use serde::{Deserialize, Serialize};
use std::os::fd::BorrowedFd;

#[derive(Debug, Serialize, Deserialize)]
pub enum Progress {
    /// The container has a terminal, whose other side comes along as a descriptor.
    Terminal,
    /// All is built; the next step is the exec. Says what this machine did not permit. Where the program is executed by
    /// another process, one in the PID namespace to join, a descriptor for that process comes along.
    Ready {
        warnings: Vec<String>,
    },
    /// That other process is about to execute the program.
    Executing,
    Failed(Failure),
}

pub fn report(status: BorrowedFd<'_>, progress: &Progress, descriptor: Option<BorrowedFd<'_>>) -> Result<()> {
    let message = serde_json::to_vec(progress).explain(|| "report to the supervisor".to_owned())?;
    seqpacket::send(status, &message, descriptor.as_slice()).explain(|| "report to the supervisor".to_owned())
}
