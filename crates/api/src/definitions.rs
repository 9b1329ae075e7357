//! What objects of all built-in kinds look like, as the build script found it in k8s-openapi's schemas.

use machinery::schema::{
    Alternative, DefinitionRow, Entry, FieldRow, KindRow, List, Merge, MessageTables, Presence, Tables, Type, TypeRow,
};
use std::borrow::Cow::Borrowed;

include!(concat!(env!("OUT_DIR"), "/definitions.rs"));
include!(concat!(env!("OUT_DIR"), "/protobuf_fields.rs"));
include!(concat!(env!("OUT_DIR"), "/packages.rs"));

/// The tables of all built-in kinds.
pub static TABLES: Tables = Tables {
    texts: TEXTS,
    text_ends: &TEXT_ENDS,
    types: &TYPES,
    merges: &MERGES,
    definitions: &DEFINITION_ROWS,
    fields: &FIELD_ROWS,
    kinds: &KIND_ROWS,
    messages: MessageTables { starts: &MESSAGE_STARTS, entries: &ENTRY_ROWS },
    documents: &DOCUMENTS,
    documents_hash: DOCUMENTS_HASH,
};
