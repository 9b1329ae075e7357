//! Book-keeping of delays that double: container restarts and image pulls
//! (client-go `util/flowcontrol/backoff.go`, as the kubelet uses it).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Container;
use serde::{Deserialize, Serialize};

/// The first delay.
const INITIAL: SignedDuration = SignedDuration::from_secs(10);
/// The longest delay (`MaxContainerBackOff`, `imageBackOff`'s maximum).
const MAXIMUM: SignedDuration = SignedDuration::from_secs(300);
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
        let seconds = match self.0.get(key) {
            Some(back_off) if !back_off.is_forgotten(failed_at) => (back_off.seconds * 2).min(MAXIMUM.as_secs()),
            _ => INITIAL.as_secs(),
        };
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
