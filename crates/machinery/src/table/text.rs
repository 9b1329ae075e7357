//! Small texts that several kinds' cells are made of.

use serde_json::{Map, Value};

/// What stands in a cell without a value.
pub const NONE: &str = "<none>";

/// The text, or `<none>`.
#[must_use]
pub fn or_none(value: &Value) -> &str {
    value.as_str().filter(|text| !text.is_empty()).unwrap_or(NONE)
}

/// The number, 0 if there is none.
#[must_use]
pub fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

/// The items of a list.
#[must_use]
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// How many entries a map has.
#[must_use]
pub fn count(value: &Value) -> usize {
    value.as_object().map_or(0, Map::len)
}

/// The field of each item, with commas between.
#[must_use]
pub fn joined(items: &[Value], field: &str) -> String {
    let texts: Vec<&str> = items.iter().map(|item| item[field].as_str().unwrap_or_default()).collect();
    texts.join(",")
}

/// The first few entries, and how many more there are.
#[must_use]
pub fn abridged(entries: &[String], if_empty: &str) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = entries.iter().take(SHOWN).map(String::as_str).collect();
    match entries.len() {
        0 => if_empty.to_owned(),
        count if count > SHOWN => format!("{} + {} more...", shown.join(","), count - SHOWN),
        _ => shown.join(","),
    }
}

/// `key=value` pairs, with commas between.
#[must_use]
pub fn labels(labels: &Value) -> String {
    let pairs: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    if pairs.is_empty() { NONE.to_owned() } else { pairs.join(",") }
}

/// A label selector in the notation of kubectl's `-l`, or that of a `ReplicationController` or Service: a plain map.
#[must_use]
pub fn selector(selector: &Value) -> String {
    let structured = selector.get("matchLabels").is_some_and(Value::is_object)
        || selector.get("matchExpressions").is_some_and(Value::is_array);
    if !structured {
        return labels(selector);
    }
    let pairs = selector["matchLabels"].as_object().into_iter().flatten();
    let mut parts: Vec<(String, String)> =
        pairs.map(|(key, value)| (key.clone(), format!("{key}={}", value.as_str().unwrap_or_default()))).collect();
    for expression in items(&selector["matchExpressions"]) {
        let key = expression["key"].as_str().unwrap_or_default();
        let mut values: Vec<&str> = items(&expression["values"]).iter().filter_map(Value::as_str).collect();
        values.sort_unstable();
        let values = values.join(",");
        let text = match expression["operator"].as_str() {
            Some("In") => format!("{key} in ({values})"),
            Some("NotIn") => format!("{key} notin ({values})"),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        };
        parts.push((key.to_owned(), text));
    }
    parts.sort();
    let parts: Vec<String> = parts.into_iter().map(|(_, text)| text).collect();
    if parts.is_empty() { NONE.to_owned() } else { parts.join(",") }
}

/// Names and images of a template's containers.
#[must_use]
pub fn containers(spec: &Value) -> [Value; 2] {
    let containers = items(&spec["template"]["spec"]["containers"]);
    [joined(containers, "name").into(), joined(containers, "image").into()]
}

/// Whether a condition of that type is true.
#[must_use]
pub fn condition(object: &Value, kind: &str) -> bool {
    items(&object["status"]["conditions"])
        .iter()
        .any(|condition| condition["type"] == kind && condition["status"] == "True")
}
