//! Book-keeping of delays that double: container restarts and image pulls
//! (client-go `util/flowcontrol/backoff.go`, as the kubelet uses it).

use ::backoff::Backoff;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Container;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Up to `MaxContainerBackOff` and `imageBackOff`'s maximum.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(10), longest: Duration::from_mins(5), jitter: 0.0 };
/// A delay is forgotten when the next failure comes this much later: twice the longest delay.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_secs(600);

/// A delay, and when it was last lengthened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackOff {
    /// Seconds to wait after the next failure.
    pub seconds: i64,
    pub updated_at: Timestamp,
}

/// Delays by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BackOffs(BTreeMap<String, BackOff>);

/// The key under which restarts of a container are counted: another image begins anew.
#[must_use]
pub fn restart_key(container: &Container) -> String {
    format!("{}@{}", container.name, container.image.as_deref().unwrap_or_default())
}

impl BackOffs {
    /// Until when to wait after a failure at `failed_at`; `None` if there is nothing to wait for at `now`.
    #[must_use]
    pub fn until(&self, key: &str, failed_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let back_off = self.0.get(key).filter(|back_off| !back_off.is_forgotten(failed_at))?;
        let until = failed_at.saturating_add(SignedDuration::from_secs(back_off.seconds)).ok()?;
        (now < until).then_some(until)
    }

    /// The delay under this key, in seconds.
    #[must_use]
    pub fn seconds(&self, key: &str) -> i64 {
        self.0.get(key).map_or(0, |back_off| back_off.seconds)
    }

    /// Doubles the delay under this key, or begins with the shortest: first failure, or long after the last.
    pub fn next(&mut self, key: &str, failed_at: Timestamp, now: Timestamp) {
        let last = self.0.get(key).filter(|back_off| !back_off.is_forgotten(failed_at));
        let last = last.and_then(|back_off| u64::try_from(back_off.seconds).ok());
        let next = BACKOFF.after(last.map(Duration::from_secs));
        let seconds = i64::try_from(next.as_secs()).unwrap_or(i64::MAX);
        self.0.insert(key.to_owned(), BackOff { seconds, updated_at: now });
    }

    /// Forgets the delay under this key.
    pub fn reset(&mut self, key: &str) {
        self.0.remove(key);
    }
}

impl BackOff {
    fn is_forgotten(&self, failed_at: Timestamp) -> bool {
        failed_at.duration_since(self.updated_at) > FORGOTTEN_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn delays_double_up_to_five_minutes() {
        let mut back_offs = BackOffs::default();
        let mut delays = Vec::new();
        for second in 0..7 {
            back_offs.next("a", at(second), at(second));
            delays.push(back_offs.seconds("a"));
        }
        assert_eq!(delays, [10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(back_offs.seconds("b"), 0);
    }

    #[test]
    fn a_delay_counts_from_the_failure_and_is_forgotten_in_the_end() {
        let mut back_offs = BackOffs::default();
        back_offs.next("a", at(0), at(0));
        for (failed_at, now, expected) in
            [(5, 5, Some(15)), (5, 14, Some(15)), (5, 15, None), (600, 600, Some(610)), (601, 601, None)]
        {
            assert_eq!(back_offs.until("a", at(failed_at), at(now)), expected.map(at), "{failed_at} {now}");
        }
        assert_eq!(back_offs.until("b", at(5), at(5)), None);
        back_offs.next("a", at(601), at(601));
        assert_eq!(back_offs.seconds("a"), 10, "begins anew");
        back_offs.reset("a");
        assert_eq!(back_offs.until("a", at(602), at(602)), None);
    }
}
