//! Types of expressions (cel-go, common/types/types.go). Those of objects refer to the schema they come from.

mod signature;
mod unify;

use crate::schema::{Form, Shape, unescape};
pub(crate) use signature::{Signature, signature};
use std::{collections::BTreeMap, fmt, sync::Arc};
pub(crate) use unify::{Substitution, most_general};

/// What an expression evaluates to.
#[derive(Clone)]
pub enum Type<'s> {
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    /// Anything: what it is shows when it is there.
    Dyn,
    /// What could not be typed; the complaint has been made.
    Error,
    List(Arc<Type<'s>>),
    Map(Arc<(Type<'s>, Type<'s>)>),
    Optional(Arc<Type<'s>>),
    /// The type of a type.
    Type(Arc<Type<'s>>),
    Object(Object<'s>),
    /// A type of a library: URL, quantity, authorizer.
    Opaque(&'static str),
    /// A parameter of an overload.
    Parameter(Parameter),
}

/// An object type: two are the same if their names are.
#[derive(Clone)]
pub struct Object<'s> {
    pub(crate) name: Arc<str>,
    pub(crate) members: Members<'s>,
}

/// What fields an object has.
#[derive(Clone)]
pub(crate) enum Members<'s> {
    /// Those of its schema.
    Shape(Shape<'s>),
    Fields(Arc<BTreeMap<String, Type<'s>>>),
    /// Any, of any type.
    Any,
}

impl<'s> Object<'s> {
    /// The type of a field by the name that expressions have for it.
    pub(crate) fn field(&self, name: &str) -> Option<Type<'s>> {
        match &self.members {
            Members::Shape(shape) => {
                let property = shape.property(&unescape(name)?)?;
                Some(Type::of_shape(property, &format!("{}.{name}", self.name)))
            }
            Members::Fields(fields) => fields.get(name).cloned(),
            Members::Any => Some(Type::Dyn),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// As an overload declares it.
    Declared(char),
    /// A variable of the checker.
    Variable(u32),
}

impl<'s> Type<'s> {
    pub(crate) fn list(element: Type<'s>) -> Self {
        Self::List(Arc::new(element))
    }

    pub(crate) fn map(key: Type<'s>, value: Type<'s>) -> Self {
        Self::Map(Arc::new((key, value)))
    }

    /// A value that may not be there.
    #[must_use]
    pub fn optional(inner: Type<'s>) -> Self {
        Self::Optional(Arc::new(inner))
    }

    pub(crate) fn of_type(inner: Type<'s>) -> Self {
        Self::Type(Arc::new(inner))
    }

    /// An object of these fields.
    #[must_use]
    pub fn object(name: &str, fields: BTreeMap<String, Type<'s>>) -> Self {
        Self::Object(Object { name: name.into(), members: Members::Fields(Arc::new(fields)) })
    }

    /// The type of what a shape describes. Objects within are named after the path to them.
    pub(crate) fn of_shape(shape: Shape<'s>, name: &str) -> Self {
        let element =
            |suffix| shape.elements().map_or(Self::Dyn, |inner| Self::of_shape(inner, &format!("{name}.{suffix}")));
        match shape.form {
            Form::IntOrString => Self::Dyn,
            Form::List => Self::list(element("@idx")),
            Form::Map => Self::map(Self::String, element("@elem")),
            Form::Object => Self::Object(Object { name: name.into(), members: Members::Shape(shape) }),
            Form::String => Self::String,
            Form::Bytes => Self::Bytes,
            Form::Duration => Self::Duration,
            Form::Date | Form::DateTime => Self::Timestamp,
            Form::Bool => Self::Bool,
            Form::Double => Self::Double,
            Form::Int => Self::Int,
        }
    }

    pub(crate) fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn)
    }

    pub(crate) fn is_dyn_or_error(&self) -> bool {
        matches!(self, Self::Dyn | Self::Error)
    }

    /// What is inside of an optional value's type, and whether it is one.
    pub(crate) fn unwrap_optional(&self) -> (Type<'s>, bool) {
        match self {
            Self::Optional(inner) => ((**inner).clone(), true),
            other => (other.clone(), false),
        }
    }

    /// The types that this one is made of.
    pub(crate) fn parts(&self) -> Vec<&Type<'s>> {
        match self {
            Self::List(inner) | Self::Optional(inner) | Self::Type(inner) => vec![inner],
            Self::Map(pair) => vec![&pair.0, &pair.1],
            _ => Vec::new(),
        }
    }

    /// The same type made of other parts.
    pub(crate) fn with_parts(&self, mut change: impl FnMut(&Type<'s>) -> Type<'s>) -> Self {
        match self {
            Self::List(inner) => Self::list(change(inner)),
            Self::Optional(inner) => Self::optional(change(inner)),
            Self::Type(inner) => Self::of_type(change(inner)),
            Self::Map(pair) => Self::map(change(&pair.0), change(&pair.1)),
            other => other.clone(),
        }
    }

    /// The name as it stands in `type(x)`, without what it is made of.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Duration => "google.protobuf.Duration",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Dyn => "dyn",
            Self::Error => "*error*",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Optional(_) => "optional_type",
            Self::Type(_) => "type",
            Self::Object(object) => &object.name,
            Self::Opaque(name) => name,
            Self::Parameter(_) => "param",
        }
    }
}

impl PartialEq for Type<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Parameter(a), Self::Parameter(b)) => a == b,
            (Self::Parameter(_), _) | (_, Self::Parameter(_)) => false,
            _ => {
                std::mem::discriminant(self) == std::mem::discriminant(other)
                    && self.name() == other.name()
                    && self.parts() == other.parts()
            }
        }
    }
}

/// As cel-go's messages show it (checker/format.go).
impl fmt::Display for Type<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Duration => f.write_str("duration"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Error => f.write_str("!error!"),
            Self::Parameter(Parameter::Declared(letter)) => write!(f, "{letter}"),
            Self::Parameter(Parameter::Variable(number)) => write!(f, "_var{number}"),
            // The type of all types.
            Self::Type(inner) if matches!(**inner, Self::Error) => f.write_str("type"),
            other => {
                f.write_str(other.name())?;
                let parts: Vec<String> = other.parts().iter().map(ToString::to_string).collect();
                if parts.is_empty() { Ok(()) } else { write!(f, "({})", parts.join(", ")) }
            }
        }
    }
}

impl fmt::Debug for Type<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
