//! Whether a task of the node broke.

use futures::FutureExt;
use std::panic::AssertUnwindSafe;

/// Runs something to its end; whether that was a panic. What it worked on must not be used any more then.
pub async fn breaks(run: impl Future<Output = ()>) -> bool {
    AssertUnwindSafe(run).catch_unwind().await.is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_from_an_end() {
        assert!(!breaks(async {}).await);
        assert!(breaks(async { panic!("a test's own") }).await);
    }
}
