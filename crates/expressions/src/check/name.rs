//! Names and fields.

use super::{Checker, Reference};
use crate::{
    syntax::{Expression, NodeId},
    types::Type,
};

impl<'s> Checker<'_, 's> {
    pub(super) fn identifier(&mut self, id: NodeId, name: &str) -> Type<'s> {
        match self.resolve(id, name) {
            Some(of) => of,
            None => self.undeclared(id, name),
        }
    }

    /// The type of a name, noting what it refers to.
    fn resolve(&mut self, id: NodeId, name: &str) -> Option<Type<'s>> {
        if let Some((_, of)) = self.scopes.iter().rev().find(|(bound, _)| **bound == *name) {
            self.references[id.index()] = Reference::Variable;
            return Some(of.clone());
        }
        let plain = name.strip_prefix('.').unwrap_or(name);
        let of = self.environment.lookup(plain)?;
        self.references[id.index()] =
            if self.environment.is_variable(plain) { Reference::Variable } else { Reference::Type(plain.into()) };
        self.tree.replace(id, Expression::Identifier(plain.into()));
        Some(of)
    }

    pub(super) fn select(&mut self, id: NodeId, operand: NodeId, field: &str, test: bool) -> Type<'s> {
        if !test
            && let Some(name) = self.tree.qualified_name(id)
            && !self.is_bound(&name)
            && let Some(of) = self.resolve(id, &name)
        {
            return of;
        }
        let of = self.field(id, operand, field, false);
        if test { Type::Bool } else { self.known.apply(&of, false) }
    }

    /// Whether the first part of a name is bound by a comprehension: then the rest are fields.
    fn is_bound(&self, name: &str) -> bool {
        let first = name.split('.').next().unwrap_or(name);
        self.scopes.iter().any(|(bound, _)| **bound == *first)
    }

    /// The type of a field of an operand, optional if the operand is.
    pub(super) fn field(&mut self, id: NodeId, operand: NodeId, field: &str, optional: bool) -> Type<'s> {
        let of = self.checked(operand);
        let (target, was_optional) = self.known.apply(&of, false).unwrap_optional();
        let of = match &target {
            Type::Map(pair) => pair.1.clone(),
            Type::Object(object) => object.field(field).unwrap_or_else(|| {
                self.report(id, format!("undefined field '{field}'"));
                Type::Error
            }),
            Type::Opaque(name) if name.starts_with("kubernetes.") => {
                self.report(id, format!("undefined field '{field}'"));
                Type::Error
            }
            Type::Parameter(_) => {
                self.known.assign(&Type::Dyn, &target);
                Type::Dyn
            }
            other => {
                if !other.is_dyn_or_error() {
                    self.report(id, format!("type '{other}' does not support field selection"));
                }
                Type::Dyn
            }
        };
        if was_optional || optional { Type::optional(of) } else { of }
    }
}
