//! Bodies as they come over the wire, JSON or YAML, and what is known of keys that occur twice in them.

use super::{
    reader::{Reader, State},
    strict, yaml,
};
use crate::{
    schema::Definition,
    status::{Status, quoted},
};
use serde::de::DeserializeSeed;
use serde_json::Value;
use std::fmt;

/// A body, read but not yet held against its kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// What it says; of a key that occurs twice the later value.
    pub value: Value,
    text: Text,
}

/// What a document was read from, as far as its faults have to be told from it.
#[derive(Debug, Clone, Default, PartialEq)]
enum Text {
    /// Faults are in the value alone.
    #[default]
    None,
    /// JSON, and whether a key occurs twice in it.
    Json(Box<[u8]>, bool),
    /// YAML with keys that occur twice.
    Yaml(String),
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self { value, text: Text::None }
    }
}

impl Document {
    /// What a strict decoder finds fault with, in the order in which it stands in the body: fields that occur twice,
    /// and those that the type does not have. `unknown` are the latter, found in the value.
    pub(crate) fn faults(&self, definition: Option<Definition<'_>>, unknown: &[String]) -> Vec<String> {
        let unknown_fields = || unknown.iter().map(|path| format!("unknown field {}", quoted(path)));
        match (&self.text, definition) {
            (Text::Json(text, twice), Some(definition)) if *twice || !unknown.is_empty() => {
                strict::faults(text, definition)
            }
            (Text::Yaml(twice), _) => std::iter::once(twice.clone()).chain(unknown_fields()).collect(),
            _ => unknown_fields().collect(),
        }
    }
}

/// Reads a JSON body; a `BadRequest` if it is not JSON.
pub fn parse_json(body: &[u8]) -> Result<Document, Status> {
    let reader = State::default();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = Reader(&reader).deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    let value =
        value.map_err(|error| Status::bad_request(format!("couldn't get version/kind; json parse error: {error}")))?;
    Ok(Document { value, text: Text::Json(body.into(), reader.twice.get()) })
}

/// Reads a YAML body; a `BadRequest` if it is not YAML.
pub fn parse_yaml(body: &[u8]) -> Result<Document, Status> {
    let bad = |error: &dyn fmt::Display| Status::bad_request(format!("error converting YAML to JSON: yaml: {error}"));
    let text = std::str::from_utf8(body).map_err(|error| bad(&error))?;
    let (value, twice) = yaml::read(text).map_err(|error| bad(&error))?;
    Ok(Document { value, text: twice.map_or(Text::None, |fault| Text::Yaml(format!("yaml: {fault}"))) })
}

#[cfg(test)]
mod tests {
    use super::{super::MOST_PARTS, *};
    use serde_json::json;

    #[test]
    fn json_is_read_with_the_later_of_two_values() {
        let cases = [
            (r#"{"a": 1, "b": [null, true, -2, 1.5, "x"]}"#, json!({"a": 1, "b": [null, true, -2, 1.5, "x"]}), false),
            (r#"{"a": 1, "a": 2}"#, json!({"a": 2}), true),
            (r#"{"s": {"c": [{}, {"i": 1, "i": 1}]}}"#, json!({"s": {"c": [{}, {"i": 1}]}}), true),
            ("7", json!(7), false),
        ];
        for (text, value, twice) in cases {
            let document = parse_json(text.as_bytes()).unwrap();
            assert_eq!(document.value, value);
            assert_eq!(document.text, Text::Json(text.as_bytes().into(), twice));
        }
    }

    #[test]
    fn what_is_not_json_is_a_bad_request() {
        for text in ["", "{", "{} x", "[1,]", "{\"a\" 1}"] {
            let status = parse_json(text.as_bytes()).unwrap_err();
            assert_eq!(status.code(), 400);
            assert!(status.message.starts_with("couldn't get version/kind; json parse error: "), "{status}");
        }
    }

    #[test]
    fn bodies_of_too_many_parts_are_refused() {
        let list = |count: usize| format!("[{}{{}}]", "{},".repeat(count - 1));
        assert!(parse_json(list(MOST_PARTS - 1).as_bytes()).is_ok());
        for text in [list(MOST_PARTS), "[".repeat(200), "[".repeat(200) + &"]".repeat(200)] {
            assert_eq!(parse_json(text.as_bytes()).unwrap_err().code(), 400);
            assert_eq!(parse_yaml(text.as_bytes()).unwrap_err().code(), 400);
        }
    }

    #[test]
    fn yaml_is_read_as_json() {
        let text = "kind: Pod\nspec:\n  containers:\n  - name: a\n    args: [\"1\", 'yes']\n  priority: 3\n  x: ~\n";
        let document = parse_yaml(text.as_bytes()).unwrap();
        let containers = json!([{"name": "a", "args": ["1", "yes"]}]);
        assert_eq!(
            document,
            json!({"kind": "Pod", "spec": {"containers": containers, "priority": 3, "x": null}}).into()
        );
        for text in ["a: [", "\tx: {"] {
            assert_eq!(parse_yaml(text.as_bytes()).unwrap_err().code(), 400, "{text}");
        }
    }

    #[test]
    fn of_keys_that_occur_twice_in_yaml_the_later_counts_and_it_is_said() {
        let document = parse_yaml(b"a: 1\nb:\n  c: 1\n  c: 2\n").unwrap();
        assert_eq!(document.value, json!({"a": 1, "b": {"c": 2}}));
        assert_eq!(
            document.faults(None, &["x".into()]),
            ["yaml: unmarshal errors:\n  line 4: key \"c\" already set in map", "unknown field \"x\""]
        );
    }
}
