//! What one that takes part in an election does about the lease as it is. Clocks differ between machines: what counts
//! is how long the lease has not changed by one's own.

use k8s_openapi::{api::coordination::v1::LeaseSpec, apimachinery::pkg::apis::meta::v1::MicroTime, jiff::Timestamp};
use std::time::{Duration, Instant};

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(super) enum Attempt {
    /// Another one leads.
    Wait,
    /// The lease is to be written like this; then one leads.
    Take(Box<LeaseSpec>),
}

pub(super) struct Candidate {
    identity: String,
    lease_duration: Duration,
    /// The lease as it was seen last, and when it was first seen like that.
    seen: Option<(LeaseSpec, Instant)>,
}

impl Candidate {
    pub(super) fn new(identity: String, lease_duration: Duration) -> Self {
        Self { identity, lease_duration, seen: None }
    }

    /// Decides about the lease as it is, `None` if there is none.
    pub(super) fn attempt(&mut self, lease: Option<&LeaseSpec>, now: Instant, date: Timestamp) -> Attempt {
        let Some(lease) = lease else { return self.take(None, date) };
        let since = match &self.seen {
            Some((seen, since)) if seen == lease => *since,
            _ => now,
        };
        self.seen = Some((lease.clone(), since));
        let is_held = holder(lease).is_some_and(|holder| *holder != self.identity);
        let duration = lease.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let duration = duration.map_or(self.lease_duration, Duration::from_secs);
        if is_held && now.saturating_duration_since(since) <= duration {
            return Attempt::Wait;
        }
        self.take(Some(lease), date)
    }

    /// The lease without a holder, if it is this one's.
    pub(super) fn release(&self, lease: &LeaseSpec, date: Timestamp) -> Option<LeaseSpec> {
        (holder(lease) == Some(&self.identity)).then(|| LeaseSpec {
            holder_identity: Some(String::new()),
            lease_duration_seconds: Some(1),
            renew_time: Some(MicroTime(date)),
            ..lease.clone()
        })
    }

    fn take(&self, before: Option<&LeaseSpec>, date: Timestamp) -> Attempt {
        let renews = before.filter(|lease| holder(lease) == Some(&self.identity));
        let transitions = before.map(|lease| lease.lease_transitions.unwrap_or(0));
        let seconds = self.lease_duration.as_secs().max(1);
        Attempt::Take(Box::new(LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(i32::try_from(seconds).unwrap_or(i32::MAX)),
            acquire_time: renews.map_or(Some(MicroTime(date)), |lease| lease.acquire_time.clone()),
            renew_time: Some(MicroTime(date)),
            lease_transitions: Some(match (renews, transitions) {
                (None, Some(before)) => before.saturating_add(1),
                (_, before) => before.unwrap_or(0),
            }),
            ..before.cloned().unwrap_or_default()
        }))
    }
}

fn holder(lease: &LeaseSpec) -> Option<&String> {
    lease.holder_identity.as_ref().filter(|holder| !holder.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DURATION: Duration = Duration::from_secs(15);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn taken(attempt: Attempt) -> LeaseSpec {
        match attempt {
            Attempt::Take(lease) => *lease,
            Attempt::Wait => panic!("the lease is taken"),
        }
    }

    #[test]
    fn the_first_leads_and_renews_and_the_second_waits_for_its_silence() {
        let (mut a, mut b) = (Candidate::new("a".into(), DURATION), Candidate::new("b".into(), DURATION));
        let now = Instant::now();
        let first = taken(a.attempt(None, now, at(0)));
        assert_eq!((first.holder_identity.as_deref(), first.lease_transitions), (Some("a"), Some(0)));
        assert_eq!(b.attempt(Some(&first), now, at(0)), Attempt::Wait);

        let renewed = taken(a.attempt(Some(&first), now, at(10)));
        assert_eq!((&renewed.acquire_time, &renewed.renew_time), (&Some(MicroTime(at(0))), &Some(MicroTime(at(10)))));
        let seen = now + Duration::from_secs(12);
        assert_eq!(b.attempt(Some(&renewed), seen, at(12)), Attempt::Wait);
        assert_eq!(b.attempt(Some(&renewed), seen + DURATION, at(27)), Attempt::Wait);
        let lost = taken(b.attempt(Some(&renewed), seen + DURATION + Duration::from_millis(1), at(28)));
        assert_eq!((lost.holder_identity.as_deref(), lost.lease_transitions), (Some("b"), Some(1)));
        assert_eq!(lost.acquire_time, Some(MicroTime(at(28))));
    }

    #[test]
    fn a_released_lease_is_taken_at_once() {
        let (mut a, mut b) = (Candidate::new("a".into(), DURATION), Candidate::new("b".into(), DURATION));
        let now = Instant::now();
        let lease = taken(a.attempt(None, now, at(0)));
        assert_eq!(b.release(&lease, at(1)), None, "it is another one's");
        let released = a.release(&lease, at(1)).unwrap();
        assert_eq!(taken(b.attempt(Some(&released), now, at(1))).holder_identity.as_deref(), Some("b"));
    }
}
