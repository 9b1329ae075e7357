//! What the runtime tells unasked.

use crate::ContainerState;

/// What happened to a sandbox, told at once.
#[derive(Clone, Debug)]
pub enum Event {
    /// A container's init process has ended and its output is in the log. May be received before
    /// `Sandbox::start_container` has returned. What happened before `Runtime::attach` is not told again:
    /// `Sandbox::containers` knows it.
    ContainerExited { sandbox: String, container: ContainerState },
    /// The supervisor ended without being asked to: call `Runtime::cleanup` for what may be left.
    SandboxGone { sandbox: String },
}
