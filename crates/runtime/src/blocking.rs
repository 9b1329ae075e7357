//! From tasks that must not wait to threads that may.

use crate::{Error, Result};

/// Runs what waits for the disk or for processes beside the tasks that must not.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Error::Internal(error.to_string())),
    }
}
