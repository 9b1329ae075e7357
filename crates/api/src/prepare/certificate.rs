//! Requests for certificates: who changes which part of them
//! (`pkg/registry/certificates/certificates/strategy.go`).

use jiff::Timestamp;
use machinery::meta;
use serde_json::{Value, json};

/// What was decided about a request; only the approval changes it.
const DECISIONS: [&str; 2] = ["Approved", "Denied"];

/// A request begins undecided.
pub fn begin(request: &mut Value) {
    request["status"] = json!({});
}

/// An update of the whole changes metadata alone.
pub fn keep_all(new: &mut Value, old: &Value) {
    put_back(new, old, "spec");
    put_back(new, old, "status");
}

/// The approval changes conditions alone.
pub fn keep_all_but_conditions(new: &mut Value, old: &Value) {
    let conditions = new["status"]["conditions"].take();
    keep_all(new, old);
    if conditions.is_null() {
        if let Some(status) = new["status"].as_object_mut() {
            status.remove("conditions");
        }
    } else {
        new["status"]["conditions"] = conditions;
    }
    set_times(new, old);
}

/// The status keeps what was decided.
pub fn keep_decisions(new: &mut Value, old: &Value) {
    put_back(new, old, "spec");
    let before = |decision: &str| of_type(&old["status"], decision).cloned().collect::<Vec<_>>();
    for decision in DECISIONS {
        let before = before(decision);
        if of_type(&new["status"], decision).count() != before.len() {
            continue;
        }
        let conditions = new["status"]["conditions"].as_array_mut().into_iter().flatten();
        let same = conditions.filter(|condition| condition["type"] == decision);
        for (condition, before) in same.zip(before) {
            *condition = before;
        }
    }
    set_times(new, old);
}

fn put_back(new: &mut Value, old: &Value, field: &str) {
    match (old.get(field), new.as_object_mut()) {
        (Some(value), Some(new)) => drop(new.insert(field.to_owned(), value.clone())),
        (None, Some(new)) => drop(new.remove(field)),
        (_, None) => {}
    }
}

/// The conditions of a type.
pub fn of_type<'a>(status: &'a Value, condition_type: &'a str) -> impl Iterator<Item = &'a Value> {
    status["conditions"].as_array().into_iter().flatten().filter(move |condition| condition["type"] == condition_type)
}

/// Conditions say since when they are what they are, and when they were looked at last.
fn set_times(new: &mut Value, old: &Value) {
    set_times_at(new, old, Timestamp::now());
}

fn set_times_at(new: &mut Value, old: &Value, now: Timestamp) {
    let is_unset = |value: &Value| value.as_str().is_none_or(str::is_empty);
    for condition in new["status"]["conditions"].as_array_mut().into_iter().flatten() {
        if is_unset(&condition["lastUpdateTime"]) {
            condition["lastUpdateTime"] = json!(meta::time(now));
        }
        if is_unset(&condition["lastTransitionTime"]) {
            let same = |before: &&Value| {
                before["type"] == condition["type"]
                    && before["status"] == condition["status"]
                    && !is_unset(&before["lastTransitionTime"])
            };
            let before = old["status"]["conditions"].as_array().into_iter().flatten().find(same);
            let since = before.map_or_else(|| json!(meta::time(now)), |before| before["lastTransitionTime"].clone());
            condition["lastTransitionTime"] = since;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(spec: &str, conditions: &Value, certificate: &str) -> Value {
        json!({"spec": {"signerName": spec}, "status": {"conditions": conditions, "certificate": certificate}})
    }

    #[test]
    fn each_part_changes_what_is_its_own() {
        let approved = json!([{"type": "Approved", "status": "True", "reason": "r", "lastUpdateTime": "t", "lastTransitionTime": "t"}]);
        let other = json!([{"type": "Approved", "status": "True", "reason": "x", "lastUpdateTime": "u", "lastTransitionTime": "u"}]);
        let old = request("a", &approved, "");
        let new = request("b", &other, "CERT");
        for (prepare, expected) in [
            (keep_all as fn(&mut Value, &Value), old.clone()),
            (keep_all_but_conditions, request("a", &other, "")),
            (keep_decisions, request("a", &approved, "CERT")),
        ] {
            let mut changed = new.clone();
            prepare(&mut changed, &old);
            assert_eq!(changed, expected);
        }
        let mut begun = new;
        begin(&mut begun);
        assert_eq!(begun["status"], json!({}));
    }

    #[test]
    fn conditions_get_their_times() {
        let old = request("a", &json!([{"type": "Failed", "status": "True", "lastTransitionTime": "then"}]), "");
        let mut new =
            request("a", &json!([{"type": "Failed", "status": "True"}, {"type": "Approved", "status": "True"}]), "");
        set_times_at(&mut new, &old, Timestamp::UNIX_EPOCH);
        let times = |index: usize| {
            let condition = &new["status"]["conditions"][index];
            [condition["lastTransitionTime"].as_str().unwrap(), condition["lastUpdateTime"].as_str().unwrap()]
        };
        assert_eq!(times(0), ["then", "1970-01-01T00:00:00Z"]);
        assert_eq!(times(1), ["1970-01-01T00:00:00Z"; 2]);
    }
}
