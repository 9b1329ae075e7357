//! From a body to an object of the expected kind, or to the answer why not.

use crate::{
    kind::Kind,
    serializer::{Document, Unmarshal},
    status::{Status, quoted},
};
use serde_json::{Map, Value};

/// What to do about fields that are unknown or occur twice (query parameter `fieldValidation`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// Drop them.
    Ignore,
    /// Drop them and say so.
    #[default]
    Warn,
    /// Refuse the body.
    Strict,
}

impl FieldValidation {
    /// What the query parameter of that name means, if it is a value that there is.
    #[must_use]
    pub fn from_parameter(text: &str) -> Option<Self> {
        match text {
            "" | "Warn" => Some(Self::Warn),
            "Ignore" => Some(Self::Ignore),
            "Strict" => Some(Self::Strict),
            _ => None,
        }
    }
}

/// Reads a body as an object of `kind`: types are checked, quantities and times brought into canonical form, nulls,
/// unknown fields and what Go would not write dropped, `apiVersion` and `kind` filled in. The texts are the warnings for
/// the client.
/// Errors are `BadRequest`s (`k8s.io/apiserver/pkg/endpoints/handlers/create.go`).
pub fn object(kind: &Kind, mut body: Document, validation: FieldValidation) -> Result<(Value, Vec<String>), Status> {
    let mut object = match std::mem::take(&mut body.value) {
        Value::Object(object) => object,
        other => return Err(unrecognized(kind, &other)),
    };
    identify(kind, &mut object)?;
    let definition = kind.definition();
    let mut unmarshal = Unmarshal::default();
    if let Some(definition) = definition {
        unmarshal.object(&mut object, definition).map_err(|error| unusable(kind, &error))?;
    }
    let faults = match validation {
        FieldValidation::Ignore => Vec::new(),
        _ => body.faults(definition, &unmarshal.unknown),
    };
    let warnings = match validation {
        FieldValidation::Strict if !faults.is_empty() => {
            return Err(unusable(kind, &format!("strict decoding error: {}", faults.join(", "))));
        }
        FieldValidation::Warn => faults,
        _ => Vec::new(),
    };
    Ok((Value::Object(object), warnings))
}

/// Reads a body as what somebody applies to an object of `kind`: it stays as it was written, `apiVersion` and `kind` are
/// those of the kind. The texts are the warnings for the client
/// (`k8s.io/apiserver/pkg/endpoints/handlers/patch.go`, `applyPatcher`).
pub fn applied(kind: &Kind, mut body: Document, validation: FieldValidation) -> Result<(Value, Vec<String>), Status> {
    let mut object = match std::mem::take(&mut body.value) {
        Value::Object(object) => object,
        other => return Err(unrecognized(kind, &other)),
    };
    identify(kind, &mut object)?;
    let faults = body.faults(kind.definition(), &[]);
    match validation {
        FieldValidation::Strict if !faults.is_empty() => {
            Err(Status::bad_request(format!("error strict decoding YAML: {}", faults.join(", "))))
        }
        FieldValidation::Warn => Ok((Value::Object(object), faults)),
        _ => Ok((Value::Object(object), Vec::new())),
    }
}

fn unrecognized(kind: &Kind, value: &Value) -> Status {
    let kind = &kind.kind;
    Status::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: \
         json: cannot unmarshal {} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; \
         Kind string \"json:\\\"kind,omitempty\\\"\" }}",
        describe(value)
    ))
}

/// Checks `apiVersion` and `kind`, or sets them: a body may leave them out.
fn identify(kind: &Kind, object: &mut Map<String, Value>) -> Result<(), Status> {
    let expected = kind.api_version();
    let text = |key: &str| object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    // The options of a delete may come in any group's version.
    let any_version = kind.kind == "DeleteOptions";
    match text("kind") {
        Some(found) if found != kind.kind => {
            let version = text("apiVersion").unwrap_or(&expected);
            if version != expected && !any_version {
                return Err(wrong_version(version, &expected));
            }
            let (group, wanted) = (if kind.group.is_empty() { "core" } else { &*kind.group }, &kind.kind);
            let group = group.split('.').next().unwrap_or_default();
            return Err(Status::bad_request(format!(
                "{found} in version {} cannot be handled as a {wanted}: converting ({}.{found}) to ({group}.{wanted}): \
                 unknown conversion",
                quoted(&kind.version),
                kind.version,
            )));
        }
        _ => {}
    }
    match text("apiVersion") {
        Some(version) if version != expected && !any_version => return Err(wrong_version(version, &expected)),
        _ => {}
    }
    object.insert("apiVersion".into(), expected.into());
    object.insert("kind".into(), (*kind.kind).into());
    Ok(())
}

fn wrong_version(found: &str, expected: &str) -> Status {
    Status::bad_request(format!(
        "the API version in the data ({found}) does not match the expected API version ({expected})"
    ))
}

fn unusable(kind: &Kind, error: &str) -> Status {
    let (name, version) = (&kind.kind, quoted(&kind.version));
    Status::bad_request(format!("{name} in version {version} cannot be handled as a {name}: {error}"))
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
