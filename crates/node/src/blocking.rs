//! The one way for work that blocks (files, mounts) out of asynchronous code.

/// Does the work on a thread that may block, and gives back what it returns.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await.map_err(tokio::task::JoinError::try_into_panic)
    {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // Cancelled, which happens only where the whole program ends.
        Err(Err(_)) => std::future::pending().await,
    }
}
