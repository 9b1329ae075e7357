//! From a checked tree to steps.

use super::{FoldStep, Matching, Member, Step, constant};
use crate::{
    check::{Checked, Reference},
    error::EvalError,
    library::{Function, Price},
    syntax::{Expression, Fold, NodeId, operators},
    value::{Text, Value},
};
use machinery::re2;
use std::sync::Arc;

/// How many steps a program may have: macros that use an argument twice make more of them than there is text.
const STEP_LIMIT: usize = 100_000;

type Planned<T = Step> = Result<T, EvalError>;

/// Makes a program's steps; also how many names are bound at once.
pub(crate) fn plan(checked: &Checked<'_>) -> Planned<(Step, usize)> {
    let mut planner = Planner { checked, bound: Vec::new(), most: 0, steps: 0 };
    let step = planner.step(checked.root)?;
    Ok((step, planner.most))
}

struct Planner<'c, 's> {
    checked: &'c Checked<'s>,
    /// The names that are bound, each at its place.
    bound: Vec<Arc<str>>,
    most: usize,
    steps: usize,
}

impl Planner<'_, '_> {
    fn step(&mut self, id: NodeId) -> Planned {
        self.steps += 1;
        if self.steps > STEP_LIMIT {
            return Err(EvalError::invalid("expression is too large once its macros are expanded"));
        }
        let checked = self.checked;
        match checked.tree.expression(id) {
            Expression::Literal(literal) => Ok(Step::Constant(constant::literal(literal))),
            Expression::Identifier(name) => Ok(self.name(id, name)),
            Expression::Select { operand, field, test } => self.select(*operand, field, *test),
            Expression::Call { function, target, arguments } => {
                let arguments: Vec<NodeId> = target.iter().chain(arguments).copied().collect();
                self.call(id, function, &arguments)
            }
            Expression::List(elements) => {
                let elements = elements.iter().map(|element| self.member(element.value, element.optional));
                Ok(constant::list(elements.collect::<Planned<Vec<_>>>()?))
            }
            Expression::Map(entries) => {
                let entries =
                    entries.iter().map(|entry| Ok((self.step(entry.key)?, self.member(entry.value, entry.optional)?)));
                Ok(constant::map(entries.collect::<Planned<Vec<_>>>()?))
            }
            Expression::Struct { name, fields } => {
                let fields =
                    fields.iter().map(|field| Ok((field.name.clone(), self.member(field.value, field.optional)?)));
                let plain = name.strip_prefix('.').unwrap_or(name);
                Ok(Step::Object { name: plain.into(), fields: fields.collect::<Planned<Vec<_>>>()?.into() })
            }
            Expression::Fold(fold) => self.fold(fold),
        }
    }

    fn boxed(&mut self, id: NodeId) -> Planned<Box<Step>> {
        self.step(id).map(Box::new)
    }

    fn member(&mut self, id: NodeId, optional: bool) -> Planned<Member> {
        Ok(Member { value: self.step(id)?, optional })
    }

    fn name(&self, id: NodeId, name: &Arc<str>) -> Step {
        if let Reference::Type(of) = &self.checked.references[id.index()] {
            return Step::Constant(Value::Type(Text::Shared(of.clone())));
        }
        match self.bound.iter().rposition(|bound| bound == name) {
            Some(place) => Step::Local { place, cost: 1 },
            None => Step::Variable { name: name.clone(), cost: 1 },
        }
    }

    fn select(&mut self, operand: NodeId, field: &Arc<str>, test: bool) -> Planned {
        let composed = matches!(self.checked.tree.expression(operand), Expression::Identifier(name)
            if self.checked.composed.as_ref() == Some(name) && !self.bound.contains(name));
        if composed {
            // The checker knows all fields that there are: they are set.
            let is_set = Step::Constant(Value::Bool(true));
            return Ok(if test { is_set } else { Step::Composed { name: field.clone(), cost: 2 } });
        }
        let operand = self.boxed(operand)?;
        let base = u8::from(!operand.is_attribute());
        Ok(if test {
            Step::Has { operand, field: field.clone(), cost: base }
        } else {
            Step::Select { operand, field: field.clone(), optional: false, base }
        })
    }

    fn call(&mut self, id: NodeId, function: &Arc<str>, arguments: &[NodeId]) -> Planned {
        match (&**function, arguments) {
            (operators::AND, [a, b]) => Ok(Step::And(Box::new([self.step(*a)?, self.step(*b)?]))),
            (operators::OR, [a, b]) => Ok(Step::Or(Box::new([self.step(*a)?, self.step(*b)?]))),
            (operators::CONDITIONAL, [condition, truthy, falsy]) => {
                let truthy = self.step(*truthy)?.uncharged();
                let falsy = self.step(*falsy)?.uncharged();
                Ok(Step::Conditional(Box::new([self.step(*condition)?, truthy, falsy])))
            }
            (operators::NOT_STRICTLY_FALSE, [value]) => Ok(Step::NotStrictlyFalse(self.boxed(*value)?)),
            (operators::INDEX, [operand, index]) => self.index(*operand, *index, false),
            (operators::OPTIONAL_INDEX, [operand, index]) => self.index(*operand, *index, true),
            (operators::OPTIONAL_SELECT, [operand, field]) => self.optional_select(*operand, *field),
            ("or", [a, b]) => self.optional_or(*a, *b, false),
            ("orValue", [a, b]) => self.optional_or(*a, *b, true),
            _ => self.function(id, function, arguments),
        }
    }

    fn index(&mut self, operand: NodeId, index: NodeId, optional: bool) -> Planned {
        let operand = self.boxed(operand)?;
        // An attribute by which another one is indexed costs for its fields only.
        let index = Box::new(self.step(index)?.uncharged());
        let base = u8::from(!operand.is_attribute());
        Ok(Step::Index { operand, index, optional, base })
    }

    fn optional_select(&mut self, operand: NodeId, field: NodeId) -> Planned {
        let operand = self.boxed(operand)?;
        let base = u8::from(!operand.is_attribute());
        let Step::Constant(Value::String(field)) = self.step(field)? else { return Err(EvalError::no_overload()) };
        Ok(Step::Select { operand, field: Arc::from(&*field), optional: true, base })
    }

    fn optional_or(&mut self, a: NodeId, b: NodeId, unwrap: bool) -> Planned {
        Ok(Step::OptionalOr { operands: Box::new([self.step(a)?, self.step(b)?]), unwrap })
    }

    fn function(&mut self, id: NodeId, function: &Arc<str>, arguments: &[NodeId]) -> Planned {
        let arguments = arguments.iter().map(|&id| self.step(id)).collect::<Planned<Vec<_>>>()?;
        let overloads = self.checked.overloads(id);
        let prices: Vec<Price> = overloads.iter().map(|overload| overload.price).collect();
        let mut calls: Vec<Function> = Vec::with_capacity(1);
        for overload in overloads {
            if !calls.iter().any(|call| std::ptr::fn_addr_eq(*call, overload.call)) {
                calls.push(overload.call);
            }
        }
        if let Some(converted) = constant::conversion(function, &calls, &arguments)? {
            return Ok(converted);
        }
        if **function == *operators::IN && prices.len() == 1 && prices[0] == Price::Membership {
            return Ok(membership(function, calls, prices[0], arguments));
        }
        if let Some(matching) = matching(function, &arguments)? {
            return Ok(Step::Match { matching: matching.0, pattern: matching.1, arguments: arguments.into() });
        }
        Ok(call(function, calls, Price::of_any(&prices), arguments))
    }

    fn fold(&mut self, fold: &Fold) -> Planned {
        let range = self.step(fold.range)?;
        let initial = self.step(fold.initial)?;
        let place = self.bound.len();
        self.bound.push(fold.accumulator.clone());
        self.bound.push(fold.variable.clone());
        self.bound.extend(fold.second.clone());
        self.most = self.most.max(self.bound.len());
        let condition = self.step(fold.condition)?;
        let step = taking(self.step(fold.step)?, place);
        self.bound.truncate(place + 1);
        let result = self.step(fold.result)?;
        self.bound.truncate(place);
        let both = fold.second.is_some();
        Ok(Step::Fold(Box::new(FoldStep { range, both, initial, condition, step, result })))
    }
}

fn call(function: &Arc<str>, calls: Vec<Function>, price: Price, arguments: Vec<Step>) -> Step {
    Step::Call { function: function.clone(), calls: calls.into(), price, arguments: arguments.into() }
}

/// `x in [constants]`.
fn membership(function: &Arc<str>, calls: Vec<Function>, price: Price, mut arguments: Vec<Step>) -> Step {
    match arguments.get(1).and_then(constant::members) {
        Some(members) if members.is_empty() => Step::Constant(Value::Bool(false)),
        Some(of) => Step::Member { item: Box::new(arguments.swap_remove(0)), of },
        None => call(function, calls, price, arguments),
    }
}

/// The pattern of a call that has a constant one.
fn matching(function: &str, arguments: &[Step]) -> Planned<Option<(Matching, regex::Regex)>> {
    let matching = match function {
        "matches" => Matching::Matches,
        "find" => Matching::Find,
        "findAll" => Matching::FindAll,
        _ => return Ok(None),
    };
    let Some(Step::Constant(Value::String(pattern))) = arguments.get(1) else { return Ok(None) };
    Ok(Some((matching, re2::compile(pattern)?.regex)))
}

/// Where a step makes a new accumulator of the old one, the old one is taken.
fn taking(step: Step, place: usize) -> Step {
    let take = |step: Step| match step {
        Step::Local { place: of, cost } if of == place => Step::Take { place, cost },
        other => other,
    };
    match step {
        Step::Call { function, calls, price, arguments } if grows(&function) => {
            let mut arguments = Vec::from(arguments);
            let first = take(arguments.remove(0));
            arguments.insert(0, first);
            Step::Call { function, calls, price, arguments: arguments.into() }
        }
        Step::Conditional(branches) => {
            let [condition, truthy, falsy] = *branches;
            Step::Conditional(Box::new([condition, taking(truthy, place), take(falsy)]))
        }
        other => other,
    }
}

/// Only the steps of macros begin with the accumulator, and name it nowhere else.
fn grows(function: &str) -> bool {
    function == operators::ADD || function.ends_with("@mapInsert")
}
