//! The structural definitions as Rust statics whose rows refer to each other by number.

use crate::{
    Schemas,
    go_fields::{self, GoFields},
    merge_facts::{Fact, Facts, List},
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write};

/// Numbers things in the order in which they are first seen.
struct Numbers {
    numbers: BTreeMap<String, usize>,
    in_order: Vec<String>,
}

impl Numbers {
    fn new() -> Self {
        Self { numbers: BTreeMap::new(), in_order: Vec::new() }
    }

    fn of(&mut self, thing: &str) -> usize {
        if let Some(number) = self.numbers.get(thing) {
            return *number;
        }
        self.in_order.push(thing.to_owned());
        self.numbers.insert(thing.to_owned(), self.in_order.len() - 1);
        self.in_order.len() - 1
    }
}

/// Renders the statics of definitions that `definitions.rs` includes.
pub fn render(schemas: &Schemas, facts: &Facts, known: &GoFields) -> String {
    let structs = structs(&schemas.definitions);
    let (mut texts, mut types, mut merges) = (Numbers::new(), Numbers::new(), Numbers::new());
    let (mut definition_rows, mut field_rows, mut fields) = (String::new(), String::new(), 0);
    for name in structs.keys() {
        let schema = &schemas.definitions[*name];
        let atomic = facts.atomic.iter().any(|other| other == name);
        let _ = write!(definition_rows, "({},{fields},{atomic}),", texts.of(name));
        let in_order = go_fields::in_order(&known[*name]);
        let properties: BTreeMap<_, _> = schema["properties"].as_object().into_iter().flatten().collect();
        for (field, schema) in properties {
            let ty = ty(schema, &structs, &mut types);
            let ty = types.of(&ty);
            let fact = facts.fields.get(&((*name).to_owned(), field.clone()));
            let merge = fact.map_or(0, |fact| merges.of(&merge(fact)) + 1);
            let order = in_order.iter().position(|known| known.name == *field).expect("the field is known");
            let presence = presence(in_order[order]);
            let _ = write!(field_rows, "({},{ty},Presence::{presence},{order},{merge}),", texts.of(field));
            fields += 1;
        }
    }
    let mut kinds = schemas.kinds.clone();
    kinds.sort_unstable();
    let mut kind_rows = String::new();
    for ((group, version, kind), definition) in &kinds {
        let (group, version, kind) = (texts.of(group), texts.of(version), texts.of(kind));
        let _ = write!(kind_rows, "({group},{version},{kind},{}),", structs[definition.as_str()]);
    }
    let mut end = 0;
    let ends: Vec<usize> = texts
        .in_order
        .iter()
        .map(|text| {
            end += text.len();
            end
        })
        .collect();
    format!(
        "static TEXTS: &str = {:?};\nstatic TEXT_ENDS: [u32; {}] = {ends:?};\n\
         static TYPES: [TypeRow; {}] = [{}];\nstatic MERGES: [Merge<'static>; {}] = [{}];\n\
         static DEFINITION_ROWS: [DefinitionRow; {}] = [{definition_rows}];\n\
         static FIELD_ROWS: [FieldRow; {fields}] = [{field_rows}];\n\
         static KIND_ROWS: [KindRow; {}] = [{kind_rows}];\n",
        texts.in_order.concat(),
        ends.len(),
        types.in_order.len(),
        types.in_order.join(","),
        merges.in_order.len(),
        merges.in_order.join(","),
        structs.len(),
        kinds.len(),
    )
}

/// The numbers of the definitions, which stand in the order of their names.
pub fn structs(definitions: &BTreeMap<String, Value>) -> BTreeMap<&str, usize> {
    definitions
        .iter()
        .filter(|(name, schema)| special(name).is_none() && !is_any(name) && schema["type"] == "object")
        .enumerate()
        .map(|(number, (name, _))| (name.as_str(), number))
        .collect()
}

/// Types that read themselves from JSON in their own way.
fn special(definition: &str) -> Option<&'static str> {
    Some(match definition.strip_prefix("io.k8s.")? {
        "apimachinery.pkg.api.resource.Quantity" => "Quantity",
        "apimachinery.pkg.util.intstr.IntOrString" => "IntOrString",
        "apimachinery.pkg.apis.meta.v1.Time" => "Time",
        "apimachinery.pkg.apis.meta.v1.MicroTime" => "MicroTime",
        "apimachinery.pkg.apis.meta.v1.FieldsV1" | "apimachinery.pkg.runtime.RawExtension" => "Object",
        _ => return None,
    })
}

fn presence(field: &go_fields::Field) -> &'static str {
    match field {
        go_fields::Field { pointer: true, .. } => "Set",
        go_fields::Field { always: true, .. } => "Always",
        _ => "Filled",
    }
}

/// Types whose values schemas say nothing of: any JSON, and the unions of the CRD types.
fn is_any(definition: &str) -> bool {
    definition.ends_with(".apiextensions.v1.JSON") || alternative(definition).is_some()
}

/// What may stand in a schema of a CRD in the place of another schema.
fn alternative(definition: &str) -> Option<&'static str> {
    match definition.rsplit_once(".JSONSchemaPropsOr")?.1 {
        "Array" => Some("Schemas"),
        "Bool" => Some("Bool"),
        "StringArray" => Some("Texts"),
        _ => None,
    }
}

fn plain(ty: &str) -> String {
    format!("TypeRow::Plain(Type::{ty})")
}

fn ty(schema: &Value, structs: &BTreeMap<&str, usize>, types: &mut Numbers) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")) {
        let named = structs.get(name).map(|number| format!("TypeRow::Struct({number})"));
        let union = || {
            let schema = structs.get(name.rsplit_once("Or")?.0)?;
            Some(format!("TypeRow::SchemaOr({schema},Alternative::{})", alternative(name)?))
        };
        return special(name).map(plain).or(named).or_else(union).unwrap_or_else(|| plain("Any"));
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("byte")) => plain("Bytes"),
        (Some("string"), None) => plain("String"),
        (Some("integer"), Some("int32")) => plain("Int32"),
        (Some("integer"), _) => plain("Int64"),
        (Some("number"), _) => plain("Number"),
        (Some("boolean"), _) => plain("Bool"),
        (Some("array"), _) => {
            let element = ty(&schema["items"], structs, types);
            format!("TypeRow::Array({})", types.of(&element))
        }
        (Some("object"), _) if schema["additionalProperties"].is_object() => {
            let element = ty(&schema["additionalProperties"], structs, types);
            format!("TypeRow::Map({})", types.of(&element))
        }
        (Some("object"), _) => plain("Object"),
        _ => plain("Any"),
    }
}

fn merge(fact: &Fact) -> String {
    let list = match &fact.list {
        List::Unsaid => "List::Unsaid".to_owned(),
        List::Atomic => "List::Atomic".to_owned(),
        List::Set => "List::Set".to_owned(),
        List::Map(keys) => {
            let keys: Vec<String> = keys.iter().map(|key| format!("Borrowed({key:?})")).collect();
            format!("List::Map(&[{}])", keys.join(","))
        }
    };
    let Fact { merges, retains_keys, replaces, key, .. } = fact;
    format!(
        "Merge {{ merges: {merges}, retains_keys: {retains_keys}, replaces: {replaces}, key: {key:?}, list: {list} }}"
    )
}
