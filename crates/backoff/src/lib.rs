//! How long to leave something alone that failed: pauses that double, up to a longest one. The same for objects that
//! controllers fail on, pods that fit nowhere, containers that end too early and writes that do not get through.
//!
//! Time and chance are the caller's: a pause is a pure function of the failures before it.

use std::time::Duration;

/// A way of waiting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The pause after the first failure.
    pub first: Duration,
    /// No pause is longer, but for jitter.
    pub longest: Duration,
    /// By how much of itself a pause is lengthened at most by chance, so that what failed together is not tried again
    /// together. 0 for exact pauses.
    pub jitter: f64,
}

impl Backoff {
    /// The pause after this many failures in a row. `random` is between 0 and 1.
    #[must_use]
    pub fn pause(&self, failures: u32, random: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let pause = self.first.saturating_mul(1 << doublings).min(self.longest);
        pause.saturating_add(pause.mul_f64((self.jitter * random).clamp(0.0, 1.0)))
    }

    /// The exact pause that follows one of this length, or the first one.
    #[must_use]
    pub fn after(&self, previous: Option<Duration>) -> Duration {
        previous.map_or(self.first, |previous| previous.saturating_mul(2)).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(10), jitter: 0.5 };

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds: Vec<_> = (0..7).map(|failures| BACKOFF.pause(failures, 0.0).as_secs()).collect();
        assert_eq!(seconds, [1, 1, 2, 4, 8, 10, 10]);
        assert_eq!(BACKOFF.pause(u32::MAX, 0.0).as_secs(), 10);
        let mut pause = None;
        let seconds: Vec<_> = std::iter::repeat_with(|| *pause.insert(BACKOFF.after(pause))).take(6).collect();
        assert_eq!(seconds.iter().map(Duration::as_secs).collect::<Vec<_>>(), [1, 2, 4, 8, 10, 10]);
    }

    #[test]
    fn chance_lengthens_pauses_within_bounds() {
        for (random, milliseconds) in [(0.0, 2000), (0.5, 2500), (1.0, 3000)] {
            assert_eq!(BACKOFF.pause(2, random), Duration::from_millis(milliseconds));
        }
    }
}
