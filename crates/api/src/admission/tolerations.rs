//! Joining two lists of tolerations (`pkg/util/tolerations`).

use serde_json::Value;

/// All tolerations of both lists, without those that another one includes.
pub(super) fn merge(first: &[Value], second: &[Value]) -> Vec<Value> {
    let all: Vec<&Value> = first.iter().chain(second).collect();
    let mut merged: Vec<Value> = Vec::with_capacity(all.len());
    for (index, toleration) in all.iter().enumerate() {
        let later = all.iter().skip(index + 1).any(|other| other != toleration && includes(other, toleration));
        if !later && !merged.iter().any(|other| includes(other, toleration)) {
            merged.push((*toleration).clone());
        }
    }
    merged
}

/// Whether `wide` tolerates all that `narrow` does.
fn includes(wide: &Value, narrow: &Value) -> bool {
    if wide == narrow {
        return true;
    }
    let text = |toleration: &'static str, of: &Value| of[toleration].as_str().unwrap_or_default().to_owned();
    let same = |field| text(field, wide) == text(field, narrow);
    let exists = wide["operator"] == "Exists";
    let key = same("key") || (text("key", wide).is_empty() && exists);
    let effect = same("effect") || text("effect", wide).is_empty();
    let patient = wide["effect"] != "NoExecute"
        || wide["tolerationSeconds"]
            .as_i64()
            .is_none_or(|longest| narrow["tolerationSeconds"].as_i64().is_some_and(|seconds| seconds <= longest));
    let equal = matches!(wide["operator"].as_str(), None | Some("" | "Equal"));
    let value = exists || (equal && narrow["operator"] == "Equal" && same("value"));
    key && effect && patient && value
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_another_includes_is_left_out() {
        let exists = json!({"key": "a", "operator": "Exists"});
        let equal = json!({"key": "a", "operator": "Equal", "value": "v", "effect": "NoSchedule"});
        let other = json!({"key": "b", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
        let longer = json!({"key": "b", "operator": "Exists", "effect": "NoExecute"});
        let all = json!({"operator": "Exists"});
        for (first, second, expected) in [
            (vec![&equal], vec![&other], vec![&equal, &other]),
            (vec![&equal], vec![&exists], vec![&exists]),
            (vec![&exists], vec![&equal, &exists], vec![&exists]),
            (vec![&other], vec![&longer], vec![&longer]),
            (vec![&other, &equal], vec![&all], vec![&all]),
        ] {
            let owned = |list: Vec<&Value>| list.into_iter().cloned().collect::<Vec<_>>();
            assert_eq!(merge(&owned(first), &owned(second)), owned(expected));
        }
    }
}
