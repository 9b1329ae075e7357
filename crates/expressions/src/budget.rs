//! What expressions may cost (k8s.io/apiserver, pkg/apis/cel/config.go) and the meter of one evaluation.

use crate::{error::EvalError, library::RecentPatterns};

/// What one evaluation may cost: about a tenth of a second (`PerCallLimit`).
pub const PER_CALL_LIMIT: u64 = 1_000_000;
/// What all evaluations for one object may cost together (`RuntimeCELCostBudget`).
pub const RUNTIME_BUDGET: u64 = 10_000_000;
/// The same for match conditions (`RuntimeCELCostBudgetMatchConditions`).
pub const MATCH_CONDITIONS_BUDGET: u64 = 2_500_000;
/// How many bytes the values may take that one evaluation makes, all together. Upstream has no such limit: cost alone does
/// not bound what `replace` and `+` make.
const MEMORY_LIMIT: usize = 64 * 1024 * 1024;
/// How many values one evaluation may look at where cost is not reckoned by value (equality of what is nested, patterns
/// that are compiled).
const WORK_LIMIT: u64 = 10_000_000;
/// The same for evaluations that share a budget, for each unit of it.
const WORK_FACTOR: u64 = WORK_LIMIT / PER_CALL_LIMIT;

/// What is left for all the evaluations that share it.
#[derive(Clone, Debug)]
pub struct Budget {
    left: u64,
    work: u64,
}

impl Budget {
    /// A budget of so many units of cost.
    #[must_use]
    pub fn new(cost: u64) -> Self {
        Self { left: cost, work: cost.saturating_mul(WORK_FACTOR) }
    }

    /// What is left of it.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }

    pub(crate) fn settle(&mut self, spent: Spent) -> Result<(), EvalError> {
        let enough = spent.cost <= self.left && spent.work <= self.work;
        self.left = self.left.saturating_sub(spent.cost);
        self.work = self.work.saturating_sub(spent.work);
        if enough { Ok(()) } else { Err(EvalError::BudgetExhausted) }
    }
}

/// What evaluations have cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    cost: u64,
    work: u64,
}

impl Spent {
    #[cfg(test)]
    pub fn work(self) -> u64 {
        self.work
    }

    pub fn and(self, other: Self) -> Self {
        Self { cost: self.cost.saturating_add(other.cost), work: self.work.saturating_add(other.work) }
    }
}

/// Counts what one evaluation costs, and stops it when it is too much.
#[derive(Debug)]
pub(crate) struct Meter {
    spent: u64,
    memory: usize,
    work: u64,
    /// What has been paid for and may be of use again.
    pub patterns: RecentPatterns,
}

impl Meter {
    pub fn new() -> Self {
        Self { spent: 0, memory: MEMORY_LIMIT, work: WORK_LIMIT, patterns: RecentPatterns::default() }
    }

    pub fn spent(&self) -> Spent {
        Spent { cost: self.spent, work: WORK_LIMIT - self.work }
    }

    pub fn spend(&mut self, cost: u64) -> Result<(), EvalError> {
        self.spent = self.spent.saturating_add(cost);
        if self.spent > PER_CALL_LIMIT { Err(EvalError::CostLimit) } else { Ok(()) }
    }

    pub fn refund(&mut self, cost: u64) {
        self.spent = self.spent.saturating_sub(cost);
    }

    /// Before so many bytes are taken.
    pub fn allocate(&mut self, bytes: usize) -> Result<(), EvalError> {
        self.memory = self.memory.checked_sub(bytes).ok_or(EvalError::MemoryLimit)?;
        Ok(())
    }

    /// Before so many values are looked at.
    pub fn work(&mut self, values: usize) -> Result<(), EvalError> {
        self.work = self.work.checked_sub(values as u64).ok_or(EvalError::CostLimit)?;
        Ok(())
    }
}
