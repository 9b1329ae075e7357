//! The steps that a program is made of. Costs that do not depend on values stand in them; they follow cel-go, where a chain
//! of a name and its fields is one attribute, which costs one unit and one for each field (interpreter/runtimecost.go).

use crate::{
    library::{Function, Price},
    value::{Key, Value},
};
use regex::Regex;
use std::{collections::BTreeSet, sync::Arc};

#[derive(Debug)]
pub(crate) enum Step {
    Constant(Value<'static>),
    Variable {
        name: Arc<str>,
        cost: u8,
    },
    /// A name that a comprehension binds, by its place among all that are bound.
    Local {
        place: usize,
        cost: u8,
    },
    /// The accumulator, where the step after this one replaces it: it is taken, so that it grows in place.
    Take {
        place: usize,
        cost: u8,
    },
    /// A field of the composed variable: an expression of its own.
    Composed {
        name: Arc<str>,
        cost: u8,
    },
    /// `base` is the cost of an operand that is no attribute becoming one.
    Select {
        operand: Box<Step>,
        field: Arc<str>,
        optional: bool,
        base: u8,
    },
    Index {
        operand: Box<Step>,
        index: Box<Step>,
        optional: bool,
        base: u8,
    },
    Has {
        operand: Box<Step>,
        field: Arc<str>,
        cost: u8,
    },
    And(Box<[Step; 2]>),
    Or(Box<[Step; 2]>),
    Conditional(Box<[Step; 3]>),
    NotStrictlyFalse(Box<Step>),
    /// An optional value or another one (`or`), its content or something else (`orValue`).
    OptionalOr {
        operands: Box<[Step; 2]>,
        unwrap: bool,
    },
    Call {
        function: Arc<str>,
        /// Tried in order, as long as the arguments are of types that are not theirs.
        calls: Box<[Function]>,
        price: Price,
        arguments: Box<[Step]>,
    },
    /// A call with a pattern that is known.
    Match {
        matching: Matching,
        pattern: Regex,
        arguments: Box<[Step]>,
    },
    /// Whether a value is one of some constants. Costs nothing.
    Member {
        item: Box<Step>,
        of: BTreeSet<Key<'static>>,
    },
    List(Box<[Member]>),
    Map(Box<[(Step, Member)]>),
    Object {
        name: Arc<str>,
        fields: Box<[(Arc<str>, Member)]>,
    },
    Fold(Box<FoldStep>),
}

/// An element, a value or a field that is left out if it is an optional one that is not there.
#[derive(Debug)]
pub(crate) struct Member {
    pub value: Step,
    pub optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matching {
    Matches,
    Find,
    FindAll,
}

#[derive(Debug)]
pub(crate) struct FoldStep {
    pub range: Step,
    /// Whether key and value are bound, or the element (the key of a map) alone.
    pub both: bool,
    pub initial: Step,
    pub condition: Step,
    pub step: Step,
    pub result: Step,
}

impl Step {
    /// Whether it is part of what cel-go evaluates as one attribute.
    pub fn is_attribute(&self) -> bool {
        matches!(
            self,
            Self::Variable { .. }
                | Self::Local { .. }
                | Self::Take { .. }
                | Self::Composed { .. }
                | Self::Select { .. }
                | Self::Index { .. }
                | Self::Has { .. }
                | Self::Conditional(_)
        )
    }

    /// As a branch of a conditional, which costs for its fields only.
    pub fn uncharged(mut self) -> Self {
        self.uncharge();
        self
    }

    fn uncharge(&mut self) {
        match self {
            Self::Variable { cost, .. }
            | Self::Local { cost, .. }
            | Self::Take { cost, .. }
            | Self::Composed { cost, .. } => {
                *cost -= 1;
            }
            Self::Select { operand, base, .. } | Self::Index { operand, base, .. } => {
                if operand.is_attribute() {
                    operand.uncharge();
                } else {
                    *base = 0;
                }
            }
            _ => {}
        }
    }
}
