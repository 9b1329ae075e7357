//! Version 2 of the document in protobuf, which kubectl asks for where version 3 does not answer its question
//! (`kind`s without PATCH). The messages are those of `google/gnostic/openapiv2/OpenAPIv2.proto`.

mod messages;

use self::messages::DOCUMENT;
use super::v2;
use crate::{catalog::Catalog, protobuf::write};
use serde_json::Value;

/// The names of the encoding; the second is no valid media type, but was the first to be used.
pub const MEDIA_TYPES: [&str; 2] = [
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
];

/// How a JSON value is written into a field.
#[derive(Clone, Copy)]
enum Type {
    Text,
    Flag,
    Integer,
    Double,
    /// Any JSON, as YAML text.
    Any,
    /// A list: the field occurs once for each item. A single value is a list of itself.
    Each(&'static Type),
    Message(&'static Message),
    /// A message around the value, which is in this field of it.
    Within(u32, &'static Type),
    /// A message with an entry of name and value in this field for each key of an object.
    Entries(u32, &'static Type),
    /// It depends on the value.
    Choice(fn(&Value) -> &'static Type),
}

/// A message that stands for a JSON object.
struct Message {
    /// Key, number, type.
    fields: &'static [(&'static str, u32, Type)],
    /// Where keys go that begin with `x-`.
    extensions: u32,
}

/// `GET /openapi/v2` in protobuf.
#[must_use]
pub fn v2_protobuf(served: &Catalog) -> Vec<u8> {
    // The text comes from this crate.
    let document = serde_json::from_str(&v2(served)).unwrap_or_default();
    message(&DOCUMENT, &document)
}

fn message(kind: &Message, object: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in object.as_object().into_iter().flatten() {
        if let Some((_, number, ty)) = kind.fields.iter().find(|(name, ..)| name == key) {
            field(&mut out, *number, *ty, value);
        } else if key.starts_with("x-") {
            entry(&mut out, kind.extensions, key, Type::Any, value);
        }
    }
    out
}

fn field(out: &mut Vec<u8>, number: u32, ty: Type, value: &Value) {
    match ty {
        Type::Text => write::bytes(out, number, value.as_str().unwrap_or_default().as_bytes()),
        Type::Flag => write::number(out, number, value.as_bool().unwrap_or_default().into()),
        Type::Integer => write::number(out, number, value.as_i64().unwrap_or_default().cast_unsigned()),
        Type::Double => write::double(out, number, value.as_f64().unwrap_or_default()),
        Type::Any => {
            let mut any = Vec::new();
            write::bytes(&mut any, 2, format!("{value}\n").as_bytes());
            write::bytes(out, number, &any);
        }
        Type::Each(ty) => match value {
            Value::Array(items) => items.iter().for_each(|item| field(out, number, *ty, item)),
            one => field(out, number, *ty, one),
        },
        Type::Message(kind) => write::bytes(out, number, &message(kind, value)),
        Type::Within(inner, ty) => {
            let mut around = Vec::new();
            field(&mut around, inner, *ty, value);
            write::bytes(out, number, &around);
        }
        Type::Entries(inner, ty) => {
            let mut entries = Vec::new();
            for (key, value) in value.as_object().into_iter().flatten() {
                entry(&mut entries, inner, key, *ty, value);
            }
            write::bytes(out, number, &entries);
        }
        Type::Choice(choose) => field(out, number, *choose(value), value),
    }
}

/// A name and a value, as all maps are written.
fn entry(out: &mut Vec<u8>, number: u32, key: &str, ty: Type, value: &Value) {
    let mut entry = Vec::new();
    write::bytes(&mut entry, 1, key.as_bytes());
    field(&mut entry, 2, ty, value);
    write::bytes(out, number, &entry);
}

#[cfg(test)]
mod tests;
