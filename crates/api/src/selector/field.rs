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
        let mut terms = Vec::new();
        for part in split_unescaped(text).into_iter().filter(|part| !part.is_empty()) {
            let (name, value, equal) = parse_term(part, text).map_err(Status::bad_request)?;
            terms.push(Term { field: selectable(kind, name)?, value, equal });
        }
        Ok(Self { terms })
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

/// Field, value, whether it must be equal.
fn parse_term<'a>(part: &'a str, whole: &str) -> Result<(&'a str, String, bool), String> {
    let unknown = || format!("invalid selector: '{whole}'; can't understand '{part}'");
    let (left, right) = part.split_once('=').ok_or_else(unknown)?;
    let (field, value, equal) = match left.strip_suffix('!') {
        Some(field) => (field, right, false),
        None => (left, right.strip_prefix('=').unwrap_or(right), true),
    };
    Ok((field, unescape(value)?, equal))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{self, find_kind};
    use serde_json::json;

    #[test]
    fn conditions_hold_or_not() {
        let pod = json!({
            "metadata": {"name": "a", "namespace": "n"},
            "spec": {"nodeName": "x", "restartPolicy": "Always"},
            "status": {"phase": "Running", "podIP": "10.0.0.1"},
        });
        let event = json!({
            "metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "name": "a"}, "reason": "Started",
            "source": {"component": "kubelet"},
        });
        let node = json!({"metadata": {"name": "x"}, "spec": {}});
        let job = json!({"status": {"succeeded": 2}});
        for (group, kind, object, selector, matches) in [
            ("", "Pod", &pod, "", true),
            ("", "Pod", &pod, "metadata.name=a,metadata.namespace==n", true),
            ("", "Pod", &pod, "metadata.name!=a", false),
            ("", "Pod", &pod, "spec.nodeName=x,status.phase!=Failed,", true),
            ("", "Pod", &pod, "spec.nodeName=", false),
            ("", "Pod", &pod, "spec.hostNetwork=false", true),
            ("", "Pod", &pod, "status.nominatedNodeName=", true),
            ("", "Event", &event, "involvedObject.kind=Pod,reason=Started,source=kubelet", true),
            ("events.k8s.io", "Event", &event, "regarding.name=a", true),
            ("events.k8s.io", "Event", &event, "regarding.name=b", false),
            ("", "Node", &node, "spec.unschedulable=false", true),
            ("batch", "Job", &job, "status.successful=2", true),
        ] {
            let selector = FieldSelector::parse(find_kind(group, "v1", kind).unwrap(), selector).unwrap();
            assert_eq!(selector.matches(object), matches, "{kind} {selector:?}");
        }
    }

    #[test]
    fn errors_are_those_of_kubernetes() {
        for (kind, selector, text) in [
            ("Pod", "spec.foo=a", "field label not supported: spec.foo"),
            (
                "ConfigMap",
                "data.a=b",
                "\"data.a\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            ),
            ("Pod", "metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
            ("Pod", r"metadata.name=\a", r"invalid field selector: invalid escape sequence: \a"),
            ("Pod", "metadata.name=a=b", "invalid field selector: unescaped character in value: ="),
        ] {
            let status = FieldSelector::parse(find_kind("", "v1", kind).unwrap(), selector).unwrap_err();
            assert_eq!((status.code(), status.message.as_str()), (400, text));
        }
    }

    #[test]
    fn values_may_be_escaped() {
        let selector = FieldSelector::parse(&kinds::POD, r"metadata.name=a\,b\=c,status.phase!=x").unwrap();
        assert!(selector.matches(&json!({"metadata": {"name": "a,b=c"}})));
        assert!(!selector.matches(&json!({"metadata": {"name": "a"}})));
        assert!(!selector.is_empty());
    }
}
