//! Paths into JSON, as the columns of custom kinds have them: `.spec.replicas`, `.spec.ports[0]`, `.items[-1:].name`,
//! `.status.conditions[?(@.type=="Ready")].status`, `.metadata.labels.a\.b/c`
//! (the part of `k8s.io/client-go/util/jsonpath` that leads to one value).

use serde_json::Value;
use std::{cmp::Ordering, ops::Range};

/// A path.
#[derive(Debug, Clone)]
pub struct JsonPath(Vec<Step>);

#[derive(Debug, Clone)]
enum Step {
    Field(String),
    All,
    Slice(Slice),
    /// Items in which something is, and compares so with a value.
    Where(JsonPath, Option<(Comparison, Value)>),
}

/// Items of a list. Negative places count from its end.
#[derive(Debug, Clone, Copy)]
struct Slice {
    start: i64,
    /// None: the end of the list.
    end: Option<i64>,
    step: usize,
}

type Comparison = fn(Ordering) -> bool;

const COMPARISONS: &[(&str, Comparison)] = &[
    ("==", Ordering::is_eq),
    ("!=", Ordering::is_ne),
    ("<", Ordering::is_lt),
    ("<=", Ordering::is_le),
    (">", Ordering::is_gt),
    (">=", Ordering::is_ge),
];

impl JsonPath {
    /// Reads a path; nothing if it is none, or leads to more than one place as a union or `..` does.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, behind) = next(rest)?;
            steps.push(step);
            rest = behind;
        }
        Some(Self(steps))
    }

    /// The first value that it leads to.
    #[must_use]
    pub fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        find(value, &self.0)
    }
}

fn find<'a>(value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    let items = value.as_array();
    let below = |item: &'a Value| find(item, rest);
    match step {
        Step::Field(name) => below(value.get(name)?),
        Step::All => match value {
            Value::Object(fields) => fields.values().find_map(below),
            _ => items?.iter().find_map(below),
        },
        Step::Slice(slice) => items?.get(slice.range(items?.len())?)?.iter().step_by(slice.step).find_map(below),
        Step::Where(path, wanted) => items?.iter().filter(|item| holds(item, path, wanted.as_ref())).find_map(below),
    }
}

fn holds(item: &Value, path: &JsonPath, wanted: Option<&(Comparison, Value)>) -> bool {
    let found = path.find(item);
    match wanted {
        None => found.is_some(),
        Some((comparison, wanted)) => found.and_then(|found| compare(found, wanted)).is_some_and(comparison),
    }
}

/// Values of different types do not compare.
fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

impl Slice {
    /// `n`, `start:end`, `start:end:step`, each of them with parts left out.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':').map(str::trim);
        let number = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
        let start: Option<i64> = number(parts.next()?)?;
        let end = match parts.next() {
            Some(end) => number(end)?,
            // The place before the end is not followed by the place 0.
            None => Some(start?.checked_add(1)?).filter(|end| *end != 0),
        };
        let step = parts.next().map_or(Some(None), number)?.unwrap_or(1);
        let step = usize::try_from(step).ok().filter(|step| *step > 0)?;
        parts.next().is_none().then_some(Self { start: start.unwrap_or_default(), end, step })
    }

    /// Where it is in a list so long; nothing if it is not in it as a whole.
    fn range(self, length: usize) -> Option<Range<usize>> {
        let place = |place: i64| match usize::try_from(place) {
            Ok(place) => Some(place),
            Err(_) => length.checked_sub(usize::try_from(place.unsigned_abs()).ok()?),
        };
        Some(place(self.start)?..self.end.map_or(Some(length), place)?)
    }
}

/// The first step, and what is behind it.
fn next(text: &str) -> Option<(Step, &str)> {
    if let Some(text) = text.strip_prefix('.') {
        return field(text);
    }
    let text = text.strip_prefix('[')?;
    if let Some(filter) = text.strip_prefix("?(") {
        let (filter, rest) = filter.split_once(")]")?;
        return Some((condition(filter)?, rest));
    }
    let (inside, rest) = text.split_once(']')?;
    let quoted = inside.strip_prefix('\'').and_then(|inside| inside.strip_suffix('\''));
    let step = match (inside, quoted) {
        (_, Some(name)) => field(name).filter(|(_, rest)| rest.is_empty())?.0,
        ("*", None) => Step::All,
        (slice, None) => Step::Slice(Slice::parse(slice)?),
    };
    Some((step, rest))
}

/// The name of a field, in which `\` takes the meaning from what follows, and what is behind it.
fn field(text: &str) -> Option<(Step, &str)> {
    let mut name = String::new();
    let mut characters = text.char_indices();
    let mut end = text.len();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
            '.' | '[' => {
                end = index;
                break;
            }
            ' ' | '\t' | '\r' | '\n' | ',' | ']' | '$' | '@' | '{' | '}' => return None,
            other => name.push(other),
        }
    }
    let step = match name.as_str() {
        "" => return None,
        "*" => Step::All,
        _ => Step::Field(name),
    };
    Some((step, &text[end..]))
}

/// `@.type=="Ready"`, or `@.type` for what is there.
fn condition(text: &str) -> Option<Step> {
    let is_sign = |character: char| "!<>=~".contains(character);
    let (left, right) = text.split_at(text.find(is_sign).unwrap_or(text.len()));
    let path = JsonPath::parse(left.trim().strip_prefix('@')?)?;
    if right.is_empty() {
        return Some(Step::Where(path, None));
    }
    let (sign, value) = right.split_at(right.find(|character: char| !is_sign(character))?);
    let (_, comparison) = COMPARISONS.iter().find(|(known, _)| *known == sign)?;
    Some(Step::Where(path, Some((*comparison, literal(value.trim())?))))
}

fn literal(text: &str) -> Option<Value> {
    let quoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    quoted.map_or_else(|| serde_json::from_str(text).ok(), |text| Some(text.into()))
}

#[cfg(test)]
mod tests {
    use super::JsonPath;
    use serde_json::{Value, json};

    #[test]
    fn paths_lead_to_values() {
        let object = json!({
            "spec": {"replicas": 3, "ports": [{"port": 1}, {"port": 2}, {"port": 3, "name": "c"}], "none": []},
            "metadata": {"labels": {"a.b/c": "x"}},
            "status": {"conditions": [{"type": "Other", "status": "False"}, {"type": "Ready", "status": "True"}]},
        });
        for (path, expected) in [
            (".spec.replicas", json!(3)),
            (".spec.ports[1].port", json!(2)),
            (".spec.ports[*].port", json!(1)),
            (".spec.*", json!([])),
            (".spec.ports[-1].port", json!(3)),
            (".spec.ports[-1:].port", json!(3)),
            (".spec.ports[-2:].port", json!(2)),
            (".spec.ports[:2].port", json!(1)),
            (".spec.ports[1:3:2].port", json!(2)),
            (".spec.ports[0:2].name", Value::Null),
            (".spec.ports[3]", Value::Null),
            (".spec.ports[-4]", Value::Null),
            (".spec.ports[1:9].port", Value::Null),
            (".spec.ports[2:1].port", Value::Null),
            (".spec.ports[9223372036854775806].port", Value::Null),
            (".spec.none[-1:]", Value::Null),
            (".spec.replicas[0]", Value::Null),
            (r".metadata.labels.a\.b/c", json!("x")),
            (r".metadata.labels['a\.b/c']", json!("x")),
            (r#".status.conditions[?(@.type=="Ready")].status"#, json!("True")),
            (r#".status.conditions[?(@.type != "Ready")].status"#, json!("False")),
            (".status.conditions[?(@.type=='Missing')].status", Value::Null),
            (".status.conditions[?(@.type==1)].status", Value::Null),
            (".spec.ports[?(@.port>=2)].port", json!(2)),
            (".spec.ports[?(@.name)].port", json!(3)),
            (".spec.nothing.below", Value::Null),
        ] {
            assert_eq!(JsonPath::parse(path).unwrap().find(&object).cloned().unwrap_or_default(), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_to_one_value_is_not_read() {
        for path in [
            "spec",
            ".",
            ".a..b",
            ".a[",
            ".a[x]",
            ".a[]",
            ".a[0,1]",
            ".a[::0]",
            ".a[1:2:3:4]",
            ".a[?(@.b=~'c')]",
            ".a b",
        ] {
            assert!(JsonPath::parse(path).is_none(), "{path}");
        }
    }
}
