//! The fields of an object's metadata that the server sets and clients cannot
//! (`k8s.io/apiserver/pkg/registry/rest`: `FillObjectMetaSystemFields`, `BeforeUpdate`).

use jiff::{SignedDuration, Timestamp};
use machinery::meta;
use serde_json::Value;

/// Fields that an update takes over from the stored object.
const KEPT: [&str; 5] = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"];

/// Makes an object a new one.
pub fn initialize(object: &mut Value, uid: &str, now: Timestamp) {
    meta::remove(object, &["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"]);
    meta::set(object, "uid", uid);
    meta::set(object, "creationTimestamp", meta::time(now));
}

/// Puts back what a client cannot change; the resourceVersion is that of the stored object until it is written.
pub fn keep(new: &mut Value, old: &Value) {
    for field in KEPT {
        match &old["metadata"][field] {
            Value::Null => meta::remove(new, &[field]),
            value => meta::set(new, field, value.clone()),
        }
    }
    meta::remove(new, &["selfLink"]);
    meta::set(new, "resourceVersion", meta::resource_version(old));
}

/// Marks an object as going, `grace` seconds from `now`.
pub fn mark_deleted(object: &mut Value, now: Timestamp, grace: i64) {
    let at = now.saturating_add(SignedDuration::from_secs(grace)).unwrap_or(now);
    meta::set(object, "deletionTimestamp", meta::time(at));
    meta::set(object, "deletionGracePeriodSeconds", grace);
    // A kind that counts generations counts this one.
    let generation = meta::generation(object);
    if generation > 0 {
        meta::set(object, "generation", generation + 1);
    }
}

/// Leaves an object that is going less time than it was given first. Where that time is over already, it goes now, but
/// still gracefully if that was asked for.
pub fn hurry(object: &mut Value, grace: i64, now: Timestamp) {
    let (Some(at), Some(left)) = (meta::deletion_timestamp(object), meta::deletion_grace_period(object)) else {
        return;
    };
    let earlier = at.saturating_sub(SignedDuration::from_secs(left.saturating_sub(grace))).unwrap_or(at);
    let (at, grace) = if earlier < now { (now, grace.min(1)) } else { (earlier, grace) };
    meta::set(object, "deletionTimestamp", meta::time(at));
    meta::set(object, "deletionGracePeriodSeconds", grace);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn clients_cannot_set_what_is_the_servers() {
        let mut object = json!({"metadata": {"name": "a", "uid": "mine", "deletionTimestamp": "2026-01-01T00:00:00Z"}});
        initialize(&mut object, "u", Timestamp::UNIX_EPOCH);
        assert_eq!(object, json!({"metadata": {"name": "a", "uid": "u", "creationTimestamp": "1970-01-01T00:00:00Z"}}));
        let old = json!({"metadata": {"name": "a", "uid": "u", "generation": 3, "resourceVersion": "7"}});
        let mut new =
            json!({"metadata": {"name": "a", "uid": "v", "generation": 9, "deletionTimestamp": "x", "labels": {}}});
        keep(&mut new, &old);
        assert_eq!(
            new,
            json!({"metadata": {"name": "a", "uid": "u", "generation": 3, "resourceVersion": "7", "labels": {}}})
        );
    }

    #[test]
    fn a_deletion_can_be_hurried() {
        let mut object = json!({"metadata": {"generation": 1}});
        mark_deleted(&mut object, Timestamp::UNIX_EPOCH, 30);
        assert_eq!(object["metadata"]["deletionTimestamp"], "1970-01-01T00:00:30Z");
        assert_eq!(object["metadata"]["generation"], 2);
        hurry(&mut object, 10, Timestamp::UNIX_EPOCH);
        assert_eq!(object["metadata"]["deletionTimestamp"], "1970-01-01T00:00:10Z");
        assert_eq!(object["metadata"]["deletionGracePeriodSeconds"], 10);
        hurry(&mut object, 5, "1970-01-01T00:00:07Z".parse().unwrap());
        assert_eq!(object["metadata"]["deletionTimestamp"], "1970-01-01T00:00:07Z");
        assert_eq!(object["metadata"]["deletionGracePeriodSeconds"], 1);
    }
}
