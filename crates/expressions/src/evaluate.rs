//! The evaluator: walks a program's steps. Errors are values to `&&`, `||` and comprehensions made of them: what another
//! operand decides, they do not spoil.

mod access;
mod call;
mod fold;
mod make;

use crate::{
    activation::Activation,
    budget::{Meter, Spent},
    error::EvalError,
    program::{Program, Step},
    value::{Evaluated, Key, Value},
};
use std::collections::BTreeSet;

/// Evaluates a program; the result and what it has cost.
pub(crate) fn evaluate<'p, 'a: 'p>(program: &'p Program, activation: &Activation<'a>) -> (Evaluated<'p>, Spent) {
    let locals = Vec::with_capacity(program.locals);
    let mut frame = Frame { activation, meter: Meter::new(), locals, composed: Spent::default() };
    let result = frame.evaluate(program.step());
    let spent = frame.meter.spent().and(frame.composed);
    (result, spent)
}

/// One evaluation.
struct Frame<'f, 'p, 'a> {
    activation: &'f Activation<'a>,
    meter: Meter,
    locals: Vec<Local<'p>>,
    /// What the fields of the composed variable have cost.
    composed: Spent,
}

/// What a bound name stands for.
enum Local<'p> {
    /// Evaluated when it is asked for.
    Later(&'p Step),
    Now(Evaluated<'p>),
}

impl<'p, 'a: 'p> Frame<'_, 'p, 'a> {
    fn evaluate(&mut self, step: &'p Step) -> Evaluated<'p> {
        match step {
            Step::Constant(value) => Ok(value.clone()),
            Step::Variable { name, cost } => self.variable(name, *cost),
            Step::Local { place, cost } => self.local(*place, *cost),
            Step::Take { place, cost } => self.take(*place, *cost),
            Step::Composed { name, cost } => self.composed(name, *cost),
            Step::Select { operand, field, optional, base } => self.select(operand, field, *optional, *base),
            Step::Index { operand, index, optional, base } => self.index([operand, index], *optional, *base),
            Step::Has { operand, field, cost } => self.has(operand, field, *cost),
            Step::And(operands) => self.logic(operands, false),
            Step::Or(operands) => self.logic(operands, true),
            Step::Conditional(branches) => self.conditional(branches),
            Step::NotStrictlyFalse(value) => self.not_strictly_false(value),
            Step::OptionalOr { operands, unwrap } => self.optional_or(operands, *unwrap),
            Step::Call { function, calls, price, arguments } => self.call(function, calls, *price, arguments),
            Step::Match { matching, pattern, arguments } => self.matching(*matching, pattern, arguments),
            Step::Member { item, of } => self.member(item, of),
            Step::List(elements) => self.list(elements),
            Step::Map(entries) => self.map(entries),
            Step::Object { name, fields } => self.object(name, fields),
            Step::Fold(fold) => self.fold(fold),
        }
    }

    /// `&&` is decided by false, `||` by true, whatever the other operand is.
    fn logic(&mut self, operands: &'p [Step; 2], deciding: bool) -> Evaluated<'p> {
        let mut failed = None;
        for operand in operands {
            match self.evaluate(operand) {
                Ok(Value::Bool(value)) if value == deciding => return Ok(Value::Bool(deciding)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => failed = failed.or_else(|| Some(EvalError::no_overload())),
                Err(error) if error.is_fatal() => return Err(error),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(Value::Bool(!deciding)), Err)
    }

    fn conditional(&mut self, branches: &'p [Step; 3]) -> Evaluated<'p> {
        let [condition, truthy, falsy] = branches;
        match self.evaluate(condition)? {
            Value::Bool(true) => self.evaluate(truthy),
            Value::Bool(false) => self.evaluate(falsy),
            _ => Err(EvalError::no_overload()),
        }
    }

    fn not_strictly_false(&mut self, value: &'p Step) -> Evaluated<'p> {
        let value = self.evaluate(value);
        self.meter.spend(1)?;
        match value {
            Err(error) if error.is_fatal() => Err(error),
            Ok(Value::Bool(false)) => Ok(Value::Bool(false)),
            _ => Ok(Value::Bool(true)),
        }
    }

    fn optional_or(&mut self, operands: &'p [Step; 2], unwrap: bool) -> Evaluated<'p> {
        let [optional, otherwise] = operands;
        match self.evaluate(optional)? {
            Value::Optional(Some(inner)) if unwrap => Ok((*inner).clone()),
            some @ Value::Optional(Some(_)) => Ok(some),
            Value::Optional(None) => self.evaluate(otherwise),
            _ => Err(EvalError::no_overload()),
        }
    }

    fn member(&mut self, item: &'p Step, of: &BTreeSet<Key<'static>>) -> Evaluated<'p> {
        let item = self.evaluate(item)?;
        Ok(Value::Bool(Key::of(&item).is_some_and(|key| of.contains(&key))))
    }
}
