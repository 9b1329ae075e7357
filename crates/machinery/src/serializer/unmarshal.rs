//! Holds a value against its type the way Go's JSON decoder does, and gives it the form in which Go's encoder writes it:
//! wrong types are errors; nulls, unknown fields and what is empty disappear; structs that Go always holds are there.

mod custom;

use super::strict::{MOST_FAULTS, ShortPath};
use crate::{
    quantity::Quantity,
    schema::{Alternative, Definition, Field, Presence, Type},
    status::quoted,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Number, Value};
use std::fmt::Write;

/// What was found in a value.
#[derive(Default)]
pub(crate) struct Unmarshal<'a> {
    /// Paths of the fields that the types do not have.
    pub unknown: Vec<String>,
    steps: Vec<Step<'a>>,
}

enum Step<'a> {
    Field { of: Option<Definition<'a>>, name: String },
    Index(usize),
}

impl<'a> Unmarshal<'a> {
    /// Reads an object of a type; the error is Go's text.
    pub fn object(&mut self, object: &mut Map<String, Value>, definition: Definition<'a>) -> Result<(), String> {
        if let Some(node) = definition.structural() {
            return self.custom(object, node);
        }
        let (mut unknown, mut empty) = (Vec::new(), Vec::new());
        for (name, value) in &mut *object {
            let Some(field) = definition.field(name) else {
                unknown.push(name.clone());
                continue;
            };
            self.steps.push(Step::Field { of: Some(definition), name: name.clone() });
            self.value(value, field.ty)?;
            self.steps.pop();
            if !is_written(&field, value) {
                empty.push(name.clone());
            }
        }
        for name in empty {
            object.remove(&name);
        }
        for name in unknown {
            object.remove(&name);
            self.note_unknown(Some(definition), name);
        }
        for field in definition.fields() {
            if !object.contains_key(field.name)
                && let Some(zero) = constant(&field)
            {
                object.insert(field.name.to_owned(), zero);
            }
        }
        Ok(())
    }

    fn note_unknown(&mut self, of: Option<Definition<'a>>, name: String) {
        if self.unknown.len() < MOST_FAULTS {
            self.steps.push(Step::Field { of, name });
            self.unknown.push(self.strict_path());
            self.steps.pop();
        }
    }

    fn value(&mut self, value: &mut Value, ty: Type<'a>) -> Result<(), String> {
        match (ty, &mut *value) {
            (_, Value::Null)
            | (Type::Any | Type::Open, _)
            | (Type::Object, Value::Object(_))
            | (Type::String | Type::IntOrString, Value::String(_))
            | (Type::Number, Value::Number(_))
            | (Type::Bool, Value::Bool(_)) => Ok(()),
            (Type::Int32, Value::Number(number)) if is_int32(number) => Ok(()),
            (Type::Int64, Value::Number(number)) if number.is_i64() => Ok(()),
            (Type::IntOrString, Value::Number(number)) => int_or_string(number),
            (Type::Bytes, Value::String(text)) => bytes(text),
            (Type::Time | Type::MicroTime, Value::String(text)) => time(text, ty),
            (Type::Quantity, Value::String(_) | Value::Number(_)) => quantity(value),
            (Type::Struct(definition), Value::Object(object)) => self.object(object, definition),
            (Type::Array(element), Value::Array(items)) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.steps.push(Step::Index(index));
                    self.element(item, element.ty())?;
                    self.steps.pop();
                }
                Ok(())
            }
            (Type::Map(element), Value::Object(entries)) => {
                for (key, item) in &mut *entries {
                    self.steps.push(Step::Field { of: None, name: key.clone() });
                    self.element(item, element.ty())?;
                    self.steps.pop();
                }
                Ok(())
            }
            (Type::SchemaOr(definition, alternative), value) => self.schema_or(value, definition, alternative),
            _ => Err(self.mismatch(value, ty)),
        }
    }

    /// Go reads these by themselves, without a word about unknown fields.
    fn schema_or(&mut self, value: &mut Value, schema: Definition<'a>, alternative: Alternative) -> Result<(), String> {
        let known = self.unknown.len();
        let read = match (alternative, &mut *value) {
            (_, Value::Object(object)) => self.object(object, schema),
            (Alternative::Schemas, Value::Array(items)) => {
                items.iter_mut().try_for_each(|item| self.element(item, Type::Struct(schema)))
            }
            (Alternative::Texts, Value::Array(items)) => {
                items.iter_mut().try_for_each(|item| self.element(item, Type::String))
            }
            (Alternative::Bool, Value::Bool(_)) => Ok(()),
            (Alternative::Bool, _) => Err("boolean or JSON schema expected".into()),
            _ => Err(self.mismatch(value, Type::Struct(schema))),
        };
        self.unknown.truncate(known);
        read
    }

    /// An item of a list or map: null stands for the zero value, as in Go.
    fn element(&mut self, item: &mut Value, ty: Type<'a>) -> Result<(), String> {
        if item.is_null() {
            *item = match ty {
                Type::String | Type::Bytes => Value::String(String::new()),
                Type::Quantity => Value::String("0".into()),
                Type::Int32 | Type::Int64 | Type::Number | Type::IntOrString => Value::from(0),
                Type::Bool => Value::Bool(false),
                Type::Struct(_) => Value::Object(Map::new()),
                _ => Value::Null,
            };
        }
        self.value(item, ty)
    }

    /// `spec.containers[0].foo`.
    fn strict_path(&self) -> String {
        let mut path = ShortPath::default();
        for step in &self.steps {
            // What is cut off stays so.
            let _ = match step {
                Step::Field { name, .. } if path.0.is_empty() => write!(path, "{name}"),
                Step::Field { name, .. } => write!(path, ".{name}"),
                Step::Index(index) => write!(path, "[{index}]"),
            };
        }
        path.0
    }

    /// Go's `json.UnmarshalTypeError`: the innermost struct, then the path without indexes and map keys.
    fn mismatch(&self, value: &Value, ty: Type<'_>) -> String {
        let of = |step: &Step<'a>| match step {
            Step::Field { of: Some(definition), name } => Some((*definition, name.clone())),
            _ => None,
        };
        let fields: Vec<_> = self.steps.iter().filter_map(of).collect();
        let place = match fields.last() {
            None => "value".to_owned(),
            Some((owner, _)) => {
                let names: Vec<&str> = fields.iter().map(|(_, name)| name.as_str()).collect();
                format!("struct field {}.{}", owner.type_name(), names.join("."))
            }
        };
        format!("json: cannot unmarshal {} into Go {place} of type {}", describe(value, ty), go_type(ty))
    }
}

/// Gives an object of a type the form in which Go writes it; the error is Go's text.
///
/// # Errors
///
/// A value is not of its field's type.
pub fn conform(object: &mut Value, definition: Definition<'_>) -> Result<(), String> {
    Unmarshal::default().value(object, Type::Struct(definition))
}

/// Whether Go's encoder writes the field. An empty list that it would write becomes null where it is stored.
fn is_written(field: &Field<'_>, value: &Value) -> bool {
    let keeps_zero = matches!(field.ty, Type::IntOrString | Type::Quantity | Type::SchemaOr(..));
    match value {
        Value::Null => false,
        _ if field.presence == Presence::Set => true,
        // An empty list asks to forget the managers.
        Value::Array(items) => !items.is_empty() || field.name == "managedFields",
        Value::Object(entries) => !entries.is_empty() || !matches!(field.ty, Type::Map(_)),
        _ if field.presence == Presence::Always || keeps_zero => true,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Bool(set) => *set,
    }
}

/// What Go writes of a struct, or of a quantity, that nothing was said of.
fn constant(field: &Field<'_>) -> Option<Value> {
    if field.ty == Type::Quantity && field.presence != Presence::Set {
        return Some("0".into());
    }
    let definition = field.constant_struct()?;
    let fields = definition.fields().filter_map(|field| Some((field.name.to_owned(), constant(&field)?)));
    Some(Value::Object(fields.collect()))
}

fn describe(value: &Value, ty: Type<'_>) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "bool".into(),
        Value::Number(number) if matches!(ty, Type::Int32 | Type::Int64) => format!("number {number}"),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
        Value::Array(_) => "array".into(),
        Value::Object(_) => "object".into(),
    }
}

fn go_type(ty: Type<'_>) -> String {
    match ty {
        Type::String | Type::Time | Type::MicroTime | Type::IntOrString | Type::Quantity => "string".into(),
        Type::Int32 => "int32".into(),
        Type::Int64 => "int64".into(),
        Type::Number => "float64".into(),
        Type::Bool => "bool".into(),
        Type::Bytes => "[]uint8".into(),
        Type::Object | Type::Any | Type::Open => "map[string]interface {}".into(),
        Type::Array(element) => format!("[]{}", go_type(element.ty())),
        Type::Map(element) => format!("map[string]{}", go_type(element.ty())),
        Type::Struct(definition) | Type::SchemaOr(definition, _) => {
            let mut segments = definition.name().rsplit('.');
            let name = segments.next().unwrap_or_default();
            format!("{}.{name}", segments.next().unwrap_or_default())
        }
    }
}

fn is_int32(number: &Number) -> bool {
    number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}

fn int_or_string(number: &Number) -> Result<(), String> {
    if is_int32(number) {
        return Ok(());
    }
    Err(format!("json: cannot unmarshal number {number} into Go value of type int32"))
}

fn bytes(text: &str) -> Result<(), String> {
    STANDARD.decode(text).map(drop).map_err(|error| {
        let offset = match error {
            base64::DecodeError::InvalidByte(offset, _) | base64::DecodeError::InvalidLastSymbol { offset, .. } => {
                offset
            }
            _ => text.len() / 4 * 4,
        };
        format!("illegal base64 data at input byte {offset}")
    })
}

fn time(text: &mut String, ty: Type<'_>) -> Result<(), String> {
    let Ok(time) = text.parse::<jiff::Timestamp>() else {
        let layout = if ty == Type::Time { "2006-01-02T15:04:05Z07:00" } else { "2006-01-02T15:04:05.000000Z07:00" };
        let quoted = quoted(text);
        return Err(format!("parsing time {quoted} as \"{layout}\": cannot parse {quoted} as \"2006\""));
    };
    *text = if ty == Type::Time { crate::meta::time(time) } else { crate::meta::micro_time(time) };
    Ok(())
}

/// Writes a quantity in its canonical form, as Kubernetes does with every quantity it reads.
fn quantity(value: &mut Value) -> Result<(), String> {
    let text = match &*value {
        Value::String(text) => text.clone(),
        number => number.to_string(),
    };
    let quantity: Quantity = text.parse().map_err(|error: crate::quantity::ParseError| error.to_string())?;
    *value = Value::String(quantity.to_string());
    Ok(())
}
