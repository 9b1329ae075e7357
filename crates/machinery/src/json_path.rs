//! Paths into JSON, as the columns and selectable fields of custom kinds have them: `.spec.replicas`,
//! `.status.conditions[?(@.type=="Ready")].status`, `.spec.ports[0]`, `.metadata.labels['a.b/c']`
//! (the part of `k8s.io/client-go/util/jsonpath` that leads to a value).

use serde_json::Value;

/// A path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath(Vec<Step>);

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{path:?} is no path to a field: at {rest:?} there must be .NAME, ['NAME'], [NUMBER], [*] or [?(@.NAME==\"VALUE\")]"
)]
pub struct Error {
    path: String,
    rest: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Index(usize),
    All,
    Where(Vec<String>, Value),
}

impl JsonPath {
    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, behind) = next(rest).ok_or_else(|| Error { path: text.to_owned(), rest: rest.to_owned() })?;
            steps.push(step);
            rest = behind;
        }
        Ok(Self(steps))
    }

    /// The first value that it leads to.
    #[must_use]
    pub fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        find(value, &self.0)
    }
}

fn find<'a>(value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    let mut items = value.as_array().into_iter().flatten();
    match step {
        Step::Field(name) => find(value.get(name)?, rest),
        Step::Index(index) => find(value.get(index)?, rest),
        Step::All => items.find_map(|item| find(item, rest)),
        Step::Where(fields, wanted) => {
            let field = |item: &'a Value| fields.iter().try_fold(item, |item, name| item.get(name));
            items.filter(|item| field(item) == Some(wanted)).find_map(|item| find(item, rest))
        }
    }
}

/// The first step, and what is behind it.
fn next(text: &str) -> Option<(Step, &str)> {
    if let Some(text) = text.strip_prefix('.') {
        let end = text.find(['.', '[']).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        return (!name.is_empty()).then(|| (Step::Field(name.to_owned()), rest));
    }
    let text = text.strip_prefix('[')?;
    if let Some(filter) = text.strip_prefix("?(@.") {
        let (filter, rest) = filter.split_once(")]")?;
        let (field, value) = filter.split_once("==")?;
        let fields = field.trim().split('.').map(str::to_owned).collect();
        return Some((Step::Where(fields, literal(value.trim())?), rest));
    }
    let (inside, rest) = text.split_once(']')?;
    let quoted = inside.strip_prefix('\'').and_then(|inside| inside.strip_suffix('\''));
    let step = match (inside, quoted) {
        (_, Some(name)) => Step::Field(name.to_owned()),
        ("*", None) => Step::All,
        (number, None) => Step::Index(number.parse().ok()?),
    };
    Some((step, rest))
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
            "spec": {"replicas": 3, "ports": [{"port": 1}, {"port": 2}]},
            "metadata": {"labels": {"a.b/c": "x"}},
            "status": {"conditions": [{"type": "Other", "status": "False"}, {"type": "Ready", "status": "True"}]},
        });
        for (path, expected) in [
            (".spec.replicas", json!(3)),
            (".spec.ports[1].port", json!(2)),
            (".spec.ports[*].port", json!(1)),
            (".metadata.labels['a.b/c']", json!("x")),
            (".status.conditions[?(@.type==\"Ready\")].status", json!("True")),
            (".status.conditions[?(@.type=='Missing')].status", Value::Null),
            (".spec.nothing.below", Value::Null),
        ] {
            assert_eq!(JsonPath::parse(path).unwrap().find(&object).cloned().unwrap_or_default(), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in ["spec", ".", ".a..b", ".a[", ".a[x]", ".a[?(@.b)]"] {
            assert!(JsonPath::parse(path).is_err(), "{path}");
        }
    }
}
