//! Starts what ends again, whatever ended it.

use super::{Metrics, random};
use backoff::Backoff;
use std::time::{Duration, Instant};
use tokio::{task::JoinSet, time};

/// How long something is left alone that ended.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(50), longest: Duration::from_mins(1), jitter: 0.2 };
/// What has run that long was well: its next end counts as the first.
const HEALTHY_AFTER: Duration = Duration::from_mins(5);

/// Runs something for ever: when it ends or panics, it is started again after a pause that grows.
pub async fn supervise<F>(name: &'static str, metrics: Metrics, start: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut ends = 0;
    loop {
        let begun = Instant::now();
        // A set aborts its task when this future is dropped.
        let mut task = JoinSet::new();
        task.spawn(start());
        if let Some(Err(panic)) = task.join_next().await {
            tracing::error!(name, %panic, "a fault of this program; it is started again");
        } else {
            tracing::warn!(name, "ended, and is started again");
        }
        ends = ends_in_a_row(ends, begun.elapsed());
        metrics.restarted(name);
        time::sleep(BACKOFF.pause(ends, random())).await;
    }
}

fn ends_in_a_row(before: u32, ran: Duration) -> u32 {
    if ran < HEALTHY_AFTER { before.saturating_add(1) } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ends_close_to_each_other_count_together() {
        let (short, long) = (Duration::from_secs(1), HEALTHY_AFTER);
        for (before, ran, expected) in [(0, short, 1), (3, short, 4), (3, long, 1), (u32::MAX, short, u32::MAX)] {
            assert_eq!(ends_in_a_row(before, ran), expected);
        }
    }
}
