//! YAML as Kubernetes reads it: version 1.1's octal numbers, whole numbers written as fractions
//! (`sigs.k8s.io/yaml`). Documents of several kinds of text in one file.

use super::reader::{Reader, State};
use crate::status::quoted;
use serde::{Deserialize, Deserializer, de::DeserializeSeed};
use serde_json::{Number, Value};
use serde_saphyr::{
    Error, Options,
    options::DuplicateKeyPolicy::{self, LastWins},
};
use std::fmt;

/// So deep values may lie in each other, as in JSON.
const DEEPEST: usize = 128;

/// Why a text is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line and column, from 1, if they are known.
    place: Option<(u64, u64)>,
    what: String,
}

impl Fault {
    /// The fault on one line, with the place in the file of that name.
    #[must_use]
    pub fn of(&self, name: &str) -> String {
        match self.place {
            Some((line, column)) => format!("{name}:{line}:{column}: {}", self.what),
            None => format!("{name}: {}", self.what),
        }
    }
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        let place = error.location().map(|at| (at.line(), at.column()));
        if let Error::DuplicateMappingKey { key, .. } = error.without_snippet() {
            let key = quoted(key.as_deref().unwrap_or_default());
            return Self { place, what: format!("key {key} already set in map") };
        }
        // The parser's own text begins with the place and goes on with an excerpt over several lines.
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        let prefix = place.map(|(line, column)| format!("error: line {line} column {column}: ")).unwrap_or_default();
        Self { place, what: line.strip_prefix(&prefix).unwrap_or(line).to_owned() }
    }
}

impl From<&serde_json::Error> for Fault {
    fn from(error: &serde_json::Error) -> Self {
        let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned();
        Self { place: Some((number(error.line()), number(error.column()))), what }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, _)) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// Reads one document, of a key that occurs twice the later value; the text tells of such keys.
pub(super) fn read(text: &str) -> Result<(Value, Option<String>), Fault> {
    let state = State::default();
    let read = |policy, state| {
        serde_saphyr::with_deserializer_from_str_with_options(text, options(policy), |deserializer| {
            Reader(state).deserialize(deserializer)
        })
    };
    // Where no key occurs twice, the first reading is the only one.
    match read(DuplicateKeyPolicy::Error, &state) {
        Ok(value) => Ok((whole_numbers(value), None)),
        Err(error) if matches!(error.without_snippet(), Error::DuplicateMappingKey { .. }) => {
            let value = read(LastWins, &State::default()).map_err(|error| Fault::from(&error))?;
            Ok((whole_numbers(value), Some(format!("unmarshal errors:\n  {}", Fault::from(&error)))))
        }
        Err(error) => Err(Fault::from(&error)),
    }
}

/// Reads all documents of a text: YAML, or JSON objects one after another (`YAMLOrJSONDecoder` of
/// `k8s.io/apimachinery/pkg/util/yaml`). Empty documents are null.
///
/// # Errors
///
/// The first fault: what is neither, or an object with a key that occurs twice.
pub fn read_all(text: &str) -> Result<Vec<Value>, Fault> {
    if text.trim_start().starts_with('{') {
        let documents: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
        match documents {
            Ok(documents) => return Ok(documents),
            // Flow style is YAML that looks like JSON at first.
            Err(error) => return read_yaml(text).map_err(|_| Fault::from(&error)),
        }
    }
    read_yaml(text)
}

fn read_yaml(text: &str) -> Result<Vec<Value>, Fault> {
    let documents = serde_saphyr::from_multiple_with_options(text, options(DuplicateKeyPolicy::Error));
    let documents: Vec<Tree> = documents.map_err(|error| Fault::from(&error))?;
    Ok(documents.into_iter().map(|Tree(value)| whole_numbers(value)).collect())
}

fn options(duplicate_keys: DuplicateKeyPolicy) -> Options {
    let mut options = Options::default();
    options.duplicate_keys = duplicate_keys;
    options.legacy_octal_numbers = true;
    options.with_snippet = false;
    if let Some(budget) = &mut options.budget {
        (budget.max_depth, budget.flow_nesting_limit) = (DEEPEST, DEEPEST);
    }
    options
}

/// A document among several.
struct Tree(Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader(&State::default()).deserialize(deserializer).map(Self)
    }
}

/// Go writes `1e0` as 1 on the way from YAML to JSON.
fn whole_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(whole(&number).unwrap_or(number)),
        Value::Array(items) => items.into_iter().map(whole_numbers).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, whole_numbers(value))).collect(),
        other => other,
    }
}

fn whole(number: &Number) -> Option<Number> {
    let fraction = number.as_f64().filter(|_| number.is_f64())?;
    let text = (fraction.fract() == 0.0).then(|| format!("{fraction:.0}"))?;
    text.parse::<i64>().ok().map(Number::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_those_of_go() {
        for (text, number) in [
            ("0644", json!(420)),
            ("0o644", json!(420)),
            ("0x1f", json!(31)),
            ("0b11", json!(3)),
            ("-010", json!(-8)),
            ("1e0", json!(1)),
            ("3.0", json!(3)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000)),
            ("0", json!(0)),
            ("1_000", json!(1000)),
            ("'0644'", json!("0644")),
            ("0.5", json!(0.5)),
            ("1e300", json!(1e300)),
            ("yes", json!(true)),
            ("12:30:45", json!("12:30:45")),
            ("2001-01-01", json!("2001-01-01")),
        ] {
            assert_eq!(read(text).unwrap().0, number, "{text}");
        }
    }

    #[test]
    fn documents_follow_each_other() {
        let both = vec![json!({"a": 1}), json!({"b": 2})];
        for text in [
            "a: 1\n---\nb: 2\n",
            "{\"a\": 1}{\"b\": 2}",
            "{\"a\": 1}\n\n{\"b\": 2}\n",
            "---\n{\"a\": 1}\n---\n{\"b\": 2}\n",
            "{\"a\": 1}\n---\n{\"b\": 2}\n",
            "{a: 1}\n---\nb: 2\n",
        ] {
            assert_eq!(read_all(text).unwrap(), both, "{text}");
        }
        assert_eq!(read_all("").unwrap(), Vec::<Value>::new());
        for text in ["{\"a\": 1}{", "a: 1\na: 2\n", "a: [", "{\"a\": 1} x: y: z"] {
            assert!(read_all(text).is_err(), "{text}");
        }
    }

    #[test]
    fn aliases_cannot_multiply_a_text_without_end() {
        let level = |level: usize| {
            let items = vec![format!("*a{}", level - 1); 9].join(", ");
            format!("a{level}: &a{level} [{items}]\n")
        };
        let bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned() + &(1..12).map(level).collect::<String>();
        assert!(read(&bomb).is_err());
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 500].join(", "));
        assert!(read(&long).is_err(), "half a gigabyte out of one megabyte");
    }
}
