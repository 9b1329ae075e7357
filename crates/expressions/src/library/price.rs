//! What calls cost: at run time from the sizes of what they are called with, beforehand from the sizes that those may have
//! (cel-go, interpreter/runtimecost.go and checker/cost.go; k8s.io/apiserver, pkg/cel/library/cost.go).
//!
//! Each way of reckoning stands here once, with both computations side by side.

mod actual;
mod estimated;

pub(crate) use estimated::Callee;

/// How a call's cost is reckoned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Price {
    /// One unit.
    Unit,
    /// Always the same: an authorization check.
    Fixed(u64),
    /// Nothing beside what the arguments cost (`&&`, `||`, `?:`).
    Nothing,
    /// One traversal of the string that is this argument.
    Scan {
        argument: usize,
        result: Size,
    },
    /// Two traversals: read and written.
    Copy {
        result: Size,
    },
    /// The smaller of two sizes: comparisons and equality.
    Compare,
    /// Both strings, copied.
    Concat,
    /// Lists are put together without being copied.
    ConcatLists,
    /// Every element of the list that is the second argument.
    Membership,
    /// String times substring.
    Contains,
    /// String times pattern.
    Match,
    /// The same, and each match is part of the result.
    Find,
    /// Everything below the first argument.
    Traverse,
    /// The same, where the first argument need not be a list.
    Includes,
    /// Two lists, each element of the one with each of the other, so many times.
    Pairs(u8),
    /// The string that is joined.
    Join,
    /// Reading a selector.
    Selector,
    /// Comparing addresses by prefix; the second argument may be a string that is read first.
    ContainsIp {
        text: bool,
    },
    ContainsCidr {
        text: bool,
    },
    /// A string against a format's pattern.
    Validate,
    /// A new list as long as the result.
    NewList(NewList),
    /// A list compared with itself: sorted by this argument, or made distinct. The estimate reckons with strings if the
    /// overload is for them.
    SelfCompare {
        argument: usize,
        strings: bool,
    },
    /// A list flattened.
    Flatten,
}

/// How large the result of a call may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Size {
    Unknown,
    /// As large as the argument.
    Same,
    /// Every character up to four bytes, and back.
    Encoded,
    Decoded,
    /// Every character escaped, in quotes.
    Quoted,
    Replaced,
    Split,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NewList {
    Slice,
    Range,
    Reverse,
}

impl Price {
    /// The price where it shows at run time only which of several overloads is called: cel-go looks most prices up by
    /// overload and then finds none; Kubernetes looks its own up by function.
    pub fn of_any(prices: &[Price]) -> Price {
        let first = prices.first().copied().unwrap_or(Self::Unit);
        let by_function = matches!(
            first,
            Self::Traverse | Self::Includes | Self::Fixed(_) | Self::ContainsIp { .. } | Self::ContainsCidr { .. }
        );
        if prices.len() == 1 || by_function { first } else { Self::Unit }
    }
}

pub(crate) const STRING_FACTOR: f64 = 0.1;
pub(crate) const REGEX_FACTOR: f64 = 0.25;
pub(crate) const LIST_COST: u64 = 10;
pub(crate) const MAP_COST: u64 = 30;
pub(crate) const STRUCT_COST: u64 = 40;
/// Characters of a selector for each requirement, at least; what a requirement costs.
const REQUIREMENTS_FACTOR: f64 = 0.5;
const REQUIREMENT_COST: f64 = 50.0;
/// The longest pattern of a named format that is allowed for (`MaxNameFormatRegexSize`).
const FORMAT_PATTERN: u64 = 128;

/// A size times a factor, rounded up.
pub(crate) fn times(size: u64, factor: f64) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let product = (size as f64 * factor).ceil() as u64;
    product
}
