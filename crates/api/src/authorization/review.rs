//! Questions about what somebody may do: whether they are well put, and the request that they are about
//! (`pkg/apis/authorization/validation`, `pkg/registry/authorization/util`).

use super::Attributes;
use machinery::{
    field::{Error, ErrorList, Path},
    selector::{FieldRequirement, field_requirements},
};
use serde_json::Value;

/// Whom a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Who asks.
    Oneself,
    /// Whoever it names.
    Anybody,
    /// Whoever it names, in the question's own namespace.
    AnybodyHere,
}

/// What is wrong with a question.
#[must_use]
pub fn errors(about: About, review: &Value) -> ErrorList {
    let (path, spec) = (Path::new("spec"), &review["spec"]);
    let (resource, other) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let mut errors = ErrorList::new();
    if resource.is_null() == other.is_null() {
        let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        errors.push(Error::invalid(&path, other.clone(), detail));
    }
    if about != About::Oneself && is_empty(&spec["user"]) && is_empty(&spec["groups"]) {
        errors.push(Error::invalid(&path.child("user"), "", "at least one of user or group must be specified"));
    }
    for selector in ["fieldSelector", "labelSelector"] {
        errors.extend(selector_errors(&path.child("resourceAttributes").child(selector), &resource[selector]));
    }
    errors.extend(metadata_error(about, &review["metadata"]));
    if about == About::AnybodyHere {
        errors.extend(local_errors(review));
    }
    errors
}

fn selector_errors(path: &Path, selector: &Value) -> Option<Error> {
    let (raw, requirements) = (is_empty(&selector["rawSelector"]), is_empty(&selector["requirements"]));
    match (selector.is_null(), raw, requirements) {
        (true, ..) | (false, true, false) | (false, false, true) => None,
        (false, false, false) => {
            let detail = "may not specified at the same time as requirements";
            Some(Error::invalid(&path.child("rawSelector"), selector["rawSelector"].clone(), detail))
        }
        (false, true, true) => {
            let detail = format!("when {path} is specified, requirements or rawSelector is required");
            Some(Error::required(&path.child("requirements"), detail))
        }
    }
}

/// A question is not stored: it has no name.
fn metadata_error(about: About, metadata: &Value) -> Option<Error> {
    let own = |key: &str| key == "managedFields" || (key == "namespace" && about == About::AnybodyHere);
    let given = metadata.as_object().into_iter().flatten().any(|(key, value)| !own(key) && !is_empty(value));
    let detail = if about == About::AnybodyHere { "must be empty except for namespace" } else { "must be empty" };
    given.then(|| Error::invalid(&Path::new("metadata"), metadata.clone(), detail))
}

fn local_errors(review: &Value) -> ErrorList {
    let (path, spec) = (Path::new("spec"), &review["spec"]);
    let mut errors = ErrorList::new();
    let (resource, other) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let namespace = text(&resource["namespace"]);
    if !resource.is_null() && namespace != text(&review["metadata"]["namespace"]) {
        let field = path.child("resourceAttributes").child("namespace");
        errors.push(Error::invalid(&field, namespace, "must match metadata.namespace"));
    }
    if !other.is_null() {
        let field = path.child("nonResourceAttributes");
        errors.push(Error::invalid(&field, other.clone(), "disallowed on this kind of request"));
    }
    errors
}

/// The request that a valid question is about; `fields` are those of [`fields`].
#[must_use]
pub fn attributes<'a>(spec: &'a Value, fields: &'a [FieldRequirement]) -> Attributes<'a> {
    if spec["resourceAttributes"].is_null() {
        let asked = &spec["nonResourceAttributes"];
        return Attributes { verb: text(&asked["verb"]), path: Some(text(&asked["path"])), ..Attributes::default() };
    }
    let of = |name: &str| text(&spec["resourceAttributes"][name]);
    let version = if of("version").is_empty() { "*" } else { of("version") };
    Attributes {
        verb: of("verb"),
        group: of("group"),
        version,
        namespace: of("namespace"),
        resource: of("resource"),
        subresource: of("subresource"),
        name: of("name"),
        path: None,
        fields,
    }
}

/// The field selector of a question, and what is to be said if not all of it was understood.
#[must_use]
pub fn fields(spec: &Value) -> (Vec<FieldRequirement>, Option<String>) {
    let selector = &spec["resourceAttributes"]["fieldSelector"];
    let written = selector["requirements"].as_array().map(Vec::as_slice).unwrap_or_default();
    let understood: Vec<_> = written.iter().filter_map(requirement).collect();
    let (fields, complete) = match field_requirements(text(&selector["rawSelector"])) {
        Ok(raw) if written.is_empty() => (raw, true),
        Err(_) if written.is_empty() => (Vec::new(), false),
        _ => {
            let complete = understood.len() == written.len();
            (understood, complete)
        }
    };
    let how = if fields.is_empty() { "ignored" } else { "partially ignored" };
    let problem = || format!("spec.resourceAttributes.fieldSelector {how} due to parse error");
    (fields, (!complete).then(problem))
}

fn requirement(written: &Value) -> Option<FieldRequirement> {
    let equal = match text(&written["operator"]) {
        "In" => true,
        "NotIn" => false,
        _ => return None,
    };
    let [value] = written["values"].as_array()?.as_slice() else { return None };
    Some(FieldRequirement { field: text(&written["key"]).to_owned(), value: text(value).to_owned(), equal })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn questions_are_well_put_or_not() {
        let pods = json!({"verb": "get", "resource": "pods"});
        let here = json!({"verb": "get", "resource": "pods", "namespace": "n"});
        let selecting = |selector: &Value| json!({"verb": "list", "fieldSelector": selector});
        for (about, review, expected) in [
            (About::Oneself, json!({"spec": {"resourceAttributes": pods}}), vec![]),
            (About::Oneself, json!({"spec": {}}), vec!["spec"]),
            (About::Oneself, json!({"spec": {"resourceAttributes": pods, "nonResourceAttributes": {}}}), vec!["spec"]),
            (
                About::Oneself,
                json!({"metadata": {"name": "x"}, "spec": {"resourceAttributes": pods}}),
                vec!["metadata"],
            ),
            (About::Anybody, json!({"spec": {"resourceAttributes": pods}}), vec!["spec.user"]),
            (About::Anybody, json!({"spec": {"groups": ["g"], "resourceAttributes": pods}}), vec![]),
            (
                About::AnybodyHere,
                json!({"metadata": {"namespace": "n"}, "spec": {"user": "u", "resourceAttributes": here}}),
                vec![],
            ),
            (
                About::AnybodyHere,
                json!({"metadata": {"namespace": "m"}, "spec": {"user": "u", "resourceAttributes": here}}),
                vec!["spec.resourceAttributes.namespace"],
            ),
            (
                About::AnybodyHere,
                json!({"spec": {"user": "u", "nonResourceAttributes": {"path": "/"}}}),
                vec!["spec.nonResourceAttributes"],
            ),
            (
                About::Oneself,
                json!({"spec": {"resourceAttributes": selecting(&json!({}))}}),
                vec!["spec.resourceAttributes.fieldSelector.requirements"],
            ),
            (
                About::Oneself,
                json!({"spec": {"resourceAttributes": selecting(&json!({"rawSelector": "a=b", "requirements": [{}]}))}}),
                vec!["spec.resourceAttributes.fieldSelector.rawSelector"],
            ),
        ] {
            let got: Vec<_> = errors(about, &review).into_iter().map(|error| error.field).collect();
            assert_eq!(got, expected, "{about:?} {review}");
        }
    }

    #[test]
    fn selectors_are_taken_as_far_as_they_are_understood() {
        let one = |equal| vec![FieldRequirement { field: "a".into(), value: "b".into(), equal }];
        let written = |operator: &str| json!({"key": "a", "operator": operator, "values": ["b"]});
        for (selector, fields_of, problem) in [
            (json!(null), vec![], None),
            (json!({"rawSelector": "a=b"}), one(true), None),
            (json!({"rawSelector": "a"}), vec![], Some("ignored")),
            (json!({"requirements": [written("NotIn")]}), one(false), None),
            (json!({"requirements": [written("In"), written("Exists")]}), one(true), Some("partially ignored")),
        ] {
            let spec = json!({"resourceAttributes": {"verb": "list", "fieldSelector": selector}});
            let problem = problem.map(|how| format!("spec.resourceAttributes.fieldSelector {how} due to parse error"));
            assert_eq!(fields(&spec), (fields_of, problem), "{selector}");
        }
    }

    #[test]
    fn a_question_is_about_a_request() {
        let spec = json!({"nonResourceAttributes": {"verb": "get", "path": "/x"}});
        assert_eq!(attributes(&spec, &[]), Attributes { verb: "get", path: Some("/x"), ..Attributes::default() });
        let spec =
            json!({"resourceAttributes": {"verb": "get", "resource": "pods", "subresource": "log", "name": "a"}});
        let (resource, subresource) = ("pods", "log");
        let expected =
            Attributes { verb: "get", version: "*", resource, subresource, name: "a", ..Attributes::default() };
        assert_eq!(attributes(&spec, &[]), expected);
    }
}
