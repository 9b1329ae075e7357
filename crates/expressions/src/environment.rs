//! What an expression may speak of: variables with their types, and the functions of a version of Kubernetes.

use crate::{
    library::{Overload, overloads},
    schema::{Schema, Shape},
    types::{Members, Object, Type},
};
use std::collections::BTreeMap;

/// The 37 of Kubernetes 1.37.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KubernetesVersion(pub u16);

impl KubernetesVersion {
    /// For expressions that are stored already: everything that there is.
    pub const STORED: Self = Self(37);
    /// For new expressions: what the version before knew too, so that it could be gone back to
    /// (`DefaultCompatibilityVersion`).
    pub const NEW: Self = Self(36);
}

/// What some expressions have beside what all have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// `Object{...}`, `JSONPatch{...}` and `jsonpatch.escapeKey` of mutating admission policies.
    JsonPatch,
}

/// An expression's surroundings.
#[derive(Clone)]
pub struct Environment<'s> {
    version: KubernetesVersion,
    extensions: Vec<Extension>,
    variables: BTreeMap<String, Type<'s>>,
    /// The schema of the variable that has one: it bounds what expressions can cost.
    shape: Option<Shape<'s>>,
    composed: Option<String>,
}

/// Types that expressions can name.
const TYPE_NAMES: &[(&str, Type<'static>)] = &[
    ("bool", Type::Bool),
    ("bytes", Type::Bytes),
    ("double", Type::Double),
    ("google.protobuf.Duration", Type::Duration),
    ("google.protobuf.Timestamp", Type::Timestamp),
    ("int", Type::Int),
    ("null_type", Type::Null),
    ("string", Type::String),
    ("uint", Type::Uint),
    ("net.IP", Type::Opaque("net.IP")),
    ("net.CIDR", Type::Opaque("net.CIDR")),
];

impl<'s> Environment<'s> {
    /// One without variables.
    #[must_use]
    pub fn new(version: KubernetesVersion) -> Self {
        Self { version, extensions: Vec::new(), variables: BTreeMap::new(), shape: None, composed: None }
    }

    /// With an extension.
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// With a variable.
    #[must_use]
    pub fn variable(mut self, name: &str, of: Type<'s>) -> Self {
        self.variables.insert(name.to_owned(), of);
        self
    }

    /// With a variable that a schema describes; `type_name` is that of its object type. `None` if the schema says nothing
    /// that a type could be made of.
    #[must_use]
    pub fn typed(self, name: &str, schema: &'s dyn Schema, type_name: &str) -> Option<Self> {
        self.shaped(name, Shape::new(schema), type_name, |of| of)
    }

    /// The same for a whole resource: it has `apiVersion`, `kind` and `metadata` in any case.
    #[must_use]
    pub fn resource(self, name: &str, schema: &'s dyn Schema, type_name: &str) -> Option<Self> {
        self.shaped(name, Shape::of_resource(schema), type_name, |of| of)
    }

    /// The same for a value that may not be there.
    #[must_use]
    pub fn optional(self, name: &str, schema: &'s dyn Schema, type_name: &str) -> Option<Self> {
        self.shaped(name, Shape::new(schema), type_name, Type::optional)
    }

    fn shaped(
        mut self,
        name: &str,
        shape: Option<Shape<'s>>,
        type_name: &str,
        wrap: fn(Type<'s>) -> Type<'s>,
    ) -> Option<Self> {
        let shape = shape?;
        self.shape = self.shape.or(Some(shape));
        Some(self.variable(name, wrap(Type::of_shape(shape, type_name))))
    }

    pub(crate) fn shape(&self) -> Option<Shape<'s>> {
        self.shape
    }

    /// With an authorizer, as `authorizer` (and as `authorizer.requestResource`, a check of the request's own resource).
    #[must_use]
    pub fn authorizer(self) -> Self {
        self.variable("authorizer", Type::Opaque("kubernetes.authorization.Authorizer"))
            .variable("authorizer.requestResource", Type::Opaque("kubernetes.authorization.ResourceCheck"))
    }

    /// With a variable whose fields are expressions of their own, each evaluated when it is asked for.
    #[must_use]
    pub fn composed(mut self, name: &str, fields: BTreeMap<String, Type<'s>>) -> Self {
        self.composed = Some(name.to_owned());
        self.variable(name, Type::object(&format!("kubernetes.{name}"), fields))
    }

    pub(crate) fn composed_name(&self) -> Option<&str> {
        self.composed.as_deref()
    }

    /// The type of a variable, or of a type's name.
    pub(crate) fn lookup(&self, name: &str) -> Option<Type<'s>> {
        self.variables.get(name).cloned().or_else(|| self.named_type(name).map(Type::of_type))
    }

    pub(crate) fn is_variable(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// The type that a name stands for.
    pub(crate) fn named_type(&self, name: &str) -> Option<Type<'s>> {
        match name {
            "list" => return Some(Type::list(Type::Dyn)),
            "map" => return Some(Type::map(Type::Dyn, Type::Dyn)),
            "type" => return Some(Type::of_type(Type::Error)),
            "optional_type" => return Some(Type::optional(Type::Dyn)),
            _ => {}
        }
        let simple = TYPE_NAMES.iter().find(|(simple, _)| *simple == name).map(|(_, of)| of.clone());
        simple.or_else(|| self.mutation_type(name))
    }

    fn mutation_type(&self, name: &str) -> Option<Type<'s>> {
        if !self.extensions.contains(&Extension::JsonPatch) {
            return None;
        }
        if name == "JSONPatch" {
            let field = |name: &str, of| (name.to_owned(), of);
            return Some(Type::object(
                name,
                BTreeMap::from([
                    field("op", Type::String),
                    field("path", Type::String),
                    field("from", Type::String),
                    field("value", Type::Dyn),
                ]),
            ));
        }
        let of_object = name == "Object" || name.starts_with("Object.");
        of_object.then(|| Type::Object(Object { name: name.into(), members: Members::Any }))
    }

    pub(crate) fn overloads(&self, function: &str) -> Option<Vec<&'static Overload>> {
        overloads(function, self.version, &self.extensions)
    }
}
