//! What a well-formed value looks like, wherever that is written: in the tables of the program's own kinds or in the
//! structural schema of one that came at run time.

mod custom;
mod node;
mod tables;

pub use custom::CustomSchema;
pub use tables::{DefinitionRow, Entry, FieldRow, KindRow, MessageTables, Tables, TypeRow};

use super::{
    merge::{Alternative, Merge, Presence},
    structural::Structural,
};
use serde_json::Value;
use std::{fmt, ptr};

/// The definition of one struct type, such as `io.k8s.api.core.v1.PodSpec`.
#[derive(Clone, Copy)]
pub struct Definition<'a>(pub(super) Source<'a>);

/// Where a definition is written.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Row(&'static Tables, u16),
    Structural(Node<'a>),
}

/// A node of a structural schema, with the tables that say what metadata is.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    pub schema: &'a Structural,
    pub tables: &'static Tables,
}

/// One field of a definition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field<'a> {
    /// Name in JSON.
    pub name: &'a str,
    /// Type of the value.
    pub ty: Type<'a>,
    /// What becomes of an empty value.
    pub presence: Presence,
    /// Place among the fields in the order in which Kubernetes writes them.
    pub order: u8,
    /// How lists and maps are merged.
    pub merge: Merge<'a>,
    /// What the schema says it is if nothing is said.
    pub default: Option<&'a Value>,
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type<'a> {
    String,
    Int32,
    Int64,
    Number,
    Bool,
    /// Base64 in a string.
    Bytes,
    /// RFC 3339 with seconds.
    Time,
    /// RFC 3339 with microseconds.
    MicroTime,
    Quantity,
    IntOrString,
    /// Any JSON object, such as a `RawExtension`.
    Object,
    /// Any JSON value, which changes as a whole.
    Any,
    /// Any JSON value whose objects change field by field (`x-kubernetes-preserve-unknown-fields`).
    Open,
    /// A list.
    Array(Element<'a>),
    /// An object with arbitrary keys.
    Map(Element<'a>),
    /// A struct.
    Struct(Definition<'a>),
    /// A schema in a `CustomResourceDefinition`, or what may stand in its place.
    SchemaOr(Definition<'a>, Alternative),
}

/// The type of the items of a list or of the values of a map.
#[derive(Clone, Copy)]
pub struct Element<'a>(Item<'a>);

#[derive(Clone, Copy)]
enum Item<'a> {
    Row(&'static Tables, u16),
    Structural(Node<'a>),
    /// Any value, as [`Type::Open`].
    Open,
}

impl<'a> Definition<'a> {
    /// The schema, if the kind came at run time.
    pub(crate) fn structural(self) -> Option<Node<'a>> {
        match self.0 {
            Source::Row(..) => None,
            Source::Structural(node) => Some(node),
        }
    }

    /// The tables that it is in, and its place in the order of their names.
    pub(crate) fn row(self) -> Option<(&'static Tables, u16)> {
        match self.0 {
            Source::Row(tables, number) => Some((tables, number)),
            Source::Structural(_) => None,
        }
    }

    /// Name as in `OpenAPI` documents; empty for what came at run time.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().map(|(tables, number)| tables.text(tables.row(number).0)).unwrap_or_default()
    }

    /// Name of the Go type, without its package, such as `PodSpec`.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        self.name().rsplit('.').next().unwrap_or_default()
    }

    /// Whether server-side apply owns a value of this type as a whole.
    #[must_use]
    pub fn is_atomic(self) -> bool {
        match self.0 {
            Source::Row(tables, number) => tables.row(number).2,
            Source::Structural(node) => node.schema.is_atomic_map(),
        }
    }

    /// The fields, in the order of their names.
    pub fn fields(self) -> impl Iterator<Item = Field<'a>> {
        let rows = self.row().map(|(tables, number)| (tables, tables.fields_of(number)));
        let rows = rows.into_iter().flat_map(|(tables, rows)| rows.iter().map(|row| Field::from_row(tables, *row)));
        rows.chain(self.structural().into_iter().flat_map(Node::fields))
    }

    /// The field of that name.
    #[must_use]
    pub fn field(self, name: &str) -> Option<Field<'a>> {
        match self.0 {
            Source::Row(tables, number) => {
                let rows = tables.fields_of(number);
                let index = rows.binary_search_by(|row| tables.text(row.0).cmp(name)).ok()?;
                rows.get(index).map(|row| Field::from_row(tables, *row))
            }
            Source::Structural(node) => node.field(name),
        }
    }
}

impl PartialEq for Definition<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (Source::Row(tables, number), Source::Row(others, other)) => ptr::eq(tables, others) && number == other,
            (Source::Structural(node), Source::Structural(other)) => ptr::eq(node.schema, other.schema),
            _ => false,
        }
    }
}

impl Eq for Definition<'_> {}

impl fmt::Debug for Definition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'a> Field<'a> {
    fn from_row(tables: &'static Tables, (name, ty, presence, order, merge): FieldRow) -> Self {
        let (name, ty, merge) = (tables.text(name), tables.ty(ty), tables.merge(merge));
        Self { name, ty, presence, order, merge, default: None }
    }

    /// The struct that the field always holds, also where nothing was said.
    #[must_use]
    pub fn constant_struct(&self) -> Option<Definition<'a>> {
        match self.ty {
            Type::Struct(definition) if self.presence != Presence::Set => Some(definition),
            _ => None,
        }
    }
}

impl<'a> Element<'a> {
    /// Any value, as [`Type::Open`].
    pub(crate) const OPEN: Self = Self(Item::Open);

    pub(super) fn row(tables: &'static Tables, number: u16) -> Self {
        Self(Item::Row(tables, number))
    }

    pub(super) fn structural(node: Node<'a>) -> Self {
        Self(Item::Structural(node))
    }

    /// The type itself.
    #[must_use]
    pub fn ty(self) -> Type<'a> {
        match self.0 {
            Item::Row(tables, number) => tables.ty(number),
            Item::Structural(node) => node.ty(),
            Item::Open => Type::Open,
        }
    }

    /// How a list or map merges that is an element itself.
    pub(crate) fn merge(self) -> Merge<'a> {
        match self.0 {
            Item::Structural(node) => node.merge(),
            Item::Row(..) | Item::Open => Merge::default(),
        }
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (Item::Row(tables, number), Item::Row(others, other)) => ptr::eq(tables, others) && number == other,
            (Item::Structural(node), Item::Structural(other)) => ptr::eq(node.schema, other.schema),
            (Item::Open, Item::Open) => true,
            _ => false,
        }
    }
}

impl Eq for Element<'_> {}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ty().fmt(f)
    }
}
