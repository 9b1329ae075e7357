//! Field selectors (`k8s.io/apimachinery/pkg/fields/selector.go`) and the fields that each kind lets select by
//! (the `AddFieldLabelConversionFunc`s and `ToSelectableFields` of its registry).

use crate::{
    kind::Kind,
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
    field: String,
    value: String,
    equal: bool,
}

impl FieldSelector {
    /// Reads the query parameter: `metadata.name=a,status.phase!=Running`. A `BadRequest` says what is wrong, also if
    /// the kind cannot be selected by one of the fields.
    pub fn parse(kind: &Kind, text: &str) -> Result<Self, Status> {
        let mut terms = Vec::new();
        for part in split_unescaped(text).into_iter().filter(|part| !part.is_empty()) {
            let term = parse_term(part, text).map_err(Status::bad_request)?;
            check_field(kind, &term.field)?;
            terms.push(term);
        }
        Ok(Self { terms })
    }

    /// Whether it matches every object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The value that a field must have, if it must have just one: watching or listing one object by name, say.
    #[must_use]
    pub fn required(&self, field: &str) -> Option<&str> {
        self.terms.iter().find(|term| term.equal && term.field == field).map(|term| term.value.as_str())
    }

    /// Whether an object's fields fulfil all conditions.
    #[must_use]
    pub fn matches(&self, object: &Value) -> bool {
        self.terms.iter().all(|term| (value(object, &term.field) == term.value) == term.equal)
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

fn parse_term(part: &str, whole: &str) -> Result<Term, String> {
    let unknown = || format!("invalid selector: '{whole}'; can't understand '{part}'");
    let (left, right) = part.split_once('=').ok_or_else(unknown)?;
    let (field, value, equal) = match left.strip_suffix('!') {
        Some(field) => (field, right, false),
        None => (left, right.strip_prefix('=').unwrap_or(right), true),
    };
    Ok(Term { field: field.to_owned(), value: unescape(value)?, equal })
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

const EVENT: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

/// The same in the names of `events.k8s.io`, with those of the core group as Kubernetes takes them too.
const NEW_EVENT: &[(&str, &str)] = &[
    ("regarding.kind", "involvedObject.kind"),
    ("regarding.namespace", "involvedObject.namespace"),
    ("regarding.name", "involvedObject.name"),
    ("regarding.uid", "involvedObject.uid"),
    ("regarding.apiVersion", "involvedObject.apiVersion"),
    ("regarding.resourceVersion", "involvedObject.resourceVersion"),
    ("regarding.fieldPath", "involvedObject.fieldPath"),
    ("reportingController", "reportingComponent"),
];

const POD: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
];

/// What a kind can be selected by beside name and namespace; `None` if it has nothing of its own.
fn fields_of(kind: &Kind) -> Option<&'static [&'static str]> {
    Some(match (&*kind.group, &*kind.kind) {
        ("", "Pod") => POD,
        ("" | "events.k8s.io", "Event") => EVENT,
        ("", "Node") => &["spec.unschedulable"],
        ("", "Secret") => &["type"],
        ("", "Namespace") => &["status.phase", "name"],
        ("", "Service") => &["spec.clusterIP", "spec.type"],
        ("", "ReplicationController") | ("apps", "ReplicaSet") => &["status.replicas"],
        ("batch", "Job") => &["status.successful"],
        ("certificates.k8s.io", "CertificateSigningRequest" | "ClusterTrustBundle") => &["spec.signerName"],
        ("certificates.k8s.io", "PodCertificateRequest") => &["spec.signerName", "spec.podName", "spec.nodeName"],
        ("resource.k8s.io", "ResourceSlice") => &["spec.nodeName", "spec.driver"],
        _ => return None,
    })
}

/// The fields, beside name and namespace, that objects of a stored kind can be selected by.
#[must_use]
pub fn selectable_fields(kind: &Kind) -> &'static [&'static str] {
    fields_of(kind).unwrap_or_default()
}

fn check_field(kind: &Kind, field: &str) -> Result<(), Status> {
    if matches!(field, "metadata.name" | "metadata.namespace") {
        return Ok(());
    }
    let Some(fields) = fields_of(kind) else {
        return Err(Status::bad_request(format!(
            "{} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            quoted(field)
        )));
    };
    let renamed = kind.group == "events.k8s.io" && NEW_EVENT.iter().any(|(new, _)| *new == field);
    if fields.contains(&field) || renamed {
        return Ok(());
    }
    Err(Status::bad_request(format!("field label not supported: {field}")))
}

/// The value of a field as text; empty if it is not set.
fn value(object: &Value, field: &str) -> String {
    let at = |field: &str| {
        let found = field.split('.').try_fold(object, |value, step| value.get(step));
        match found {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Bool(_) | Value::Number(_)) => found.map(ToString::to_string).unwrap_or_default(),
            _ => String::new(),
        }
    };
    let otherwise = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
    match field {
        "spec.unschedulable" | "spec.hostNetwork" => otherwise(at(field), "false"),
        "status.replicas" => otherwise(at(field), "0"),
        "status.successful" => otherwise(at("status.succeeded"), "0"),
        "name" => at("metadata.name"),
        "source" => otherwise(at("source.component"), &at("reportingComponent")),
        _ => {
            let core = NEW_EVENT.iter().find(|(new, _)| *new == field).map(|(_, core)| at(core)).unwrap_or_default();
            otherwise(at(field), &core)
        }
    }
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
    fn values_may_be_escaped_and_required_ones_are_known() {
        let kind = &kinds::POD;
        let selector = FieldSelector::parse(kind, r"metadata.name=a\,b\=c,status.phase!=x").unwrap();
        assert_eq!(selector.required("metadata.name"), Some("a,b=c"));
        assert_eq!(selector.required("status.phase"), None);
        assert!(!selector.is_empty());
    }
}
