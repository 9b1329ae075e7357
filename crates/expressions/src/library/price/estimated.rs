//! What a call may cost, from the sizes that its arguments may have.

use super::{
    FORMAT_PATTERN, LIST_COST, NewList, Price, REGEX_FACTOR, REQUIREMENT_COST, REQUIREMENTS_FACTOR, STRING_FACTOR, Size,
};
use crate::estimate::Range;

/// A call, as far as is known before it happens. Sizes are those of the arguments, the one that it is called on first.
pub(crate) struct Callee<'e> {
    pub sizes: &'e [Range],
    /// The size of an element of the first argument, if it is a list of strings or bytes.
    pub element: Option<Range>,
    /// The size of an element of the first argument, of whatever type.
    pub any_element: Option<Range>,
    /// Whether the first argument is known to be a list.
    pub is_list: bool,
    /// Whether both arguments are of the same type of a library.
    pub opaque: Option<&'static str>,
    /// Arguments that are integers in the text.
    pub integers: &'e [Option<i64>],
}

/// Addresses have four or sixteen bytes.
const ADDRESS: Range = Range { min: 4, max: 16 };
const ONE: Range = Range { min: 1, max: 1 };

impl Callee<'_> {
    fn size(&self, index: usize) -> Range {
        self.sizes.get(index).copied().unwrap_or(Range::UNKNOWN)
    }

    fn integer(&self, index: usize, otherwise: u64) -> u64 {
        match self.integers.get(index) {
            Some(Some(value)) => u64::try_from(*value).unwrap_or(0),
            _ => otherwise,
        }
    }
}

impl Price {
    /// The range of the call's cost, without its arguments, and of the size of its result.
    pub fn estimate(self, callee: &Callee<'_>) -> (Range, Option<Range>) {
        let (first, second) = (callee.size(0), callee.size(1));
        match self {
            Self::Unit | Self::Nothing => (ONE, None),
            Self::Fixed(cost) => (Range::exactly(cost), None),
            Self::Scan { argument, result } => {
                let size = callee.size(argument);
                (size.times(STRING_FACTOR), result.of(size, callee))
            }
            Self::Copy { result } => (first.times(2.0 * STRING_FACTOR), result.of(first, callee)),
            Self::Compare => (compare(callee), None),
            Self::Concat => {
                let size = first.plus(second);
                (size.times(STRING_FACTOR), Some(size))
            }
            Self::ConcatLists => (ONE, Some(first.plus(second))),
            Self::Membership => (second.times(1.0), None),
            Self::Contains => (first.times(STRING_FACTOR).multiply(second.times(STRING_FACTOR)), None),
            Self::Match => (matching(first, second), None),
            Self::Find => (matching(first, second), Some(Range { min: 0, max: first.max })),
            Self::Includes if !callee.is_list => (first, None),
            Self::Traverse | Self::Includes => (traverse(callee), None),
            Self::Pairs(count) => (first.multiply(second).times(count.into()).plus(ONE), None),
            Self::Join => join(callee),
            Self::Selector => (selector(second), None),
            Self::ContainsIp { text } => (prefix(text, second), None),
            Self::ContainsCidr { text } => (prefix(text, second).plus(ADDRESS.times(STRING_FACTOR)).plus(ONE), None),
            #[expect(clippy::cast_precision_loss, reason = "a small constant")]
            Self::Validate => (second.times(STRING_FACTOR).times(FORMAT_PATTERN as f64 * REGEX_FACTOR), None),
            Self::NewList(kind) => new_list(kind.size(callee), 1.0),
            Self::SelfCompare { argument, strings } => {
                let size = callee.size(argument);
                let factor = if strings { 2.0 + STRING_FACTOR } else { 2.0 };
                new_list(size.multiply(size), factor)
            }
            #[expect(clippy::cast_precision_loss, reason = "as upstream reckons")]
            Self::Flatten => {
                let depth = if callee.sizes.len() > 1 { callee.integer(1, u64::MAX) } else { 1 };
                new_list(first, depth as f64)
            }
        }
    }
}

impl NewList {
    fn size(self, callee: &Callee<'_>) -> Range {
        match self {
            Self::Slice => {
                let start = callee.integer(1, 0);
                Range::exactly(callee.integer(2, callee.size(0).max).wrapping_sub(start))
            }
            Self::Range => Range::exactly(callee.integer(0, u64::MAX)),
            Self::Reverse => callee.size(0),
        }
    }
}

impl Size {
    fn of(self, size: Range, callee: &Callee<'_>) -> Option<Range> {
        Some(match self {
            Self::Unknown => return None,
            Self::Same => size,
            Self::Encoded => Range { min: size.min, max: size.max.wrapping_mul(4) },
            Self::Decoded => Range { min: size.min / 4, max: size.max },
            Self::Quoted => Range { min: size.min.wrapping_add(2), max: size.max.wrapping_mul(2).wrapping_add(2) },
            Self::Replaced => replaced(size, callee.size(1), callee.size(2)),
            Self::Split => Range { min: 0, max: callee.integers.get(2).map_or(size.max, |_| split(size, callee)) },
        })
    }
}

fn split(size: Range, callee: &Callee<'_>) -> u64 {
    #[expect(clippy::cast_sign_loss, reason = "as upstream: without limit is the largest")]
    callee.integers.get(2).copied().flatten().map_or(size.max, |limit| limit as u64)
}

/// From the most to the fewest replacements that could be made.
fn replaced(size: Range, old: Range, new: Range) -> Range {
    let mut count = Range { min: 0, max: 0 };
    let mut kept = Range { min: 0, max: 0 };
    if old.min == 0 {
        (count.max, kept.max) = (size.max.saturating_add(1), size.max);
    } else if new.max <= old.min {
        kept.max = size.max;
    } else {
        count.max = divide_up(size.max, old.min);
    }
    if old.max == 0 {
        (count.min, kept.min) = (size.min.saturating_add(1), size.min);
    } else if old.max <= new.min {
        kept.min = size.min;
    } else {
        count.min = divide_up(size.min, old.max);
    }
    count.multiply(new).plus(kept)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as upstream reckons"
)]
fn divide_up(a: u64, b: u64) -> u64 {
    (a as f64 / b as f64).ceil() as u64
}

fn compare(callee: &Callee<'_>) -> Range {
    if let Some(opaque) = callee.opaque {
        return match opaque {
            "kubernetes.NamedFormat" => Range { min: 1, max: 64 }.times(STRING_FACTOR),
            "kubernetes.URL" => Range { min: 1, max: callee.size(1).max.max(1) }.times(STRING_FACTOR),
            _ => ONE,
        };
    }
    let max = callee.size(0).max.min(callee.size(1).max);
    Range { min: u64::from(max > 0), max }.times(STRING_FACTOR)
}

fn matching(text: Range, pattern: Range) -> Range {
    text.plus(ONE).times(STRING_FACTOR).multiply(pattern.times(REGEX_FACTOR))
}

fn traverse(callee: &Callee<'_>) -> Range {
    let size = callee.size(0);
    if !callee.is_list {
        return size.times(STRING_FACTOR);
    }
    let strings = callee.element.map_or(Range::exactly(0), |element| element.times(STRING_FACTOR));
    size.multiply(ONE.plus(strings))
}

fn join(callee: &Callee<'_>) -> (Range, Option<Range>) {
    let list = callee.size(0);
    let mut size = callee.any_element.map_or(Range::exactly(0), |element| list.multiply(element));
    if callee.sizes.len() > 1 {
        let separators = Range { min: list.min.saturating_sub(1), max: list.max.saturating_sub(1) };
        size = size.plus(callee.size(1).multiply(separators));
    }
    (size.times(STRING_FACTOR), Some(size))
}

fn selector(length: Range) -> Range {
    let requirements = length.times(REQUIREMENTS_FACTOR).times(REQUIREMENT_COST);
    Range::exactly(LIST_COST).plus(length.times(STRING_FACTOR)).plus(requirements)
}

fn prefix(text: bool, size: Range) -> Range {
    let compared = ADDRESS.plus(ADDRESS).times(STRING_FACTOR);
    if text { compared.plus(size.times(STRING_FACTOR)) } else { compared }
}

fn new_list(size: Range, factor: f64) -> (Range, Option<Range>) {
    (size.times(factor).plus(Range::exactly(1 + LIST_COST)), Some(size))
}
