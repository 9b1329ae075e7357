//! How long a controller leaves an object alone that it failed on.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_mins(1);

/// The pause doubles with each failure in a row, for each object on its own.
#[derive(Default)]
pub(crate) struct Backoff {
    failures: Mutex<HashMap<String, u32>>,
}

impl Backoff {
    /// Counts a failure; returns the pause before the next attempt.
    pub(crate) fn failed(&self, object: &str) -> Duration {
        let mut failures = self.failures();
        let count = failures.entry(object.to_owned()).or_default();
        *count += 1;
        FIRST.saturating_mul(1 << (*count - 1).min(20)).min(LONGEST)
    }

    pub(crate) fn succeeded(&self, object: &str) {
        self.failures().remove(object);
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_until_it_works() {
        let backoff = Backoff::default();
        let pauses: Vec<_> = (0..13).map(|_| backoff.failed("a").as_millis()).collect();
        assert_eq!(pauses[..4], [50, 100, 200, 400]);
        assert_eq!(pauses[11..], [60_000, 60_000]);
        assert_eq!(backoff.failed("b").as_millis(), 50, "another object");
        backoff.succeeded("a");
        assert_eq!(backoff.failed("a").as_millis(), 50);
    }
}
