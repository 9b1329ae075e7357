//! Kubernetes' protobuf encoding of objects (`application/vnd.kubernetes.protobuf`), read into the JSON that it stands
//! for (`k8s.io/apimachinery/pkg/runtime/serializer/protobuf`).

mod fields;
mod message;
mod special;
pub(crate) mod wire;
pub(crate) mod write;

use crate::{
    schema::Tables,
    status::{Status, quoted},
};
use serde_json::{Map, Value};

/// The media type of the encoding.
pub const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What every body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// The kind that the body of a delete has.
const DELETE_OPTIONS: &str = "DeleteOptions";

/// Reads a body as the object that Go would write in JSON: what Go leaves out there because it is empty is left out.
///
/// # Errors
///
/// A `BadRequest` if the body is malformed or of a kind that this server does not know. Fields that it does not know are
/// dropped, as Go's decoder does.
pub fn decode(tables: &'static Tables, body: &[u8]) -> Result<Value, Status> {
    let unknown = body.strip_prefix(MAGIC).ok_or_else(|| {
        Status::bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    })?;
    let envelope = Envelope::read(unknown)?;
    let (api_version, kind) = (envelope.api_version, envelope.kind);
    // The options of a delete may come in any group's version.
    let version = if kind == DELETE_OPTIONS { "v1" } else { api_version };
    let definition = tables.of_type(version, kind);
    let definition = definition.ok_or_else(|| {
        Status::bad_request(format!("no kind {} is registered for version {}", quoted(kind), quoted(api_version)))
    })?;
    let mut object = Map::new();
    object.insert("apiVersion".into(), api_version.into());
    object.insert("kind".into(), kind.into());
    message::read(definition, envelope.raw, &mut object)?;
    Ok(Value::Object(object))
}

/// `k8s.io/apimachinery/pkg/runtime.Unknown`: names the kind of the message it holds.
#[derive(Default)]
struct Envelope<'a> {
    api_version: &'a str,
    kind: &'a str,
    raw: &'a [u8],
}

impl<'a> Envelope<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Status> {
        let mut envelope = Self::default();
        for field in wire::fields(bytes) {
            match field? {
                (1, type_meta) => {
                    for field in wire::fields(type_meta.bytes()?) {
                        match field? {
                            (1, version) => envelope.api_version = version.text()?,
                            (2, kind) => envelope.kind = kind.text()?,
                            _ => {}
                        }
                    }
                }
                (2, raw) => envelope.raw = raw.bytes()?,
                (3, encoding) if encoding.bytes()?.is_empty() => {}
                (4, content) if matches!(content.text()?, "" | MEDIA_TYPE) => {}
                (number @ (3 | 4), _) => {
                    return Err(wire::malformed(&format!("the content of the envelope is encoded (field {number})")));
                }
                _ => {}
            }
        }
        Ok(envelope)
    }
}
