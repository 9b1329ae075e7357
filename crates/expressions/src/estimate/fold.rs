//! Comprehensions: what one turn costs, as often as the range is long.

use super::{Bound, Entries, Estimator, Path, Range};
use crate::{
    syntax::{ACCUMULATOR, Expression, Fold, Literal, NodeId},
    types::Type,
};
use std::sync::Arc;

impl<'s> Estimator<'_, 's> {
    pub(super) fn fold(&mut self, id: NodeId, fold: &Fold) -> Range {
        let range = self.cost(fold.range);
        let initial = self.cost(fold.initial);
        let bound = Bound {
            name: fold.accumulator.clone(),
            path: if *fold.accumulator == *ACCUMULATOR { Path::None } else { self.path(fold.initial) },
            size: self.size(fold.initial),
            entries: self.entries(fold.initial),
        };
        self.bound.push(bound);
        let sum = range.plus(initial);
        let sum = if self.is_binding(fold) { sum.plus(self.binding(id, fold)) } else { sum.plus(self.turns(id, fold)) };
        self.bound.pop();
        sum
    }

    /// Whether the fold is over nothing: a name for a value.
    fn is_binding(&self, fold: &Fold) -> bool {
        let tree = &self.checked.tree;
        matches!(tree.expression(fold.range), Expression::List(elements) if elements.is_empty())
            && matches!(tree.expression(fold.condition), Expression::Literal(Literal::Bool(false)))
    }

    fn binding(&mut self, id: NodeId, fold: &Fold) -> Range {
        let cost = self.cost(fold.result);
        self.copy_sizes(id, fold.result);
        cost
    }

    fn turns(&mut self, id: NodeId, fold: &Fold) -> Range {
        let accumulated = self.bound.len();
        self.bind(fold);
        let turn = self.cost(fold.condition).plus(self.cost(fold.step));
        self.bound.truncate(accumulated);
        let result = self.cost(fold.result);
        let count = self.size_or_unknown(fold.range);
        self.fold_size(id, fold, count);
        result.plus(count.multiply(turn))
    }

    fn bind(&mut self, fold: &Fold) {
        let entries = self.entries(fold.range);
        let is_list = entries
            .map_or_else(|| matches!(self.checked.type_of(fold.range), Type::List(_)), |entries| entries.is_list);
        let keys = self.below(fold.range, if is_list { Path::index } else { Path::keys });
        let elements = self.below(fold.range, Path::elements);
        match &fold.second {
            Some(second) => {
                self.push(&fold.variable, keys, entries.map(|entries| entries.key));
                self.push(second, elements, entries.map(|entries| entries.value));
            }
            None if is_list => self.push(&fold.variable, elements, entries.map(|entries| entries.value)),
            None => self.push(&fold.variable, keys, entries.map(|entries| entries.key)),
        }
    }

    fn push(&mut self, name: &Arc<str>, path: Path<'s>, size: Option<Range>) {
        self.bound.push(Bound { name: name.clone(), path, size, entries: None });
    }

    /// A list or a map that is gathered is as long as the range at most.
    fn fold_size(&mut self, id: NodeId, fold: &Fold, count: Range) {
        match self.checked.tree.expression(fold.initial) {
            Expression::Literal(_) => {
                if let Some(size) = self.size(fold.initial) {
                    self.sizes.insert(id, size);
                }
            }
            Expression::List(_) | Expression::Map(_) => {
                self.sizes.insert(id, count);
                if let Some(entries) = self.entries(fold.step) {
                    self.entries.insert(id, Entries { ..entries });
                }
            }
            _ => {}
        }
    }
}
