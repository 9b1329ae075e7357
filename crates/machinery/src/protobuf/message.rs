//! Reads a message into the fields of a JSON object, as the tables tell what its numbers mean.

use super::{
    fields::{Message, Part},
    special,
    wire::{Wire, fields, malformed, packed},
};
use crate::{
    meta,
    schema::{Alternative, Definition, Element, Field, Presence, Type},
    serializer::MOST_PARTS,
    status::Status,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Number, Value};
use std::cell::Cell;

/// How deep messages may lie in each other; the deepest of Kubernetes' types that do not hold themselves stay far below.
const DEEPEST: usize = 64;

/// Reads the message of a type.
pub(super) fn read(
    definition: Definition<'static>,
    bytes: &[u8],
    object: &mut Map<String, Value>,
) -> Result<(), Status> {
    Reader { depth: 0, parts: &Cell::new(0) }.definition(definition, bytes, object)
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    depth: usize,
    /// So many messages were read.
    parts: &'a Cell<usize>,
}

impl Reader<'_> {
    fn definition(
        self,
        definition: Definition<'static>,
        bytes: &[u8],
        object: &mut Map<String, Value>,
    ) -> Result<(), Status> {
        let message = Message::of(definition).ok_or_else(|| malformed("the kind has no messages"))?;
        self.message(message, bytes, object)
    }

    fn message(self, message: Message, bytes: &[u8], object: &mut Map<String, Value>) -> Result<(), Status> {
        if self.depth == DEEPEST {
            return Err(malformed("messages lie too deep in each other"));
        }
        self.parts.set(self.parts.get() + 1);
        if self.parts.get() > MOST_PARTS {
            return Err(malformed(&format!("there are more than {MOST_PARTS} messages in it")));
        }
        let inner = Self { depth: self.depth + 1, ..self };
        for field in fields(bytes) {
            let (number, value) = field?;
            match message.part(number) {
                Some(Part::Embedded(embedded)) => inner.message(embedded, value.bytes()?, object)?,
                Some(Part::Field(field)) => inner.field(field, value, object)?,
                // A newer client may say more than this version understands, to which Go's decoder pays no heed.
                None => {}
            }
        }
        Ok(())
    }

    /// Leaves out what Go's JSON leaves out.
    fn field(self, field: Field<'static>, value: Wire<'_>, object: &mut Map<String, Value>) -> Result<(), Status> {
        match field.ty {
            Type::Array(element) => {
                let list = object.entry(field.name).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut().map_or(Ok(()), |items| self.item(element.ty(), value, items))
            }
            Type::Map(element) => {
                let map = object.entry(field.name).or_insert_with(|| Value::Object(Map::new()));
                map.as_object_mut().map_or(Ok(()), |entries| self.entry(element, value, entries))
            }
            ty => {
                let value = self.value(ty, value)?;
                let left_out = value.is_null() || (field.presence == Presence::Filled && is_zero(&value));
                if !left_out {
                    object.insert(field.name.into(), value);
                }
                Ok(())
            }
        }
    }

    /// One item of a list, or several numbers packed together.
    fn item(self, ty: Type<'static>, value: Wire<'_>, items: &mut Vec<Value>) -> Result<(), Status> {
        match (ty, value) {
            (Type::Int32 | Type::Int64 | Type::Bool, Wire::Bytes(bytes)) => {
                for number in packed(bytes) {
                    items.push(self.value(ty, number?)?);
                }
            }
            _ => items.push(self.value(ty, value)?),
        }
        Ok(())
    }

    /// An entry of a map: a message of a key and a value, either of which is left out if it is empty.
    fn entry(self, element: Element<'static>, entry: Wire<'_>, entries: &mut Map<String, Value>) -> Result<(), Status> {
        let (mut key, mut value) = ("", None);
        for field in fields(entry.bytes()?) {
            match field? {
                (1, text) => key = text.text()?,
                (2, found) => value = Some(found),
                _ => {}
            }
        }
        let empty = match element.ty() {
            Type::Int32 | Type::Int64 | Type::Bool => Wire::Varint(0),
            Type::Number => Wire::Fixed64([0; 8]),
            _ => Wire::Bytes(&[]),
        };
        entries.insert(key.into(), self.value(element.ty(), value.unwrap_or(empty))?);
        Ok(())
    }

    fn value(self, ty: Type<'static>, value: Wire<'_>) -> Result<Value, Status> {
        Ok(match ty {
            Type::String => value.text()?.into(),
            Type::Int32 => value.int32()?.into(),
            Type::Int64 => value.int64()?.into(),
            Type::Number => Number::from_f64(value.double()?).map(Value::Number).unwrap_or_default(),
            Type::Bool => (value.varint()? != 0).into(),
            Type::Bytes => STANDARD.encode(value.bytes()?).into(),
            Type::Time => special::time(value.bytes()?)?.map(meta::time).into(),
            Type::MicroTime => special::time(value.bytes()?)?.map(meta::micro_time).into(),
            Type::Quantity => special::quantity(value.bytes()?)?.into(),
            Type::IntOrString => special::int_or_string(value.bytes()?)?,
            Type::Object | Type::Any | Type::Open => special::json(value.bytes()?)?,
            Type::Struct(definition) => {
                let mut object = Map::new();
                self.definition(definition, value.bytes()?, &mut object)?;
                Value::Object(object)
            }
            Type::Array(element) => {
                let mut items = Vec::new();
                for item in special::items(value.bytes()?) {
                    self.item(element.ty(), item?, &mut items)?;
                }
                Value::Array(items)
            }
            Type::SchemaOr(definition, alternative) => self.schema_or(definition, alternative, value)?,
            Type::Map(_) => return Err(malformed("a map is no single value")),
        })
    }

    /// A message of a schema and what may stand in its place; Go writes the latter if it is there.
    fn schema_or(
        self,
        definition: Definition<'static>,
        alternative: Alternative,
        value: Wire<'_>,
    ) -> Result<Value, Status> {
        let (mut schema, mut allowed, mut list) = (None, false, Vec::new());
        for field in fields(value.bytes()?) {
            match (field?, alternative) {
                ((1, value), Alternative::Schemas | Alternative::Texts) | ((2, value), Alternative::Bool) => {
                    schema = Some(self.value(Type::Struct(definition), value)?);
                }
                ((1, value), Alternative::Bool) => allowed = value.varint()? != 0,
                ((2, value), Alternative::Schemas) => list.push(self.value(Type::Struct(definition), value)?),
                ((2, value), Alternative::Texts) => list.push(self.value(Type::String, value)?),
                _ => {}
            }
        }
        Ok(match alternative {
            Alternative::Bool => schema.unwrap_or(allowed.into()),
            _ if list.is_empty() => schema.unwrap_or_default(),
            _ => list.into(),
        })
    }
}

/// Go writes structs even if they are empty; so they are none of these.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(set) => !set,
        _ => false,
    }
}
