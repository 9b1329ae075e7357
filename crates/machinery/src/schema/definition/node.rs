//! A structural schema, seen as types and fields (`k8s.io/kube-openapi/pkg/schemaconv` for what server-side apply sees).

use super::{Definition, Element, Field, Merge, Node, Presence, Source, Type};
use crate::schema::structural::Structural;
use std::iter;

/// Every object says what it is.
const TYPE_META: [&str; 2] = ["apiVersion", "kind"];

impl<'a> Node<'a> {
    fn of(self, schema: &'a Structural) -> Self {
        Self { schema, ..self }
    }

    /// The type of the values.
    pub(super) fn ty(self) -> Type<'a> {
        let schema = self.schema;
        match schema.type_name() {
            _ if schema.is_int_or_string() => Type::IntOrString,
            "string" => Type::String,
            "integer" => Type::Int64,
            "number" => Type::Number,
            "boolean" => Type::Bool,
            "array" => Type::Array(schema.items().map_or(Element::OPEN, |items| Element::structural(self.of(items)))),
            "object" if schema.is_resource() || schema.has_properties() => {
                Type::Struct(Definition(Source::Structural(self)))
            }
            "object" => match schema.values() {
                Some(values) => Type::Map(Element::structural(self.of(values))),
                None if schema.preserves_unknown_fields() => Type::Open,
                None => Type::Struct(Definition(Source::Structural(self))),
            },
            _ if schema.preserves_unknown_fields() => Type::Open,
            _ => Type::Any,
        }
    }

    /// How the values merge.
    pub(super) fn merge(self) -> Merge<'a> {
        Merge { list: self.schema.list(), ..Merge::default() }
    }

    pub(super) fn fields(self) -> impl Iterator<Item = Field<'a>> {
        let names = self.schema.properties().map(|(name, _)| name);
        let of_all: &[&str] = if self.schema.is_resource() { &["apiVersion", "kind", "metadata"] } else { &[] };
        let names = iter::empty().chain(names.filter(|name| !of_all.contains(name))).chain(of_all.iter().copied());
        names.filter_map(move |name| self.field_named(name))
    }

    /// The field of that name, also one that no property is called after where such are kept.
    pub(super) fn field(self, name: &str) -> Option<Field<'a>> {
        self.field_named(name).or_else(|| {
            let any = Field { ty: Type::Open, ..plain("", Type::Open) };
            self.schema.preserves_unknown_fields().then_some(any)
        })
    }

    fn field_named(self, name: &str) -> Option<Field<'a>> {
        if self.schema.is_resource() {
            if let Some(name) = TYPE_META.into_iter().find(|known| *known == name) {
                return Some(plain(name, Type::String));
            }
            if name == "metadata" {
                return self.tables.object_meta().map(|metadata| plain("metadata", Type::Struct(metadata)));
            }
        }
        let (name, schema) = self.schema.property(name)?;
        let node = self.of(schema);
        let field = Field { merge: node.merge(), default: schema.default_value(), ..plain(name, node.ty()) };
        Some(field)
    }
}

/// A field that is written if it was set.
fn plain<'a>(name: &'a str, ty: Type<'a>) -> Field<'a> {
    Field { name, ty, presence: Presence::Set, order: 0, merge: Merge::default(), default: None }
}
