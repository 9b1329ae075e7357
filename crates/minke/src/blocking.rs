//! Work on files, off the threads that answer requests.

use anyhow::Result;

/// Does it on a thread where it may take its time.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}
