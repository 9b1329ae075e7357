//! Strategic merge patch: like a merge patch, but lists whose items have a key are merged item by item, and directives
//! (`$patch`, `$retainKeys`, `$deleteFromPrimitiveList`, `$setElementOrder`) say what a mere value cannot.
//! Source: `k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`.

mod list;
mod order;
mod ordered;

use crate::{
    schema::{Definition, Element, Merge, Type},
    status::{Reason, Status},
};
use serde_json::{Map, Value};
use std::collections::HashSet;

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList/";
const SET_ORDER: &str = "$setElementOrder/";

/// The object, whose kind has `definition`, with the patch merged in. A malformed patch is a 400, one with an unknown
/// directive or lists in lists a 422, one without a list's merge key a 500, as with Kubernetes.
pub fn strategic_merge_patch(definition: Definition<'_>, object: &Value, patch: Value) -> Result<Value, Status> {
    let original = object.as_object().cloned().unwrap_or_default();
    let Value::Object(patch) = patch else {
        return Err(Status::bad_request("error decoding patch: the patch is not a JSON object"));
    };
    merge_object(original, patch, Scope::Struct(definition)).map(Value::Object).map_err(Fault::into_status)
}

/// What is wrong with a patch.
#[derive(Debug)]
enum Fault {
    /// 400.
    Malformed(String),
    /// 422.
    Unprocessable(String),
    /// 500.
    Unmergeable(String),
}

impl Fault {
    fn into_status(self) -> Status {
        match self {
            Self::Malformed(text) => Status::bad_request(text),
            Self::Unprocessable(text) => Status::unprocessable(text),
            Self::Unmergeable(text) => Status::from_server(500, Reason::Unknown, text),
        }
    }

    fn unknown_directive(directive: &Value, map: &Map<String, Value>) -> Self {
        let directive = directive.as_str().map_or_else(|| directive.to_string(), ToOwned::to_owned);
        Self::Unprocessable(format!("unknown patch type: {directive} in map: {}", Value::Object(map.clone())))
    }
}

/// What is known about the fields of an object.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Struct(Definition<'a>),
    Map(Element<'a>),
    Unknown,
}

impl<'a> Scope<'a> {
    fn of(ty: Type<'a>) -> Self {
        match ty {
            Type::Struct(definition) => Self::Struct(definition),
            Type::Map(element) => Self::Map(element),
            _ => Self::Unknown,
        }
    }

    fn field(self, name: &str) -> (Type<'a>, Merge<'a>) {
        match self {
            Self::Struct(definition) => {
                definition.field(name).map_or((Type::Any, Merge::default()), |field| (field.ty, field.merge))
            }
            Self::Map(element) => (element.ty(), Merge::default()),
            Self::Unknown => (Type::Any, Merge::default()),
        }
    }
}

fn merge_object(
    mut original: Map<String, Value>,
    mut patch: Map<String, Value>,
    scope: Scope<'_>,
) -> Result<Map<String, Value>, Fault> {
    if let Some(directive) = patch.get(PATCH) {
        return match directive.as_str() {
            Some("replace") => {
                patch.remove(PATCH);
                Ok(patch)
            }
            Some("delete") => Ok(Map::new()),
            _ => Err(Fault::unknown_directive(directive, &patch)),
        };
    }
    retain_keys(&mut original, &mut patch)?;
    ordered::merge_ordered_lists(&mut original, &mut patch, scope)?;
    for (key, value) in patch {
        if let Some(name) = key.strip_prefix(DELETE_FROM_LIST) {
            if let (Some(Value::Array(items)), Value::Array(unwanted)) = (original.get_mut(name), value) {
                let unwanted: HashSet<Value> = unwanted.into_iter().collect();
                items.retain(|item| !unwanted.contains(item));
            }
            continue;
        }
        if value.is_null() {
            original.remove(&key);
            continue;
        }
        let (ty, merge) = scope.field(&key);
        let merged = match (original.remove(&key), value) {
            (Some(Value::Object(before)), Value::Object(value)) if !merge.replaces => {
                Value::Object(merge_object(before, value, Scope::of(ty))?)
            }
            (Some(Value::Array(before)), Value::Array(value)) => {
                Value::Array(list::merge_or_replace(before, value, ty, merge)?)
            }
            (_, value) => match without_directives(value) {
                Some(value) => value,
                None => continue,
            },
        };
        original.insert(key, merged);
    }
    Ok(original)
}

/// `$retainKeys` names all keys that stay; everything the patch sets must be among them.
fn retain_keys(original: &mut Map<String, Value>, patch: &mut Map<String, Value>) -> Result<(), Fault> {
    let Some(keys) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let malformed = || Fault::Malformed("invalid patch format of retainKeys".into());
    let keys = keys.as_array().ok_or_else(malformed)?;
    let names: HashSet<&str> = keys.iter().filter_map(Value::as_str).collect();
    let retained = |key: &str| names.contains(key);
    let is_directive = |key: &str| key.starts_with(DELETE_FROM_LIST) || key.starts_with(SET_ORDER);
    if !patch.iter().all(|(key, value)| value.is_null() || is_directive(key) || retained(key)) {
        return Err(malformed());
    }
    original.retain(|key, _| retained(key));
    Ok(())
}

/// A value that is new to the object: directives and nulls in it have nothing to act on.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(map) if map.contains_key(PATCH) => None,
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(key, value)| !key.starts_with('$') && !value.is_null());
            Some(Value::Object(kept.filter_map(|(key, value)| Some((key, without_directives(value)?))).collect()))
        }
        Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(without_directives).collect())),
        other => Some(other),
    }
}
