//! The paths of a kind.

use super::{operations::Operation, root};
use crate::{
    catalog::Catalog,
    kind::{Kind, Subresource},
};
use serde_json::{Map, Value, json};

/// Adds all paths of a kind, with their operations.
pub(super) fn add(served: &Catalog, kind: &Kind, paths: &mut Map<String, Value>) {
    let root = root(&kind.group, &kind.version);
    let plural = &kind.plural;
    let collection =
        if kind.namespaced { format!("{root}/namespaces/{{namespace}}/{plural}") } else { format!("{root}/{plural}") };
    let item = format!("{collection}/{{name}}");

    let on_collection = [("get", "list"), ("post", "create"), ("delete", "deletecollection")];
    add_path(paths, &collection, kind, None, &on_collection);
    if kind.namespaced && kind.has_verb("list") {
        add_path(paths, &format!("{root}/{plural}"), kind, None, &[("get", "list")]);
    }
    let on_item = [("get", "get"), ("put", "update"), ("patch", "patch"), ("delete", "delete")];
    add_path(paths, &item, kind, None, &on_item);
    for subresource in served.subresources(kind) {
        let path = format!("{item}/{}", subresource.name);
        add_path(paths, &path, kind, Some(subresource), &on_subresource(subresource));
    }
}

/// Methods and verbs of a subresource: what connects takes every method, the others the one that their verb has.
fn on_subresource(subresource: &Subresource) -> Vec<(&'static str, &'static str)> {
    [("get", "get"), ("post", "create"), ("put", "update"), ("patch", "patch"), ("delete", "delete")]
        .into_iter()
        .filter(|(_, verb)| subresource.verbs.contains(verb))
        .collect()
}

fn add_path(
    paths: &mut Map<String, Value>,
    path: &str,
    kind: &Kind,
    subresource: Option<&Subresource>,
    methods: &[(&str, &'static str)],
) {
    let verbs = subresource.map_or(kind.verbs, |subresource| subresource.verbs);
    let mut item = Map::new();
    for (method, verb) in methods.iter().filter(|(_, verb)| verbs.contains(verb)) {
        let operation = Operation { kind, subresource, verb, all_namespaces: false };
        let all_namespaces = kind.namespaced && !path.contains("{namespace}");
        item.insert((*method).to_owned(), Operation { all_namespaces, ..operation }.to_value());
    }
    if item.is_empty() {
        return;
    }
    let in_path = ["name", "namespace"].into_iter().filter(|name| path.contains(&format!("{{{name}}}")));
    let parameters: Vec<Value> = in_path
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "uniqueItems": true}}))
        .collect();
    if !parameters.is_empty() {
        item.insert("parameters".into(), parameters.into());
    }
    paths.insert(path.to_owned(), Value::Object(item));
}
