//! Values while an expression is evaluated. What comes from outside is borrowed JSON, seen through its schema; what an
//! expression makes is shared.

mod compare;
mod duration;
mod equal;
mod json;
mod list;
mod map;
mod number;
mod opaque;
mod text;
mod timestamp;

use crate::error::EvalError;
pub(crate) use compare::compare;
pub(crate) use duration::Duration;
pub(crate) use equal::equal;
pub use list::List;
pub use map::Map;
pub(crate) use map::{Entries, Key};
pub(crate) use number::{format_double, to_int, to_uint};
pub(crate) use opaque::Opaque;
use std::sync::Arc;
pub use text::Text;
pub(crate) use timestamp::Timestamp;

/// What an expression or a part of it evaluates to.
#[derive(Clone, Debug, Default)]
pub enum Value<'a> {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Text<'a>),
    Bytes(Arc<[u8]>),
    Duration(Duration),
    Timestamp(Timestamp),
    List(List<'a>),
    Map(Map<'a>),
    /// A type, by name.
    Type(Text<'a>),
    Optional(Option<Arc<Value<'a>>>),
    /// A value of one of Kubernetes' libraries.
    Opaque(Opaque<'a>),
}

pub(crate) type Evaluated<'a> = Result<Value<'a>, EvalError>;

impl<'a> Value<'a> {
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::String(Text::Shared(text.into()))
    }

    pub(crate) fn list(items: Vec<Value<'a>>) -> Self {
        Self::List(List::made(items))
    }

    pub(crate) fn some(inner: Value<'a>) -> Self {
        Self::Optional(Some(Arc::new(inner)))
    }

    pub(crate) const NONE: Value<'static> = Value::Optional(None);

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The name of the value's type, as `type(x)` gives it.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::List(_) => "list",
            Self::Map(map) => map.type_name().unwrap_or("map"),
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Opaque(opaque) => opaque.type_name(),
        }
    }

    /// What `size()` says, and 1 of what has no size: costs are reckoned from it.
    pub(crate) fn size(&self) -> u64 {
        let size = match self {
            Self::String(text) => text.chars().count(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(list) => list.len(),
            Self::Map(map) => map.len(),
            Self::Optional(Some(inner)) => return inner.size(),
            Self::Opaque(opaque) => opaque.size(),
            _ => 1,
        };
        size as u64
    }

    /// Whether the value is one that its type begins with: 0, nothing, not there.
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(value) => !value,
            Self::Int(value) => *value == 0,
            Self::Uint(value) => *value == 0,
            Self::Double(value) => *value == 0.0,
            Self::String(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Map(map) => map.is_empty(),
            Self::Duration(duration) => duration.nanoseconds == 0,
            Self::Optional(inner) => inner.is_none(),
            Self::Timestamp(timestamp) => timestamp.is_zero(),
            Self::Type(_) | Self::Opaque(_) => false,
        }
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::String(Text::Borrowed(value))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::text(value)
    }
}
