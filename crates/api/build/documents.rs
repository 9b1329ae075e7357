//! The schemas that `OpenAPI` documents are put together from: one compressed file a package, with the line
//! `name TAB schema` for each of its definitions.

use crate::{
    Identity, Schemas,
    merge_facts::{Fact, Facts, List},
};
use flate2::{Compression, write::DeflateEncoder};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    fmt::Write as _,
    fs,
    hash::{Hash, Hasher},
    io::Write as _,
    path::Path,
};

/// Writes the files, and `packages.rs` with the table of them.
pub fn write(out: &Path, schemas: Schemas, facts: &Facts) {
    let mut definitions = schemas.definitions;
    for (name, schema) in &mut definitions {
        normalize(schema);
        add_facts(name, schema, facts);
    }
    for (identity, name) in schemas.kinds {
        let Some(Value::Object(schema)) = definitions.get_mut(&name) else { continue };
        schema.insert("x-kubernetes-group-version-kind".into(), json!([identity_value(identity, "")]));
        if schemas.listable.contains(&identity) {
            definitions.insert(format!("{name}List"), list_schema(identity, &name));
        }
    }
    let mut packages: BTreeMap<&str, String> = BTreeMap::new();
    for (name, schema) in &definitions {
        let package = name.rsplit_once('.').expect("a definition has a package").0;
        let _ = writeln!(packages.entry(package).or_default(), "{name}\t{schema}");
    }
    let mut hasher = DefaultHasher::new();
    let mut rows = String::new();
    for (package, text) in &packages {
        text.hash(&mut hasher);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).expect("memory can be written");
        let file = out.join(format!("{package}.deflate"));
        fs::write(&file, encoder.finish().expect("memory can be written")).expect("a package is written");
        let _ = writeln!(rows, "({package:?}, include_bytes!({:?})),", file.to_str().expect("OUT_DIR is UTF-8"));
    }
    let count = packages.len();
    let hash = hasher.finish();
    let table = format!(
        "static DOCUMENTS: [(&str, &[u8]); {count}] = [{rows}];\nstatic DOCUMENTS_HASH: &str = \"{hash:016X}\";\n"
    );
    fs::write(out.join("packages.rs"), table).expect("packages.rs is written");
}

/// From what schemars makes to what Kubernetes serves.
fn normalize(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(normalize),
        Value::Object(map) => {
            for (key, value) in &mut *map {
                match value {
                    // Names of properties are not keywords, even if they look so (`oneOf` in a CRD).
                    Value::Object(properties) if key == "properties" => properties.values_mut().for_each(normalize),
                    value => normalize(value),
                }
            }
            normalize_object(map);
        }
        _ => {}
    }
}

fn normalize_object(map: &mut Map<String, Value>) {
    // k8s-openapi's types always have metadata; in Kubernetes' documents it may be missing.
    let is_kind = map.get("properties").is_some_and(|properties| properties.get("kind").is_some());
    if let Some(Value::Array(required)) = map.get_mut("required").filter(|_| is_kind) {
        required.retain(|name| name != "metadata");
        if required.is_empty() {
            map.remove("required");
        }
    }
    if let Some(Value::String(reference)) = map.remove("$ref") {
        let reference = reference.replace("#/$defs/", "#/components/schemas/");
        map.insert("allOf".into(), json!([{ "$ref": reference }]));
    }
    // The unions of the CRD types, which Kubernetes describes in words only.
    map.remove("oneOf");
    if map.get("x-kubernetes-int-or-string").is_some_and(|value| value == true) {
        map.remove("x-kubernetes-int-or-string");
        map.insert("oneOf".into(), json!([{"type": "integer"}, {"type": "string"}]));
    }
}

fn add_facts(name: &str, schema: &mut Value, facts: &Facts) {
    let Value::Object(schema) = schema else { return };
    if facts.atomic.iter().any(|atomic| atomic == name) {
        schema.insert("x-kubernetes-map-type".into(), "atomic".into());
    }
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (field, property) in properties {
        let fact = facts.fields.get(&(name.to_owned(), field.clone()));
        if let (Some(fact), Value::Object(property)) = (fact, property) {
            add_fact(fact, property);
        }
    }
}

fn add_fact(fact: &Fact, property: &mut Map<String, Value>) {
    let strategies = [(fact.merges, "merge"), (fact.retains_keys, "retainKeys"), (fact.replaces, "replace")];
    let strategies: Vec<&str> = strategies.into_iter().filter(|(holds, _)| *holds).map(|(_, name)| name).collect();
    let is_list = property.get("type").is_some_and(|ty| ty == "array");
    let mut extend = |name: &str, value: Value| property.insert(format!("x-kubernetes-{name}"), value);
    if !strategies.is_empty() {
        extend("patch-strategy", strategies.join(",").into());
    }
    if !fact.key.is_empty() {
        extend("patch-merge-key", fact.key.as_str().into());
    }
    match &fact.list {
        List::Unsaid => {}
        List::Atomic => drop(extend(if is_list { "list-type" } else { "map-type" }, "atomic".into())),
        List::Set => drop(extend("list-type", "set".into())),
        List::Map(keys) => {
            extend("list-type", "map".into());
            extend("list-map-keys", keys.clone().into());
        }
    }
}

fn identity_value((group, version, kind): Identity, suffix: &str) -> Value {
    json!({"group": group, "version": version, "kind": format!("{kind}{suffix}")})
}

fn list_schema(identity: Identity, name: &str) -> Value {
    let reference = |name: &str| json!([{"$ref": format!("#/components/schemas/{name}")}]);
    let kind = identity.2;
    json!({
        "description": format!("{kind}List is a list of {kind} objects."),
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"description": "Group and version of this list.", "type": "string"},
            "kind": {"description": "Kind of this list.", "type": "string"},
            "metadata": {
                "description": "Where the list stands among the changes of the store, and how to go on with it.",
                "allOf": reference("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"),
            },
            "items": {"description": "The objects.", "type": "array", "items": {"allOf": reference(name)}},
        },
        "x-kubernetes-group-version-kind": [identity_value(identity, "List")],
    })
}
