//! Field selectors (`k8s.io/apimachinery/pkg/fields/selector.go`).

use crate::{
    kind::Kind,
    selectable::SelectableField,
    status::{Status, quoted},
};
use serde_json::Value;

/// Conditions on fields, all of which must hold. Without conditions it matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSelector {
    terms: Vec<Term>,
}

/// A condition as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRequirement {
    /// Such as `spec.nodeName`.
    pub field: String,
    /// What it is compared with.
    pub value: String,
    /// Whether it must be equal, or must not.
    pub equal: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    field: SelectableField,
    value: String,
    equal: bool,
}

impl FieldSelector {
    /// Reads the query parameter: `metadata.name=a,status.phase!=Running`. A `BadRequest` says what is wrong, also if
    /// the kind cannot be selected by one of the fields.
    pub fn parse(kind: &Kind, text: &str) -> Result<Self, Status> {
        let term =
            |FieldRequirement { field, value, equal }| Ok(Term { field: selectable(kind, &field)?, value, equal });
        let terms: Result<Vec<Term>, Status> = field_requirements(text)?.into_iter().map(term).collect();
        Ok(Self { terms: terms? })
    }

    /// Whether it matches every object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether an object's fields fulfil all conditions.
    #[must_use]
    pub fn matches(&self, object: &Value) -> bool {
        self.terms.iter().all(|term| (term.field.value(object) == term.value) == term.equal)
    }
}

/// Reads the query parameter whatever the kind can be selected by.
pub fn field_requirements(text: &str) -> Result<Vec<FieldRequirement>, Status> {
    let parts = split_unescaped(text).into_iter().filter(|part| !part.is_empty());
    parts.map(|part| parse_term(part, text).map_err(Status::bad_request)).collect()
}

/// Splits at commas that have no backslash before them.
fn split_unescaped(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                parts.push(text.get(start..index).unwrap_or_default());
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn parse_term(part: &str, whole: &str) -> Result<FieldRequirement, String> {
    let unknown = || format!("invalid selector: '{whole}'; can't understand '{part}'");
    let (left, right) = part.split_once('=').ok_or_else(unknown)?;
    let (field, value, equal) = match left.strip_suffix('!') {
        Some(field) => (field, right, false),
        None => (left, right.strip_prefix('=').unwrap_or(right), true),
    };
    Ok(FieldRequirement { field: field.to_owned(), value: unescape(value)?, equal })
}

fn unescape(text: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => plain.push(escaped),
                Some(other) => return Err(format!("invalid field selector: invalid escape sequence: \\{other}")),
                None => return Err("invalid field selector: invalid escape sequence: \\".into()),
            },
            '=' => return Err(format!("invalid field selector: unescaped character in value: {character}")),
            other => plain.push(other),
        }
    }
    Ok(plain)
}

/// Each field of the selector must be one that the kind can be selected by.
fn selectable(kind: &Kind, name: &str) -> Result<SelectableField, Status> {
    for path in ["metadata.name", "metadata.namespace"] {
        if name == path {
            return Ok(SelectableField::at(path));
        }
    }
    let Some(fields) = &kind.behaviour.selectable else {
        return Err(Status::bad_request(format!(
            "{} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            quoted(name)
        )));
    };
    let field = fields.iter().find(|field| field.name == name).cloned();
    field.ok_or_else(|| Status::bad_request(format!("field label not supported: {name}")))
}
