//! How much history a store keeps at most, whatever its age.

use std::ops::{AddAssign, SubAssign};

/// Events in number and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HistorySize {
    pub events: u64,
    pub bytes: u64,
}

/// What is kept on disk: some minutes of a busy cluster.
pub(crate) const ON_DISK: HistorySize = HistorySize { events: 100_000, bytes: 64 << 20 };
/// What is kept in memory.
pub(crate) const IN_MEMORY: HistorySize = HistorySize { events: 10_000, bytes: 8 << 20 };

impl HistorySize {
    /// What one event of so many bytes adds.
    pub(crate) fn one(bytes: usize) -> Self {
        Self { events: 1, bytes: bytes.try_into().unwrap_or(u64::MAX) }
    }

    /// Whether this is more than a bound allows.
    pub(crate) fn exceeds(self, bound: Self) -> bool {
        self.events > bound.events || self.bytes > bound.bytes
    }
}

impl AddAssign for HistorySize {
    fn add_assign(&mut self, more: Self) {
        self.events = self.events.saturating_add(more.events);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}

impl SubAssign for HistorySize {
    fn sub_assign(&mut self, less: Self) {
        self.events = self.events.saturating_sub(less.events);
        self.bytes = self.bytes.saturating_sub(less.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_holds_by_itself() {
        let size = |events, bytes| HistorySize { events, bytes };
        for (held, exceeds) in [(size(2, 10), false), (size(3, 1), true), (size(1, 11), true), (size(0, 0), false)] {
            assert_eq!(held.exceeds(size(2, 10)), exceeds, "{held:?}");
        }
    }
}
