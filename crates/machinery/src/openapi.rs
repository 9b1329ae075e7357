//! `OpenAPI` documents: what `kubectl explain`, client-side validation and patches of `kubectl apply` read.
//!
//! Schemas lie compressed in the program and are unpacked for a request; paths follow from the table of kinds.

mod custom;
mod names;
mod operations;
mod paths;
mod protobuf;
mod schemas;
mod swagger;

use crate::{
    catalog::Catalog,
    kind::{Schema, api_version},
};
use serde_json::{Map, Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

use custom::Version;
pub use protobuf::{MEDIA_TYPES as PROTOBUF_MEDIA_TYPES, v2_protobuf};
use schemas::Schemas;
pub use swagger::v2;

/// `GET /openapi/v3`: where the documents are. Their URLs carry a hash so that clients can keep them.
#[must_use]
pub fn v3_index(served: &Catalog) -> Value {
    let mut paths = Map::new();
    let hash = hash(served);
    for kind in served.iter() {
        let path = root(&kind.group, &kind.version);
        let path = path.trim_start_matches('/');
        let url = format!("/openapi/v3/{path}?hash={hash}");
        paths.insert(path.to_owned(), json!({ "serverRelativeURL": url }));
    }
    json!({ "paths": paths })
}

/// `GET /openapi/v3/api/v1`, `GET /openapi/v3/apis/{group}/{version}`: the document, in JSON; `None` if there is no
/// such version.
#[must_use]
pub fn v3(served: &Catalog, group: &str, version: &str) -> Option<String> {
    let mut paths = Map::new();
    for kind in served.iter().filter(|kind| kind.group == group && kind.version == version) {
        paths::add(served, kind, &mut paths);
    }
    if paths.is_empty() {
        return None;
    }
    let paths = Value::Object(paths).to_string();
    let schemas = Schemas::of(served, Version::Three).closure(schemas::references(&paths, names::SCHEMAS));
    let mut document = String::with_capacity(paths.len() + schemas.values().map(String::len).sum::<usize>() + 1000);
    document.push_str(r#"{"openapi":"3.0.0","info":{"title":"Kubernetes","version":"unversioned"},"paths":"#);
    document.push_str(&paths);
    document.push_str(r#","components":{"schemas":{"#);
    for (index, (name, schema)) in schemas.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        document.extend([comma, "\"", name, "\":", schema]);
    }
    document.push_str("}}}");
    Some(document)
}

/// Changes whenever the documents may.
#[must_use]
pub fn hash(served: &Catalog) -> String {
    let mut hasher = DefaultHasher::new();
    served.tables().map(|tables| tables.documents_hash).hash(&mut hasher);
    // The paths are made by this code from the table.
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    for kind in served.iter() {
        (kind.to_string(), kind.verbs, served.subresources(kind).count()).hash(&mut hasher);
        if let Schema::Custom(schema) = &kind.schema {
            schema.hash(&mut hasher);
        }
    }
    format!("{:016X}", hasher.finish())
}

/// `/api/v1`, `/apis/apps/v1`.
fn root(group: &str, version: &str) -> String {
    let prefix = if group.is_empty() { "/api" } else { "/apis" };
    format!("{prefix}/{}", api_version(group, version))
}
