//! A kind as they come at run time, for tests.

use crate::{
    behaviour::Behaviour,
    kind::{Kind, KindDefinition, Schema, Subresource},
    schema::{CustomSchema, MessageTables, Tables},
};
use serde_json::Value;
use std::borrow::Cow::{Borrowed, Owned};

/// Tables of a program that has no kinds of its own.
pub static NONE: Tables = Tables {
    texts: "",
    text_ends: &[],
    types: &[],
    merges: &[],
    definitions: &[],
    fields: &[],
    kinds: &[],
    messages: MessageTables { starts: &[], entries: &[] },
    documents: &[],
    documents_hash: "",
};

/// The kind `Whale` of `sea.example.com/v1`, whose objects are like this.
pub fn whale(schema: &Value) -> Kind {
    const CHANGE: &[&str] = &["get", "patch", "update"];
    Kind::shared(KindDefinition {
        group: Borrowed("sea.example.com"),
        version: Borrowed("v1"),
        kind: Borrowed("Whale"),
        list_kind: Some(Borrowed("WhalePod")),
        plural: Borrowed("whales"),
        singular: None,
        short_names: Borrowed(&[]),
        categories: Borrowed(&[]),
        namespaced: true,
        verbs: &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        subresources: Owned(vec![Subresource { name: "status", body: None, verbs: CHANGE }]),
        storage: None,
        schema: Schema::Custom(CustomSchema::new(schema, &NONE).unwrap().into()),
        behaviour: Borrowed(&Behaviour::PLAIN),
    })
}
