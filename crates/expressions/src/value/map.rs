//! Maps and objects: JSON seen through its schema, or made by an expression.

use super::{Evaluated, Text, Value};
use crate::{
    error::EvalError,
    schema::{Form, Shape, escape, unescape},
};
use serde_json::{Map as JsonMap, Value as Json};
use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

#[derive(Clone)]
pub enum Map<'a> {
    Json(&'a JsonMap<String, Json>, Option<Shape<'a>>),
    Made(Arc<Entries<'a>>),
}

/// A map that an expression has made; an object, if it has a type.
#[derive(Clone, Default)]
pub struct Entries<'a> {
    pub entries: BTreeMap<Key<'a>, Value<'a>>,
    pub type_name: Option<Arc<str>>,
}

/// What a value is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    /// By its bits.
    Double(u64),
    String(Text<'a>),
}

impl<'a> Key<'a> {
    /// The key that a value is, if it can be one.
    pub fn of(value: &Value<'a>) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Uint(value) => Self::Uint(*value),
            Value::Double(value) => Self::Double(value.to_bits()),
            Value::String(text) => Self::String(text.clone()),
            _ => return None,
        })
    }

    pub fn value(&self) -> Value<'a> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::Double(bits) => Value::Double(f64::from_bits(*bits)),
            Self::String(text) => Value::String(text.clone()),
        }
    }

    /// The keys that are the same number in another type.
    #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "as cel-go converts")]
    pub fn same_numbers(&self) -> Vec<Key<'a>> {
        let double = |value: f64| Key::Double(value.to_bits());
        match self {
            Self::Int(value) => {
                u64::try_from(*value).map(Key::Uint).into_iter().chain([double(*value as f64)]).collect()
            }
            Self::Uint(value) => {
                i64::try_from(*value).map(Key::Int).into_iter().chain([double(*value as f64)]).collect()
            }
            Self::Double(bits) => {
                let value = f64::from_bits(*bits);
                let int = super::to_int(value).filter(|int| *int as f64 == value).map(Key::Int);
                let uint = super::to_uint(value).filter(|uint| *uint as f64 == value).map(Key::Uint);
                int.into_iter().chain(uint).collect()
            }
            Self::Bool(_) | Self::String(_) => Vec::new(),
        }
    }
}

impl<'a> Map<'a> {
    pub(crate) fn made(entries: BTreeMap<Key<'a>, Value<'a>>) -> Self {
        Self::Made(Arc::new(Entries { entries, type_name: None }))
    }

    pub(crate) fn object(type_name: Arc<str>, entries: BTreeMap<Key<'a>, Value<'a>>) -> Self {
        Self::Made(Arc::new(Entries { entries, type_name: Some(type_name) }))
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Json(map, _) => map.len(),
            Self::Made(made) => made.entries.len(),
        }
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of an object that an expression has made.
    pub(crate) fn type_name(&self) -> Option<&str> {
        match self {
            Self::Json(..) => None,
            Self::Made(made) => made.type_name.as_deref(),
        }
    }

    pub(crate) fn find(&self, key: &Value<'a>) -> Option<Evaluated<'a>> {
        match self {
            Self::Json(..) => self.field(key.as_str()?),
            Self::Made(made) => {
                let key = Key::of(key)?;
                let found = made.entries.get(&key);
                found.or_else(|| key.same_numbers().iter().find_map(|key| made.entries.get(key))).cloned().map(Ok)
            }
        }
    }

    /// The field by the name that expressions have for it.
    pub(crate) fn field(&self, name: &str) -> Option<Evaluated<'a>> {
        match self {
            Self::Json(..) => self.property(&self.property_name(name)?),
            Self::Made(made) => {
                let key = Key::String(Text::Shared(name.into()));
                made.entries.get(&key).cloned().map(Ok)
            }
        }
    }

    fn property_name<'n>(&self, name: &'n str) -> Option<Cow<'n, str>> {
        if name.contains("__") && self.is_object() { unescape(name).map(Cow::Owned) } else { Some(Cow::Borrowed(name)) }
    }

    fn is_object(&self) -> bool {
        matches!(self, Self::Json(_, Some(shape)) if shape.form == Form::Object)
    }

    /// The value of a property by its real name. What is null in an object is not there.
    pub(crate) fn property(&self, name: &str) -> Option<Evaluated<'a>> {
        let Self::Json(map, shape) = self else { return self.field(name) };
        let value = map.get(name)?;
        let Some(shape) = shape else { return Some(Value::of_json(value, None)) };
        match shape.form {
            Form::Map => Some(Value::of_json(value, shape.elements())),
            _ if value.is_null() => None,
            _ => Some(Value::of_json(value, Some(shape.property(name)?))),
        }
    }

    /// The keys, as expressions see them.
    pub(crate) fn keys(&self) -> Vec<Value<'a>> {
        match self {
            Self::Json(map, _) if self.is_object() => {
                map.keys().filter_map(|key| escape(key)).map(Value::from).collect()
            }
            Self::Json(map, _) => map.keys().map(|key| Value::from(key.as_str())).collect(),
            Self::Made(made) => made.entries.keys().map(Key::value).collect(),
        }
    }

    /// Keys and values, without the properties that expressions do not see.
    ///
    /// # Errors
    /// A value is not what its schema says.
    pub fn entries(&self) -> Result<Vec<(Value<'a>, Value<'a>)>, EvalError> {
        let found = self.keys().into_iter().filter_map(|key| self.find(&key).map(|value| (key, value)));
        found.map(|(key, value)| Ok((key, value?))).collect()
    }
}

impl fmt::Debug for Map<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.keys().into_iter().map(|key| (key.clone(), self.find(&key)))).finish()
    }
}
