//! What a strict decoder finds fault with in a JSON text, in the order in which it stands there: fields that occur twice
//! and fields that the type does not have (`sigs.k8s.io/json`).

use crate::{
    schema::{Definition, Type},
    status::quoted,
};
use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{
    cell::RefCell,
    collections::HashSet,
    fmt::{self, Write},
};

/// More are not noted.
pub(super) const MOST_FAULTS: usize = 100;
/// Paths are cut off after so many bytes.
const LONGEST_PATH: usize = 1024;

/// All faults of a text that is JSON.
pub(super) fn faults(json: &[u8], definition: Definition<'_>) -> Vec<String> {
    let faults = RefCell::default();
    let reader = Reader { place: &Place::Root, ty: Type::Struct(definition), faults: &faults };
    // It was read before.
    let _ = reader.deserialize(&mut serde_json::Deserializer::from_slice(json));
    faults.into_inner()
}

/// A path, cut off where it becomes too long.
#[derive(Default)]
pub(super) struct ShortPath(pub String);

impl Write for ShortPath {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST_PATH.saturating_sub(self.0.len());
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        if room < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
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

#[derive(Clone, Copy)]
struct Reader<'a> {
    place: &'a Place<'a>,
    ty: Type<'a>,
    faults: &'a RefCell<Vec<String>>,
}

impl<'a> Reader<'a> {
    /// Each fault is noted once.
    fn note(self, kind: &str, place: &Place<'_>) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() == MOST_FAULTS {
            return;
        }
        let mut path = ShortPath::default();
        let _ = write!(path, "{place}");
        let fault = format!("{kind} field {}", quoted(&path.0));
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }

    /// The type of what stands under a key; none if there is no such field.
    fn field(self, key: &str) -> Option<Type<'a>> {
        match self.ty {
            Type::Struct(definition) => definition.field(key).map(|field| field.ty),
            Type::Map(element) => Some(element.ty()),
            _ => Some(Type::Any),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.ty {
            Type::Struct(_) | Type::Map(_) | Type::Array(_) => deserializer.deserialize_any(self),
            _ => deserializer.deserialize_ignored_any(IgnoredAny).map(drop),
        }
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of the field's type")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let ty = if let Type::Array(element) = self.ty { element.ty() } else { Type::Any };
        let mut index = 0;
        loop {
            let place = Place::Index(self.place, index);
            if items.next_element_seed(Reader { place: &place, ty, ..self })?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let place = Place::Key(self.place, &key);
            let Some(ty) = self.field(&key) else {
                self.note("unknown", &place);
                entries.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.contains(&key) {
                self.note("duplicate", &place);
            }
            entries.next_value_seed(Reader { place: &place, ty, ..self })?;
            seen.insert(key);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::whale;
    use serde_json::json;

    #[test]
    fn faults_stand_in_the_order_of_the_text() {
        let text = json!({"type": "string"});
        let meta =
            json!({"type": "object", "properties": {"labels": {"type": "object", "additionalProperties": text}}});
        let calf = json!({"type": "object", "properties": {"name": text}});
        let spec = json!({"type": "object", "properties": {
            "replicas": {"type": "integer"}, "paused": {"type": "boolean"}, "meta": meta,
            "calves": {"type": "array", "items": calf}}});
        let kind = whale(&json!({"type": "object", "properties": {"spec": spec}}));
        let definition = kind.definition().unwrap();
        for (text, expected) in [
            (r#"{"spec": {"replicas": 1}}"#, &[][..]),
            (
                r#"{"spec": {"unknownField": "foo", "replicas": 2, "replicas": 3}}"#,
                &["unknown field \"spec.unknownField\"", "duplicate field \"spec.replicas\""],
            ),
            (
                r#"{"spec": {"paused": true, "z": 1, "paused": true, "paused": false, "a": {"b": 1, "b": 2}}, "spec": {}, "x": 1}"#,
                &[
                    "unknown field \"spec.z\"",
                    "duplicate field \"spec.paused\"",
                    "unknown field \"spec.a\"",
                    "duplicate field \"spec\"",
                    "unknown field \"x\"",
                ],
            ),
            (
                r#"{"spec": {"meta": {"labels": {"a": "1", "a": "2"}}, "calves": [{}, {"Name": ""}]}}"#,
                &["duplicate field \"spec.meta.labels.a\"", "unknown field \"spec.calves[1].Name\""],
            ),
        ] {
            assert_eq!(faults(text.as_bytes(), definition), expected, "{text}");
        }
    }

    #[test]
    fn what_is_noted_is_bounded() {
        let kind = whale(&json!({"type": "object", "properties": {"spec": {"type": "object"}}}));
        let definition = kind.definition().unwrap();
        let key = "é".repeat(1 << 20);
        let entries: Vec<String> = (0..1000).map(|number| format!("\"a{number}\": 1")).collect();
        let text = format!("{{\"spec\": {{\"{key}\": 1}}, {}}}", entries.join(","));
        let faults = faults(text.as_bytes(), definition);
        assert_eq!(faults.len(), MOST_FAULTS);
        assert!(faults[0].len() < 2 * LONGEST_PATH, "{}", faults[0].len());
    }
}
