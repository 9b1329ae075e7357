//! Why a container could not be built: what was being done, and what the system said.

use crate::{error::reason, protocol::Failure};
use std::fmt::Display;

pub type Result<T> = std::result::Result<T, Failure>;

/// Says what was being done when an error came up.
pub trait Explain<T> {
    fn explain(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Display> Explain<T> for std::result::Result<T, E> {
    fn explain(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure::Create(format!("{}: {}", what(), reason(&error))))
    }
}
