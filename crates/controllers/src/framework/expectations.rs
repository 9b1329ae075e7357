//! What a controller has asked for and not yet seen in its informers (`pkg/controller/controller_utils.go`): until it
//! has, what they tell is not the whole truth, and deciding on it would make or delete too much.

use super::Key;
use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

/// What was not seen by then will not be: a watch missed it (`ExpectationsTimeout`).
const TIMEOUT: Duration = Duration::from_mins(5);

/// Expectations by the key of the object that asked.
#[derive(Debug, Default)]
pub struct Expectations {
    by_key: HashMap<Key, Expected>,
}

#[derive(Debug)]
struct Expected {
    creations: usize,
    /// By uid, as a deletion is seen twice: when it begins and when it ends.
    deletions: BTreeSet<String>,
    since: Instant,
}

impl Expectations {
    /// Something is about to be asked for: so many creations, and the deletion of these uids. Takes the place of what
    /// was expected before.
    pub fn expect(&mut self, key: Key, creations: usize, deletions: BTreeSet<String>, now: Instant) {
        self.by_key.insert(key, Expected { creations, deletions, since: now });
    }

    /// A creation was seen, or has failed and will not be.
    pub fn creation_observed(&mut self, key: &Key) {
        if let Some(expected) = self.by_key.get_mut(key) {
            expected.creations = expected.creations.saturating_sub(1);
        }
    }

    /// A deletion was seen, or has failed and will not be.
    pub fn deletion_observed(&mut self, key: &Key, uid: &str) {
        if let Some(expected) = self.by_key.get_mut(key) {
            expected.deletions.remove(uid);
        }
    }

    /// Whether all was seen that was asked for, or is not waited for any more.
    #[must_use]
    pub fn are_satisfied(&self, key: &Key, now: Instant) -> bool {
        self.by_key.get(key).is_none_or(|expected| {
            let fulfilled = expected.creations == 0 && expected.deletions.is_empty();
            fulfilled || now.saturating_duration_since(expected.since) > TIMEOUT
        })
    }

    /// The object that asked is gone.
    pub fn forget(&mut self, key: &Key) {
        self.by_key.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_controller_waits_until_it_has_seen_what_it_asked_for() {
        let (mut expectations, key, now) = (Expectations::default(), Key::namespaced("default", "web"), Instant::now());
        assert!(expectations.are_satisfied(&key, now), "nothing was asked for");
        expectations.expect(key.clone(), 2, ["u1".to_owned()].into(), now);
        for _ in 0..2 {
            assert!(!expectations.are_satisfied(&key, now));
            expectations.creation_observed(&key);
        }
        assert!(!expectations.are_satisfied(&key, now));
        expectations.deletion_observed(&key, "u1");
        expectations.deletion_observed(&key, "u1");
        assert!(expectations.are_satisfied(&key, now), "seen twice counts once");
        expectations.creation_observed(&key);
        assert!(expectations.are_satisfied(&key, now), "more than was asked for");
    }

    #[test]
    fn what_a_watch_missed_is_not_waited_for_for_ever() {
        let (mut expectations, key, now) = (Expectations::default(), Key::namespaced("default", "web"), Instant::now());
        expectations.expect(key.clone(), 1, BTreeSet::new(), now);
        assert!(!expectations.are_satisfied(&key, now + TIMEOUT));
        assert!(expectations.are_satisfied(&key, now + TIMEOUT + Duration::from_secs(1)));
        expectations.forget(&key);
        assert!(expectations.are_satisfied(&key, now));
    }
}
