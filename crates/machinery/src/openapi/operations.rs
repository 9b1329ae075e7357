//! One operation of a path: its parameters, body and answers.

use super::names;
use crate::kind::{Kind, Subresource};
use serde_json::{Map, Value, json};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// A verb on a kind or on one of its subresources.
#[derive(Clone, Copy)]
pub(super) struct Operation<'a> {
    pub kind: &'a Kind,
    pub subresource: Option<&'a Subresource>,
    pub verb: &'a str,
    /// Lists objects of all namespaces.
    pub all_namespaces: bool,
}

/// Name, type, meaning of query parameters.
type Parameter = (&'static str, &'static str, &'static str);

const LIST: &[Parameter] = &[
    ("allowWatchBookmarks", "boolean", "Ask a watch for bookmarks: events that carry nothing but a resourceVersion."),
    ("continue", "string", "Go on with a list where an earlier answer with a limit ended."),
    ("fieldSelector", "string", "Select objects by their fields."),
    ("labelSelector", "string", "Select objects by their labels."),
    ("limit", "integer", "Answer with at most so many objects, and with a token to go on."),
    ("resourceVersion", "string", "The state of the store to list, or to watch from."),
    ("resourceVersionMatch", "string", "How resourceVersion is applied to lists: Exact or NotOlderThan."),
    ("sendInitialEvents", "boolean", "Begin a watch with the objects that exist, then a bookmark."),
    ("timeoutSeconds", "integer", "End the call after so many seconds."),
    ("watch", "boolean", "Watch for changes instead of listing."),
];
const DRY_RUN: Parameter = ("dryRun", "string", "All: do everything but store the result.");
const FIELD_MANAGER: Parameter = ("fieldManager", "string", "Who makes this change; owner of the fields it sets.");
const FIELD_VALIDATION: Parameter =
    ("fieldValidation", "string", "What to do about unknown and duplicate fields: Ignore, Warn or Strict.");
const WRITE: &[Parameter] = &[DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION];
const PATCH: &[Parameter] =
    &[DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION, ("force", "boolean", "Let an apply take fields that others own.")];
const DELETE: &[Parameter] = &[
    DRY_RUN,
    ("gracePeriodSeconds", "integer", "How long the object may take to end; 0 means at once."),
    ("orphanDependents", "boolean", "Older name of propagationPolicy."),
    ("propagationPolicy", "string", "What becomes of dependents: Orphan, Background or Foreground."),
];

const PATCH_TYPES: &[&str] = &[
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];

impl<'a> Operation<'a> {
    /// The operation as the document has it.
    pub(super) fn to_value(self) -> Value {
        let mut operation = Map::from_iter([
            ("tags".to_owned(), json!([self.tag()])),
            ("description".to_owned(), self.description().into()),
            ("operationId".to_owned(), self.id().into()),
            ("responses".to_owned(), self.responses()),
            ("x-kubernetes-action".to_owned(), self.action().into()),
        ]);
        let body = self.body_kind();
        let identity = json!({"group": body.group, "version": body.version, "kind": body.kind});
        operation.insert("x-kubernetes-group-version-kind".into(), identity);
        let parameters: Vec<Value> = self.parameters().iter().map(parameter).collect();
        if !parameters.is_empty() {
            operation.insert("parameters".into(), parameters.into());
        }
        if let Some(body) = self.request_body() {
            operation.insert("requestBody".into(), body);
        }
        Value::Object(operation)
    }

    fn is_connect(self) -> bool {
        self.body_kind().kind.ends_with("Options")
    }

    /// The kind of what is sent and answered.
    fn body_kind(self) -> &'a Kind {
        self.subresource.and_then(|subresource| subresource.body.as_ref()).unwrap_or(self.kind)
    }

    fn parameters(self) -> Vec<Parameter> {
        match self.verb {
            _ if self.is_connect() => Vec::new(),
            "list" => LIST.to_vec(),
            "create" | "update" => WRITE.to_vec(),
            "patch" => PATCH.to_vec(),
            "delete" => DELETE.to_vec(),
            "deletecollection" => {
                let selecting = LIST.iter().filter(|(name, ..)| !matches!(*name, "watch" | "allowWatchBookmarks"));
                DELETE.iter().chain(selecting).copied().collect()
            }
            _ => Vec::new(),
        }
    }

    fn request_body(self) -> Option<Value> {
        let body = self.body_kind();
        let (types, schema, required) = match self.verb {
            _ if self.is_connect() => return None,
            "create" | "update" => (&["*/*"][..], reference(&names::of(body)?), true),
            "patch" => (PATCH_TYPES, json!({"type": "object"}), true),
            "delete" | "deletecollection" => (&["*/*"][..], reference(&format!("{META}.DeleteOptions")), false),
            _ => return None,
        };
        let content: Map<String, Value> =
            types.iter().map(|media| ((*media).to_owned(), json!({ "schema": schema }))).collect();
        Some(if required { json!({"content": content, "required": true}) } else { json!({ "content": content }) })
    }

    fn responses(self) -> Value {
        let name = if self.verb == "list" { names::of_list(self.kind) } else { names::of(self.body_kind()) };
        let schema = match (self.verb, name) {
            ("delete" | "deletecollection", _) if !self.is_connect() => reference(&format!("{META}.Status")),
            ("get", _) if self.subresource.is_some_and(|subresource| subresource.name == "log") => {
                json!({"type": "string"})
            }
            (_, Some(name)) => reference(&name),
            (_, None) => json!({"type": "string"}),
        };
        let success = json!({"description": "OK", "content": {"application/json": {"schema": schema}}});
        let mut responses = Map::from_iter([("401".to_owned(), json!({"description": "Unauthorized"}))]);
        let codes: &[&str] = match self.verb {
            "create" => &["200", "201", "202"],
            "update" | "patch" => &["200", "201"],
            "delete" => &["200", "202"],
            _ => &["200"],
        };
        responses.extend(codes.iter().map(|code| ((*code).to_owned(), success.clone())));
        Value::Object(responses)
    }

    fn action(self) -> &'static str {
        match self.verb {
            _ if self.is_connect() => "connect",
            "create" => "post",
            "update" => "put",
            "patch" => "patch",
            "list" => "list",
            "delete" => "delete",
            "deletecollection" => "deletecollection",
            _ => "get",
        }
    }

    fn tag(self) -> String {
        let group = if self.kind.group.is_empty() { "core" } else { &*self.kind.group };
        let group = group.trim_end_matches(".k8s.io").replace(['.', '-'], "_");
        format!("{group}_{}", self.kind.version)
    }

    fn description(self) -> String {
        let kind = &self.kind.kind;
        let what = match self.subresource {
            Some(subresource) => format!("{} of the specified {kind}", subresource.name),
            None => format!("the specified {kind}"),
        };
        match self.verb {
            _ if self.is_connect() => format!("connect to {what}"),
            "list" => format!("list or watch objects of kind {kind}"),
            "create" if self.subresource.is_none() => format!("create a {kind}"),
            "create" => format!("create {what}"),
            "update" => format!("replace {what}"),
            "patch" => format!("partially update {what}"),
            "deletecollection" => format!("delete collection of {kind}"),
            "delete" => format!("delete a {kind}"),
            _ => format!("read {what}"),
        }
    }

    /// Such as `listCoreV1NamespacedPod`, unique in the document; code generators make function names of it.
    fn id(self) -> String {
        let verb = match self.verb {
            _ if self.is_connect() => return self.id_of(&format!("connect{}", capitalized(self.method()))),
            "get" => "read",
            "update" => "replace",
            "deletecollection" => "deleteCollection",
            other => other,
        };
        self.id_of(verb)
    }

    fn id_of(self, verb: &str) -> String {
        let group: String = self.tag().split('_').map(capitalized).collect();
        let scope = if self.kind.namespaced && !self.all_namespaces { "Namespaced" } else { "" };
        let subresource = self.subresource.map(|subresource| capitalized(subresource.name)).unwrap_or_default();
        let everywhere = if self.all_namespaces { "ForAllNamespaces" } else { "" };
        format!("{verb}{group}{scope}{}{subresource}{everywhere}", self.kind.kind)
    }

    fn method(self) -> &'static str {
        match self.verb {
            "create" => "post",
            "update" => "put",
            "patch" => "patch",
            "delete" => "delete",
            _ => "get",
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

fn parameter((name, ty, description): &Parameter) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": {"type": ty, "uniqueItems": true}})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
