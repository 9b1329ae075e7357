//! What a call has cost, from the values that it was called with and the one that came out.

use super::{
    FORMAT_PATTERN, LIST_COST, NewList, Price, REGEX_FACTOR, REQUIREMENT_COST, REQUIREMENTS_FACTOR, STRING_FACTOR,
    times,
};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Opaque, Value},
};

/// What is remembered of arguments until the result is there: most functions take them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sizes {
    first: u64,
    second: u64,
    traversal: u64,
    /// Whether the elements that are compared are strings or bytes.
    strings: bool,
    depth: f64,
    pattern: u64,
}

impl Price {
    /// What will matter of the arguments.
    pub fn sizes(self, arguments: &[Value<'_>], meter: &mut Meter) -> Result<Sizes, EvalError> {
        let size = |index: usize| arguments.get(index).map_or(1, Value::size);
        let mut sizes = Sizes::default();
        match self {
            Self::Unit | Self::Fixed(_) | Self::Nothing | Self::ConcatLists | Self::NewList(_) | Self::Join => {}
            Self::Scan { argument, .. } => sizes.first = size(argument),
            Self::Compare => compared(arguments, &mut sizes),
            Self::Traverse | Self::Includes => {
                sizes.traversal = arguments.first().map_or(Ok(0), |value| traversal(value, meter))?;
            }
            Self::SelfCompare { argument, .. } => {
                sizes.first = size(argument);
                sizes.strings = matches!(arguments.get(argument), Some(Value::List(list))
                    if matches!(list.get(0), Some(Ok(Value::String(_) | Value::Bytes(_)))));
            }
            Self::Flatten => {
                sizes.first = size(0);
                sizes.depth = depth(arguments.get(1));
            }
            Self::Validate => {
                sizes.second = size(1);
                sizes.pattern = pattern(arguments.first());
            }
            _ => (sizes.first, sizes.second) = (size(0), size(1)),
        }
        Ok(sizes)
    }

    /// What the call has cost.
    pub fn actual(self, sizes: Sizes, result: &Value<'_>) -> u64 {
        let Sizes { first, second, traversal, strings, depth, pattern } = sizes;
        match self {
            Self::Unit | Self::ConcatLists => 1,
            Self::Fixed(cost) => cost,
            Self::Nothing => 0,
            Self::Scan { .. } => times(first, STRING_FACTOR),
            Self::Copy { .. } => times(first, 2.0 * STRING_FACTOR),
            Self::Compare => times(first.min(second), STRING_FACTOR),
            Self::Concat => times(first + second, STRING_FACTOR),
            Self::Membership => second,
            Self::Contains => times(first, STRING_FACTOR) * times(second, STRING_FACTOR),
            Self::Match | Self::Find => times(first + 1, STRING_FACTOR) * times(second, REGEX_FACTOR),
            Self::Traverse | Self::Includes => traversal,
            Self::Pairs(times) => first.saturating_mul(second).saturating_mul(times.into()).saturating_add(1),
            Self::Join => times(result.size(), 2.0 * STRING_FACTOR),
            Self::Selector => selector(first.max(second)),
            Self::ContainsIp { text } => times(2 * first, STRING_FACTOR) + parsed(text, second),
            Self::ContainsCidr { text } => {
                times(2 * first, STRING_FACTOR) + times(first, STRING_FACTOR) + 1 + parsed(text, second)
            }
            Self::Validate => times(second + 1, STRING_FACTOR) * times(pattern, REGEX_FACTOR),
            Self::NewList(NewList::Slice | NewList::Range | NewList::Reverse) => new_list(result.size(), 1.0),
            Self::SelfCompare { .. } => {
                new_list(first.saturating_mul(first), if strings { 2.0 + STRING_FACTOR } else { 2.0 })
            }
            Self::Flatten => new_list(first, depth),
        }
    }
}

/// Values of libraries are compared at the cost of one unit, whatever their size.
fn compared(arguments: &[Value<'_>], sizes: &mut Sizes) {
    if let [a, b, ..] = arguments {
        let opaque = matches!(a, Value::Opaque(_));
        (sizes.first, sizes.second) = if opaque { (1, 1) } else { (a.size(), b.size()) };
    }
}

fn parsed(text: bool, size: u64) -> u64 {
    if text { times(size, STRING_FACTOR) } else { 0 }
}

fn selector(length: u64) -> u64 {
    LIST_COST + times(length, STRING_FACTOR) + times(times(length, REQUIREMENTS_FACTOR), REQUIREMENT_COST)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as upstream reckons"
)]
fn new_list(size: u64, factor: f64) -> u64 {
    let factor = if factor < 0.0 { 1.0 } else { factor };
    ((size as f64 * factor) as u64).saturating_add(1 + LIST_COST)
}

#[expect(clippy::cast_precision_loss, reason = "a depth")]
fn depth(argument: Option<&Value<'_>>) -> f64 {
    match argument {
        Some(Value::Int(depth)) => *depth as f64,
        _ => 1.0,
    }
}

fn pattern(format: Option<&Value<'_>>) -> u64 {
    match format {
        Some(Value::Opaque(Opaque::Format(format))) => format.pattern_size,
        _ => FORMAT_PATTERN,
    }
}

/// The cost of looking at everything below a value.
fn traversal(value: &Value<'_>, meter: &mut Meter) -> Result<u64, EvalError> {
    meter.work(1)?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded down"
    )]
    let scan = |length: usize| (length as f64 * STRING_FACTOR) as u64;
    Ok(match value {
        Value::String(text) => scan(text.len()),
        Value::Bytes(bytes) => scan(bytes.len()),
        Value::List(list) => {
            let mut sum = 0u64;
            for item in list.iter() {
                sum = sum.saturating_add(traversal(&item?, meter)?);
            }
            sum
        }
        Value::Map(map) => {
            let mut sum = 0u64;
            for (key, value) in map.entries()? {
                sum = sum.saturating_add(traversal(&key, meter)?).saturating_add(traversal(&value, meter)?);
            }
            sum
        }
        _ => 1,
    })
}
