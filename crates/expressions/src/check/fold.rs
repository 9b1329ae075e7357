//! Comprehensions.

use super::Checker;
use crate::{
    syntax::{Fold, NodeId},
    types::Type,
};

impl<'s> Checker<'_, 's> {
    pub(super) fn fold(&mut self, fold: &Fold) -> Type<'s> {
        self.check(fold.range);
        let accumulated = self.checked(fold.initial);
        let range = self.type_of(fold.range);
        let range = self.known.apply(&range, false);
        let (first, second) = self.bound_types(fold, &range);
        self.scopes.push((fold.accumulator.clone(), accumulated.clone()));
        let outer = self.scopes.len();
        self.scopes.push((fold.variable.clone(), first));
        if let Some(name) = &fold.second {
            self.scopes.push((name.clone(), second));
        }
        self.expect(fold.condition, &Type::Bool);
        self.expect(fold.step, &accumulated);
        self.scopes.truncate(outer);
        let result = self.checked(fold.result);
        self.scopes.pop();
        self.known.apply(&result, false)
    }

    /// The types of the variables over a range.
    fn bound_types(&mut self, fold: &Fold, range: &Type<'s>) -> (Type<'s>, Type<'s>) {
        match range {
            Type::List(element) if fold.second.is_some() => (Type::Int, (**element).clone()),
            Type::List(element) => ((**element).clone(), Type::Dyn),
            Type::Map(pair) => (pair.0.clone(), pair.1.clone()),
            Type::Dyn | Type::Error | Type::Parameter(_) => {
                self.known.assign(&Type::Dyn, range);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let message = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                self.report(fold.range, message);
                (Type::Error, Type::Error)
            }
        }
    }

    fn expect(&mut self, id: NodeId, expected: &Type<'s>) {
        let found = self.checked(id);
        if !self.known.assign(expected, &found) {
            let (expected, found) = (self.known.apply(expected, false), self.known.apply(&found, false));
            self.mismatch(id, &expected, &found);
        }
    }
}
