//! The keys that a controller has yet to look at (client-go `util/workqueue`), as a state machine: time and chance are
//! passed in.

use backoff::Backoff;
use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    hash::Hash,
    time::{Duration, Instant},
};

/// How long an object is left alone on which a controller failed.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(50), longest: Duration::from_mins(1), jitter: 0.2 };

/// Each key is in it once, however often it was added, and is worked on by one worker at a time.
pub(super) struct Queue<K> {
    ready: VecDeque<K>,
    /// What is to be looked at, and since when: all that is ready, and what changed while it was worked on.
    wanted: HashMap<K, Instant>,
    working: HashSet<K>,
    later: BTreeSet<(Instant, K)>,
    /// When each of those is due.
    due: HashMap<K, Instant>,
    /// Failures in a row.
    failures: HashMap<K, u32>,
}

impl<K> Default for Queue<K> {
    fn default() -> Self {
        Self {
            ready: VecDeque::new(),
            wanted: HashMap::new(),
            working: HashSet::new(),
            later: BTreeSet::new(),
            due: HashMap::new(),
            failures: HashMap::new(),
        }
    }
}

impl<K: Clone + Eq + Hash + Ord> Queue<K> {
    /// Has a key looked at. Says whether it was not to be already.
    pub(super) fn add(&mut self, key: K, now: Instant) -> bool {
        if self.wanted.contains_key(&key) {
            return false;
        }
        self.wanted.insert(key.clone(), now);
        if !self.working.contains(&key) {
            self.ready.push_back(key);
        }
        true
    }

    /// Has a key looked at when the time comes; earlier, if that was said before.
    pub(super) fn add_at(&mut self, key: K, at: Instant) {
        match self.due.get(&key) {
            Some(earlier) if *earlier <= at => return,
            Some(later) => self.later.remove(&(*later, key.clone())),
            None => false,
        };
        self.due.insert(key.clone(), at);
        self.later.insert((at, key));
    }

    /// Takes out the next key, with how long it has waited. It is worked on until it is [`done`](Self::done).
    pub(super) fn pop(&mut self, now: Instant) -> Option<(K, Duration)> {
        let key = self.ready.pop_front()?;
        let since = self.wanted.remove(&key).unwrap_or(now);
        self.working.insert(key.clone());
        Some((key, now.saturating_duration_since(since)))
    }

    /// Makes ready what is due. Says how much that is.
    pub(super) fn wake(&mut self, now: Instant) -> usize {
        let mut added = 0;
        while self.later.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, key)) = self.later.pop_first() else { break };
            self.due.remove(&key);
            added += usize::from(self.add(key, now));
        }
        added
    }

    /// Nobody works on a key any more. If it changed meanwhile, it is ready again.
    pub(super) fn done(&mut self, key: &K) {
        if self.working.remove(key) && self.wanted.contains_key(key) {
            self.ready.push_back(key.clone());
        }
    }

    /// Counts a failure and has the key looked at again after a pause, which it returns.
    pub(super) fn retry(&mut self, key: &K, now: Instant, random: f64) -> Duration {
        let failures = self.failures.entry(key.clone()).or_default();
        *failures = failures.saturating_add(1);
        let pause = BACKOFF.pause(*failures, random);
        self.add_at(key.clone(), now + pause);
        pause
    }

    /// All is well with a key: the next failure counts as the first.
    pub(super) fn forget(&mut self, key: &K) {
        self.failures.remove(key);
    }

    /// When something will be ready although nothing happens.
    pub(super) fn next_wakeup(&self) -> Option<Instant> {
        self.later.first().map(|(at, _)| *at)
    }

    /// How much is ready.
    pub(super) fn depth(&self) -> usize {
        self.ready.len()
    }
}

#[cfg(test)]
mod tests;
