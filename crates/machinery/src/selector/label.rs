//! Label selectors (`k8s.io/apimachinery/pkg/labels/selector.go`).

mod parse;

use crate::{
    field::{Error, ErrorList, Path, aggregate},
    format, meta,
    status::{Status, quoted},
};
use serde_json::Value;
use std::{fmt, slice};

/// Conditions on labels, all of which must hold. Without conditions it matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operator {
    Equals(String),
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
    GreaterThan(i64),
    LessThan(i64),
}

impl LabelSelector {
    /// Reads the query parameter: `app=a,tier in (b,c),!d`. A `BadRequest` says what is wrong.
    pub fn parse(text: &str) -> Result<Self, Status> {
        parse::parse(text).map(|requirements| Self { requirements }).map_err(Status::bad_request)
    }

    /// Reads a `metav1.LabelSelector`. An absent one (null) matches nothing: `None`.
    pub fn from_object(selector: &Value) -> Result<Option<Self>, String> {
        let Some(selector) = selector.as_object() else { return Ok(None) };
        let mut requirements = Vec::new();
        for (key, value) in selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().to_owned();
            requirements.push(Requirement::new(key, Operator::Equals(value))?);
        }
        for expression in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
            let texts = expression["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let values: Vec<String> = texts.map(Into::into).collect();
            let operator = match expression["operator"].as_str().unwrap_or_default() {
                "In" => Operator::In(values),
                "NotIn" => Operator::NotIn(values),
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => return Err(format!("{} is not a valid label selector operator", quoted(other))),
            };
            requirements.push(Requirement::new(expression["key"].as_str().unwrap_or_default(), operator)?);
        }
        Ok(Some(Self { requirements }))
    }

    /// Labels that must be just so, as the selector of a Service or `ReplicationController` says. An absent or empty
    /// map selects nothing: `None`.
    #[must_use]
    pub fn from_map(map: &Value) -> Option<Self> {
        let map = map.as_object().filter(|map| !map.is_empty())?;
        let requirement = |(key, value): (&String, &Value)| Requirement {
            key: key.clone(),
            operator: Operator::Equals(value.as_str().unwrap_or_default().to_owned()),
        };
        Some(Self { requirements: map.iter().map(requirement).collect() })
    }

    /// Whether it matches every object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether an object's labels fulfil all conditions.
    #[must_use]
    pub fn matches(&self, object: &Value) -> bool {
        self.matches_labels(|key| meta::label(object, key))
    }

    /// Whether labels that are looked up by key fulfil all conditions.
    #[must_use]
    pub fn matches_labels<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|requirement| requirement.operator.admits(label(&requirement.key)))
    }
}

impl fmt::Display for LabelSelector {
    /// As the query parameter has it, its conditions by their keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts: Vec<_> = self.requirements.iter().map(|one| (&one.key, one.to_string())).collect();
        texts.sort();
        let texts: Vec<_> = texts.into_iter().map(|(_, text)| text).collect();
        f.write_str(&texts.join(","))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        let listed = |values: &[String]| {
            let mut values = values.to_vec();
            values.sort();
            values.join(",")
        };
        match &self.operator {
            Operator::Equals(value) => write!(f, "{key}={value}"),
            Operator::In(values) => write!(f, "{key} in ({})", listed(values)),
            Operator::NotIn(values) => write!(f, "{key} notin ({})", listed(values)),
            Operator::Exists => write!(f, "{key}"),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::GreaterThan(bound) => write!(f, "{key}>{bound}"),
            Operator::LessThan(bound) => write!(f, "{key}<{bound}"),
        }
    }
}

impl Operator {
    fn values(&self) -> &[String] {
        match self {
            Self::Equals(value) => slice::from_ref(value),
            Self::In(values) | Self::NotIn(values) => values,
            Self::Exists | Self::DoesNotExist | Self::GreaterThan(_) | Self::LessThan(_) => &[],
        }
    }

    fn admits(&self, label: Option<&str>) -> bool {
        let among = |values: &[String]| label.is_some_and(|label| values.iter().any(|value| value == label));
        let number = || label.and_then(|label| label.parse::<i64>().ok());
        match self {
            Self::Equals(value) => label == Some(value.as_str()),
            Self::In(values) => among(values),
            Self::NotIn(values) => !among(values),
            Self::Exists => label.is_some(),
            Self::DoesNotExist => label.is_none(),
            Self::GreaterThan(bound) => number().is_some_and(|number| number > *bound),
            Self::LessThan(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

impl Requirement {
    /// Checks key and values; the error is a text.
    fn new(key: &str, operator: Operator) -> Result<Self, String> {
        let mut errors = key_errors(key);
        let path = Path::new("values");
        if matches!(&operator, Operator::In(values) | Operator::NotIn(values) if values.is_empty()) {
            let detail = "for 'in', 'notin' operators, values set can't be empty";
            errors.push(Error::invalid(&path, Value::Array(Vec::new()), detail));
        }
        for (index, value) in operator.values().iter().enumerate() {
            let path = path.index(index).key(key);
            errors
                .extend(format::label_value(value).into_iter().map(|text| Error::invalid(&path, value.as_str(), text)));
        }
        if errors.is_empty() { Ok(Self { key: key.to_owned(), operator }) } else { Err(aggregate(&errors)) }
    }
}

fn key_errors(key: &str) -> ErrorList {
    let path = Path::new("key");
    format::qualified_name(key).into_iter().map(|text| Error::invalid(&path, key, text)).collect()
}

#[cfg(test)]
mod tests;
