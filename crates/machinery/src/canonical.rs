//! Whether two values mean the same to Kubernetes.

use crate::quantity::Quantity;
use serde_json::{Map, Value};

/// Fields whose false means the same as their absence.
const FALSE_IS_ABSENT: [&str; 8] =
    ["hostIPC", "hostNetwork", "hostPID", "optional", "readOnly", "stdin", "stdinOnce", "tty"];
/// Fields with a quantity under each key.
const QUANTITIES: [&str; 3] = ["limits", "overhead", "requests"];

/// The value without what means nothing: null, the empty string and list, and the spelling of quantities. An empty
/// object means something: it is what a pointer was set to.
#[must_use]
pub fn canonical(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let field = |(key, value): (String, Value)| {
                let value = if QUANTITIES.contains(&key.as_str()) { quantities(value) } else { canonical(value) };
                let absent = is_empty(&value) || value == false && FALSE_IS_ABSENT.contains(&key.as_str());
                (!absent).then_some((key, value))
            };
            Value::Object(fields.into_iter().filter_map(field).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        other => other,
    }
}

fn quantities(value: Value) -> Value {
    let Value::Object(quantities) = value else { return value };
    let spell = |value: Value| match value.as_str().and_then(|text| text.parse::<Quantity>().ok()) {
        Some(quantity) => Value::String(quantity.to_string()),
        None => value,
    };
    Value::Object(quantities.into_iter().map(|(name, value)| (name, spell(value))).collect::<Map<_, _>>())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use serde_json::json;

    #[test]
    fn spellings_of_the_same_are_the_same() {
        let cases = [
            (json!({"a": null, "b": [], "c": ""}), json!({})),
            (json!({"hostNetwork": false}), json!({})),
            (json!({"enableServiceLinks": false}), json!({"enableServiceLinks": false})),
            (json!({"limits": {"cpu": "0.5"}}), json!({"limits": {"cpu": "500m"}})),
        ];
        for (value, expected) in cases {
            assert_eq!(canonical(value), expected);
        }
    }
}
