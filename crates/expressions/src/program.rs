//! An expression that can be evaluated again and again: a tree of steps, in which everything is decided that does not
//! depend on values.

mod constant;
mod plan;
mod planner;

use crate::{
    activation::Activation,
    budget::Budget,
    check::{self, Checked, Reference},
    environment::Environment,
    error::{CompileError, EvalError},
    estimate::{self, Range},
    evaluate,
    source::Issue,
    syntax::{Expression, parse},
    types::Type,
    value::Value,
};
pub(crate) use plan::{FoldStep, Matching, Member, Step};
pub(crate) use planner::plan;

/// An expression that fits its environment.
pub struct Compiled<'s> {
    text: String,
    checked: Checked<'s>,
}

/// An expression ready to run. It holds nothing of the environment it was compiled in.
#[derive(Debug)]
pub struct Program {
    step: Step,
    /// How many names are bound at once at most.
    pub(crate) locals: usize,
}

/// Reads an expression and checks it against its environment.
///
/// # Errors
/// What is wrong with it, as cel-go says it.
pub fn compile<'s>(text: &str, environment: &Environment<'s>) -> Result<Compiled<'s>, CompileError> {
    let refuse = |issues: Vec<Issue>| CompileError::new(text, &issues);
    let (tree, root) = parse(text).map_err(refuse)?;
    let checked = check::check(tree, root, environment).map_err(refuse)?;
    Ok(Compiled { text: text.to_owned(), checked })
}

impl<'s> Compiled<'s> {
    /// The type of what it evaluates to.
    #[must_use]
    pub fn result(&self) -> &Type<'s> {
        self.checked.type_of(self.checked.root)
    }

    /// Whether it speaks of a variable.
    #[must_use]
    pub fn mentions(&self, variable: &str) -> bool {
        self.checked.tree.below(self.checked.root).into_iter().any(|id| {
            matches!(self.checked.references[id.index()], Reference::Variable)
                && matches!(self.checked.tree.expression(id), Expression::Identifier(name) if **name == *variable)
        })
    }

    /// The least and the most that it can cost, as far as the schemas of its variables bound them.
    #[must_use]
    pub fn estimate(&self) -> Range {
        estimate::estimate(&self.checked)
    }

    /// Makes it ready to run.
    ///
    /// # Errors
    /// A constant in it is none, such as `int('x')`.
    pub fn program(&self) -> Result<Program, EvalError> {
        let (step, locals) = plan(&self.checked)?;
        Ok(Program { step, locals })
    }

    /// The text that it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Program {
    /// Evaluates it. What that costs comes off the budget.
    ///
    /// # Errors
    /// It has no value, or costs too much.
    pub fn evaluate<'p, 'a: 'p>(
        &'p self,
        activation: &Activation<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'p>, EvalError> {
        let (result, spent) = evaluate::evaluate(self, activation);
        budget.settle(spent)?;
        result
    }

    pub(crate) fn step(&self) -> &Step {
        &self.step
    }
}
