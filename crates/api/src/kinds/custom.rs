//! The kinds that come of a definition: one for each of its versions that is served
//! (`pkg/apiserver/customresource_handler.go`).

use super::subresource;
use crate::{
    TABLES,
    custom_resources::{rules, versions},
};
use machinery::{
    behaviour::{Behaviour, Scale},
    json_path::JsonPath,
    kind::{Kind, KindDefinition, Schema},
    meta,
    schema::CustomSchema,
    selectable::SelectableField,
    strategy::{is_desired_otherwise, is_otherwise},
    table::{PathColumn, Printer},
};
use serde_json::{Value, json};
use std::borrow::Cow::{self, Borrowed, Owned};

const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
/// The verbs of a kind that is about to go.
const GOING: &[&str] = &["delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// The kinds of a definition whose names were accepted, in the order of its versions. Those that are not stored refer to
/// the one that is.
///
/// # Errors
///
/// A schema cannot be read; what is stored was validated, so that this is not expected.
pub fn defined(definition: &Value) -> Result<Vec<Kind>, serde_json::Error> {
    let (Some(stored_version), Some(storage)) = (stored_version(definition), stored(definition)?) else {
        return Ok(Vec::new());
    };
    let mut kinds = Vec::new();
    // Nobody asks webhooks yet: what only they can make is not served, rather than made up.
    let can_be_made =
        |version: &&Value| *version == stored_version || definition["spec"]["conversion"]["strategy"] != "Webhook";
    for version in versions(definition).filter(|version| version["served"] == true).filter(can_be_made) {
        kinds.push(if version == stored_version {
            storage.clone()
        } else {
            Kind::shared(kind(definition, version, Some(storage.clone()))?)
        });
    }
    Ok(kinds)
}

/// The kind in whose version objects are stored, whether it is served or not.
///
/// # Errors
///
/// Its schema cannot be read.
pub fn stored(definition: &Value) -> Result<Option<Kind>, serde_json::Error> {
    stored_version(definition).map(|version| kind(definition, version, None).map(Kind::shared)).transpose()
}

fn stored_version(definition: &Value) -> Option<&Value> {
    versions(definition).find(|version| version["storage"] == true)
}

fn kind(definition: &Value, version: &Value, storage: Option<Kind>) -> Result<KindDefinition, serde_json::Error> {
    let names = &definition["status"]["acceptedNames"];
    let parts = &version["subresources"];
    let mut subresources = Vec::new();
    if parts["scale"].is_object() {
        subresources.push(subresource::SCALE);
    }
    if parts["status"].is_object() {
        subresources.push(subresource::STATUS);
    }
    let nothing = json!({});
    let schema = version["schema"].get("openAPIV3Schema").unwrap_or(&nothing);
    let going = meta::deletion_timestamp(definition).is_some();
    let schema = CustomSchema::new(schema, &TABLES)?;
    Ok(KindDefinition {
        group: text(&definition["spec"]["group"]),
        version: text(&version["name"]),
        kind: text(&names["kind"]),
        list_kind: Some(text(&names["listKind"])),
        plural: text(&names["plural"]),
        singular: Some(text(&names["singular"])),
        short_names: texts(&names["shortNames"]),
        categories: texts(&names["categories"]),
        namespaced: definition["spec"]["scope"] == "Namespaced",
        verbs: if going { GOING } else { VERBS },
        subresources: Owned(subresources),
        storage,
        behaviour: Owned(Behaviour { rules: rules::rules(schema.structural()), ..behaviour(version) }),
        schema: Schema::Custom(Box::new(schema)),
    })
}

fn behaviour(version: &Value) -> Behaviour {
    let parts = &version["subresources"];
    let fields = version["selectableFields"].as_array();
    Behaviour {
        is_new_generation: Some(if parts["status"].is_object() { is_desired_otherwise } else { is_otherwise }),
        updates_unconditionally: false,
        scale: parts["scale"].as_object().map(|_| scale(&parts["scale"])),
        printer: Printer::Paths(columns(&version["additionalPrinterColumns"])),
        selectable: fields.map(|fields| Owned(fields.iter().filter_map(selectable).collect())),
        ..Behaviour::PLAIN
    }
}

/// Where the numbers are. A path `.spec.replicas` is the pointer `/spec/replicas`.
fn scale(scale: &Value) -> Scale {
    let pointer = |field: &str| scale[field].as_str().map(|path| Owned(path.replace('.', "/")));
    Scale {
        wanted: pointer("specReplicasPath").unwrap_or(Borrowed("/spec/replicas")),
        actual: pointer("statusReplicasPath").unwrap_or(Borrowed("/status/replicas")),
        selector: pointer("labelSelectorPath"),
    }
}

/// The columns that a version asks for, or the age (`pkg/apiserver/customresource_handler.go`, `DefaultPrinterColumns`).
fn columns(wanted: &Value) -> Vec<PathColumn> {
    let wanted: Vec<PathColumn> = wanted.as_array().into_iter().flatten().map(column).collect();
    if wanted.is_empty() {
        return vec![PathColumn {
            name: "Age".into(),
            r#type: "date".into(),
            format: String::new(),
            description: "How long ago the object was created.".into(),
            priority: 0,
            path: JsonPath::parse(".metadata.creationTimestamp"),
        }];
    }
    wanted
}

fn column(column: &Value) -> PathColumn {
    let text = |field: &str| column[field].as_str().unwrap_or_default().to_owned();
    PathColumn {
        name: text("name"),
        r#type: text("type"),
        format: text("format"),
        description: text("description"),
        priority: column["priority"].as_i64().and_then(|priority| i32::try_from(priority).ok()).unwrap_or_default(),
        path: column["jsonPath"].as_str().and_then(JsonPath::parse),
    }
}

fn selectable(field: &Value) -> Option<SelectableField> {
    let path = field["jsonPath"].as_str()?.trim_start_matches('.').to_owned();
    Some(SelectableField { name: Owned(path.clone()), path: Owned(path), otherwise: "", default: "" })
}

fn text(value: &Value) -> Cow<'static, str> {
    Owned(value.as_str().unwrap_or_default().to_owned())
}

fn texts(value: &Value) -> Cow<'static, [Cow<'static, str>]> {
    Owned(value.as_array().into_iter().flatten().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_served_version_is_a_kind_that_knows_where_it_is_stored() {
        let names = json!({"plural": "whales", "singular": "whale", "kind": "Whale", "listKind": "WhaleList", "shortNames": ["wh"]});
        let version = |name: &str, served: bool, storage: bool| {
            json!({"name": name, "served": served, "storage": storage, "schema": {"openAPIV3Schema": {"type": "object"}},
                "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}},
                "selectableFields": [{"jsonPath": ".spec.color"}]})
        };
        let versions = [version("v1", true, false), version("v2", true, true), version("v0", false, false)];
        let mut definition = json!({"spec": {"group": "sea.example.com", "scope": "Namespaced", "versions": versions},
            "status": {"acceptedNames": names}});
        let found = defined(&definition).unwrap();
        let versions: Vec<&str> = found.iter().map(|kind| &*kind.version).collect();
        assert_eq!(versions, ["v1", "v2"]);
        assert_eq!((found[0].storage(), found[1].is_stored()), (&found[1], true));
        assert_eq!(found[0].behaviour.scale.as_ref().unwrap().wanted, "/spec/size");
        assert_eq!(found[0].behaviour.selectable.as_ref().unwrap()[0].name, "spec.color");
        let parts: Vec<&str> = found[0].subresources.iter().map(|part| part.name).collect();
        assert_eq!(parts, ["scale", "status"]);
        assert!(found[0].has_verb("create"));
        definition["metadata"] = json!({"deletionTimestamp": "2026-01-02T03:04:05Z"});
        assert!(!defined(&definition).unwrap()[0].has_verb("create"));
    }
    #[test]
    fn a_column_stays_whose_path_cannot_be_read() {
        let column = |path: &str| json!({"name": path, "type": "string", "jsonPath": path});
        let found = columns(&json!([column(".spec['a','b']"), column(".spec.a")]));
        let paths: Vec<(&str, bool)> = found.iter().map(|column| (&*column.name, column.path.is_some())).collect();
        assert_eq!(paths, [(".spec['a','b']", false), (".spec.a", true)]);
    }
}
