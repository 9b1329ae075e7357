//! What the containers of a pod stand on.

use super::preparer::Prepared;
use crate::complaint::Complaint;
use runtime::Sandbox;

/// The living sandbox, and what was made for its pod before it.
#[derive(Default)]
pub struct Base {
    pub sandbox: Option<Sandbox>,
    pub prepared: Option<Prepared>,
    /// About the sandbox that cannot be made.
    pub complaint: Complaint,
}

impl Base {
    pub fn of(sandbox: Option<Sandbox>) -> Self {
        Self { sandbox, ..Self::default() }
    }

    /// There is a sandbox.
    pub fn made(&mut self, sandbox: Sandbox, prepared: Prepared) {
        self.sandbox = Some(sandbox);
        self.prepared = Some(prepared);
        self.complaint.settle();
    }
}
