//! Sizes of nodes: of literals what they are, of variables what their schemas allow, of calls what was reckoned.

use super::{Entries, Estimator, Path, Range};
use crate::{
    syntax::{Expression, Literal, NodeId},
    types::Type,
};

impl<'s> Estimator<'_, 's> {
    pub(super) fn path(&self, id: NodeId) -> Path<'s> {
        if let Expression::Identifier(name) = self.checked.tree.expression(id)
            && let Some(bound) = self.find(name)
        {
            return bound.path.clone();
        }
        self.paths.get(&id).cloned().unwrap_or_default()
    }

    /// The path to what is in a node's value. Within what comes from nowhere the path begins anew.
    pub(super) fn below(&self, id: NodeId, step: fn(&Path<'s>) -> Path<'s>) -> Path<'s> {
        match self.path(id) {
            Path::None => self.root(),
            path => step(&path),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<&super::Bound<'s>> {
        self.bound.iter().rev().find(|bound| *bound.name == *name)
    }

    pub(super) fn size_or_unknown(&mut self, id: NodeId) -> Range {
        self.size(id).unwrap_or(Range::UNKNOWN)
    }

    pub(super) fn size(&mut self, id: NodeId) -> Option<Range> {
        if let Some(size) = self.sizes.get(&id) {
            return Some(*size);
        }
        if let Some(size) = written_size(self.checked.tree.expression(id)) {
            return Some(Range::exactly(size));
        }
        if let Some(size) = self.path(id).size() {
            self.sizes.insert(id, size);
            return Some(size);
        }
        if is_scalar(self.checked.type_of(id)) {
            return Some(Range::exactly(1));
        }
        match self.checked.tree.expression(id) {
            Expression::Identifier(name) => self.find(name)?.size,
            _ => None,
        }
    }

    pub(super) fn entries(&self, id: NodeId) -> Option<Entries> {
        if let Some(entries) = self.entries.get(&id) {
            return Some(*entries);
        }
        match self.checked.tree.expression(id) {
            Expression::Identifier(name) => self.find(name)?.entries,
            _ => None,
        }
    }

    /// Gives a node the sizes of another one.
    pub(super) fn copy_sizes(&mut self, to: NodeId, from: NodeId) {
        if let Some(size) = self.size(from) {
            self.sizes.insert(to, size);
        }
        if let Some(entries) = self.entries(from) {
            self.entries.insert(to, entries);
        }
    }
}

/// The size of what is written out.
fn written_size(expression: &Expression) -> Option<u64> {
    let size = match expression {
        Expression::Literal(Literal::String(text)) => text.chars().count(),
        Expression::Literal(Literal::Bytes(bytes)) => bytes.len(),
        Expression::Literal(_) => 1,
        Expression::List(elements) => elements.len(),
        Expression::Map(entries) => entries.len(),
        _ => return None,
    };
    Some(size as u64)
}

fn is_scalar(of: &Type<'_>) -> bool {
    match of {
        Type::Bool | Type::Double | Type::Duration | Type::Int | Type::Timestamp | Type::Uint => true,
        Type::Optional(inner) => is_scalar(inner),
        _ => false,
    }
}
