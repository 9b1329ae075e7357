//! What can go wrong: with an expression before it runs, and while it does.

use crate::source::{Issue, display};
use machinery::re2;
use thiserror::Error;

/// An expression is not one, or not one of this environment. Shown as cel-go shows it: each complaint with its place in
/// the text.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{text}")]
pub struct CompileError {
    text: String,
}

impl CompileError {
    pub(crate) fn new(source: &str, issues: &[Issue]) -> Self {
        Self { text: display(source, issues) }
    }
}

/// An expression has no value.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EvalError {
    #[error("no such key: {0}")]
    NoSuchKey(String),
    #[error("index out of bounds: {0}")]
    IndexOutOfBounds(String),
    #[error("no such attribute(s): {0}")]
    NoSuchAttribute(String),
    #[error("no such overload{0}")]
    NoSuchOverload(String),
    #[error("{0} overflow")]
    Overflow(&'static str),
    #[error("division by zero")]
    DivisionByZero,
    #[error("modulus by zero")]
    ModulusByZero,
    #[error("{0}")]
    Invalid(String),
    /// This one evaluation costs too much (`PerCallLimit`).
    #[error("operation cancelled: actual cost limit exceeded")]
    CostLimit,
    /// What has been evaluated with one budget costs too much together.
    #[error("validation failed due to running out of cost budget, no further validation rules will be run")]
    BudgetExhausted,
    /// The expression makes values that are too large to be kept.
    #[error("operation cancelled: memory limit exceeded")]
    MemoryLimit,
}

impl From<re2::Error> for EvalError {
    fn from(error: re2::Error) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl EvalError {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    pub(crate) fn no_overload() -> Self {
        Self::NoSuchOverload(String::new())
    }

    /// Whether nothing may go on after it: `||` and `&&` do not outvote it.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::CostLimit | Self::BudgetExhausted | Self::MemoryLimit)
    }
}
