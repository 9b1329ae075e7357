//! Bodies as they come over the wire: JSON or YAML, with a memory of the keys that occur twice.

use crate::status::{Status, quoted};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::{cell::RefCell, fmt};

/// A body, read but not yet held against its kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// What it says; of a key that occurs twice the later value.
    pub value: Value,
    /// Paths of the fields that occur more than once, such as `spec.containers[0].image`.
    pub duplicates: Vec<String>,
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self { value, duplicates: Vec::new() }
    }
}

/// Reads a JSON body; a `BadRequest` if it is not JSON.
pub fn parse_json(body: &[u8]) -> Result<Document, Status> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    read(|reader| {
        let value = reader.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    })
    .map_err(|error: serde_json::Error| {
        Status::bad_request(format!("couldn't get version/kind; json parse error: {error}"))
    })
}

/// Reads a YAML body; a `BadRequest` if it is not YAML or a key occurs twice.
pub fn parse_yaml(body: &[u8]) -> Result<Document, Status> {
    let bad = |error: &dyn fmt::Display| Status::bad_request(format!("error converting YAML to JSON: yaml: {error}"));
    let body = std::str::from_utf8(body).map_err(|error| bad(&error))?;
    serde_saphyr::from_str::<Value>(body).map(Document::from).map_err(|error| bad(&yaml_fault(&error)))
}

/// What is wrong with YAML, of duplicate keys in the words of Kubernetes' parser.
fn yaml_fault(error: &serde_saphyr::Error) -> String {
    match error.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { key, location } => {
            let key = key.as_deref().unwrap_or_default();
            format!("unmarshal errors:\n  line {}: key {} already set in map", location.line(), quoted(key))
        }
        _ => error.to_string(),
    }
}

fn read<E>(deserialize: impl FnOnce(Reader<'_>) -> Result<Value, E>) -> Result<Document, E> {
    let duplicates = RefCell::new(Vec::new());
    let value = deserialize(Reader { place: &Place::Root, duplicates: &duplicates })?;
    Ok(Document { value, duplicates: duplicates.into_inner() })
}

/// Where in the document a value stands, linked from the inside out so that a path costs nothing until it is needed.
enum Place<'a> {
    Root,
    Key(&'a Place<'a>, &'a str),
    Index(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Builds a value and notes duplicate keys on the way.
#[derive(Clone, Copy)]
struct Reader<'a> {
    place: &'a Place<'a>,
    duplicates: &'a RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) =
            items.next_element_seed(Reader { place: &Place::Index(self.place, list.len()), ..self })?
        {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let place = Place::Key(self.place, &key);
            let value = entries.next_value_seed(Reader { place: &place, ..self })?;
            if object.contains_key(&key) {
                self.duplicates.borrow_mut().push(place.to_string());
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_read_with_the_later_of_two_values() {
        let cases: [(&str, Value, &[&str]); 4] = [
            (r#"{"a": 1, "b": [null, true, -2, 1.5, "x"]}"#, json!({"a": 1, "b": [null, true, -2, 1.5, "x"]}), &[]),
            (r#"{"a": 1, "a": 2}"#, json!({"a": 2}), &["a"]),
            (r#"{"s": {"c": [{}, {"i": 1, "i": 1}]}}"#, json!({"s": {"c": [{}, {"i": 1}]}}), &["s.c[1].i"]),
            ("7", json!(7), &[]),
        ];
        for (text, value, duplicates) in cases {
            let document = parse_json(text.as_bytes()).unwrap();
            assert_eq!(document.value, value);
            assert_eq!(document.duplicates, duplicates);
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
    fn yaml_is_read_as_json() {
        let text = "kind: Pod\nspec:\n  containers:\n  - name: a\n    args: [\"1\", 'yes']\n  priority: 3\n  x: ~\n";
        let document = parse_yaml(text.as_bytes()).unwrap();
        let containers = json!([{"name": "a", "args": ["1", "yes"]}]);
        assert_eq!(
            document.value,
            json!({"kind": "Pod", "spec": {"containers": containers, "priority": 3, "x": null}})
        );
        let twice = parse_yaml(b"a: 1\nb:\n  c: 1\n  c: 2\n").unwrap_err();
        let fault = "yaml: unmarshal errors:\n  line 4: key \"c\" already set in map";
        assert_eq!(twice.message, format!("error converting YAML to JSON: {fault}"));
        for text in ["a: 1\na: 2\n", "a: [", "\tx: {"] {
            assert_eq!(parse_yaml(text.as_bytes()).unwrap_err().code(), 400, "{text}");
        }
    }
}
