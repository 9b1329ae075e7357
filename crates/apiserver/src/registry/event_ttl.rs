//! Events go an hour after their last change (`--event-ttl` of the kube-apiserver, whose etcd forgets them by leases).

use super::{Next, Proposal, Registry, Target};
use crate::{
    admission::{Attributes, Operation},
    options::WriteOptions,
    user::User,
};
use api::kinds::EVENT;
use jiff::{SignedDuration, Timestamp};
use machinery::status::Status;
use serde_json::Value;

/// How long an event stays after its last change.
pub const EVENT_TTL: SignedDuration = SignedDuration::from_hours(1);

/// Where an event says when something happened to it.
const TIMES: [&str; 4] = ["/metadata/creationTimestamp", "/lastTimestamp", "/eventTime", "/series/lastObservedTime"];

impl Registry {
    /// Removes the events that are due, whatever finalizers they have, and returns when the next may be. One that cannot
    /// be removed does not keep the others.
    pub async fn expire_events(&self, now: Timestamp) -> Result<Timestamp, Status> {
        // An event that is yet to come stays as long as one that is made now.
        let mut next = now + EVENT_TTL;
        let mut failed = None;
        let all = Target::all(EVENT);
        for event in self.cache.collection(&all.collection()).list(&all.prefix()) {
            let due = expiry(&event.value(), now);
            if due > now {
                next = next.min(due);
            } else if let Err(status) = self.expire(&event.selectable()["metadata"], now).await {
                failed = Some(status);
            }
        }
        failed.map_or(Ok(next), Err)
    }

    async fn expire(&self, event: &Value, now: Timestamp) -> Result<(), Status> {
        let text = |field: &str| event[field].as_str().unwrap_or_default();
        let target = Target::in_namespace(EVENT, text("namespace"));
        let (user, options) = (User::api_server(), WriteOptions::default());
        let attributes = Attributes::of(&user, Operation::Delete, &target, text("name"), &options);
        // Who was faster may have changed it.
        let propose = |event: Option<&Value>| {
            let due = event.filter(|event| expiry(event, now) <= now);
            Ok(Proposal::Decided(due.map_or(Next::Keep, |event| Next::Delete(event.clone()))))
        };
        self.change(&attributes, propose).await.map(|_| ())
    }
}

/// When an event is to go. Times are the clients' word: one that lies ahead does not make an event stay longer.
fn expiry(event: &Value, now: Timestamp) -> Timestamp {
    let times = TIMES.iter().filter_map(|pointer| event.pointer(pointer)?.as_str()?.parse::<Timestamp>().ok());
    times.filter(|time| *time <= now).max().map_or(Timestamp::MIN, |last| last + EVENT_TTL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_goes_an_hour_after_its_last_change() {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let made = |time: &str| json!({"creationTimestamp": time});
        for (event, expected) in [
            (json!({"metadata": made("2026-01-01T11:30:00Z")}), "2026-01-01T12:30:00Z"),
            (
                json!({"metadata": made("2026-01-01T10:00:00Z"), "lastTimestamp": "2026-01-01T11:59:00Z",
                    "firstTimestamp": "2026-01-01T10:00:00Z", "eventTime": null}),
                "2026-01-01T12:59:00Z",
            ),
            (
                json!({"metadata": made("2026-01-01T10:00:00Z"), "eventTime": "2026-01-01T10:00:01.5Z"}),
                "2026-01-01T11:00:01.5Z",
            ),
            (
                json!({"metadata": made("2026-01-01T10:00:00Z"), "series": {"lastObservedTime": "2026-01-01T11:00:00.000001Z"}}),
                "2026-01-01T12:00:00.000001Z",
            ),
            (
                json!({"metadata": made("2026-01-01T10:00:00Z"), "lastTimestamp": "3026-01-01T00:00:00Z"}),
                "2026-01-01T11:00:00Z",
            ),
        ] {
            assert_eq!(expiry(&event, now).to_string(), expected, "{event}");
        }
        assert!(expiry(&json!({}), now) < now);
    }
}
