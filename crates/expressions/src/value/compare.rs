//! Which value is less. Numbers compare across their types.

use super::{Value, number::to_int};
use crate::error::EvalError;
use std::cmp::Ordering;

/// # Errors
/// The values have no order, or none between them.
pub fn compare(a: &Value<'_>, b: &Value<'_>) -> Result<Ordering, EvalError> {
    match numbers(a, b) {
        Numbers::Ordered(ordering) => return Ok(ordering),
        Numbers::Unordered => return Err(EvalError::invalid("NaN values cannot be ordered")),
        Numbers::Neither => {}
    }
    match (a, b) {
        (Value::String(a), Value::String(b)) => Ok(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Ok(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Ok(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Ok(a.cmp(b)),
        _ => Err(EvalError::no_overload()),
    }
}

/// How two values compare as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    Ordered(Ordering),
    /// One of them is NaN.
    Unordered,
    /// They are not both numbers.
    Neither,
}

impl From<Option<Ordering>> for Numbers {
    fn from(ordering: Option<Ordering>) -> Self {
        ordering.map_or(Self::Unordered, Self::Ordered)
    }
}

pub fn numbers(a: &Value<'_>, b: &Value<'_>) -> Numbers {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Numbers::Ordered(a.cmp(b)),
        (Value::Uint(a), Value::Uint(b)) => Numbers::Ordered(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b).into(),
        (Value::Int(a), Value::Uint(b)) => Numbers::Ordered(i128::from(*a).cmp(&i128::from(*b))),
        (Value::Uint(a), Value::Int(b)) => Numbers::Ordered(i128::from(*a).cmp(&i128::from(*b))),
        (Value::Int(a), Value::Double(b)) => integer(i128::from(*a), *b).into(),
        (Value::Uint(a), Value::Double(b)) => integer(i128::from(*a), *b).into(),
        (Value::Double(a), Value::Int(b)) => integer(i128::from(*b), *a).map(Ordering::reverse).into(),
        (Value::Double(a), Value::Uint(b)) => integer(i128::from(*b), *a).map(Ordering::reverse).into(),
        _ => Numbers::Neither,
    }
}

/// Between an integer and a double: exactly where the double is in the range of integers.
#[expect(clippy::cast_precision_loss, reason = "beyond the range of integers the order is clear")]
fn integer(a: i128, b: f64) -> Option<Ordering> {
    match to_int(b) {
        Some(whole) if a != i128::from(whole) => Some(a.cmp(&i128::from(whole))),
        Some(whole) => (whole as f64).partial_cmp(&b),
        None => (a as f64).partial_cmp(&b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_across_types() {
        for (a, b, expected) in [
            (Value::Int(1), Value::Double(1.5), Ordering::Less),
            (Value::Uint(u64::MAX), Value::Int(-1), Ordering::Greater),
            (Value::Double(-0.5), Value::Uint(0), Ordering::Less),
            (Value::Double(3.0), Value::Int(3), Ordering::Equal),
            (Value::Int(i64::MAX), Value::Double(1e300), Ordering::Less),
        ] {
            assert_eq!(compare(&a, &b), Ok(expected), "{a:?} {b:?}");
            assert_eq!(compare(&b, &a), Ok(expected.reverse()));
        }
        assert!(compare(&Value::Double(f64::NAN), &Value::Int(1)).is_err());
        assert!(compare(&Value::Int(1), &Value::from("1")).is_err());
    }
}
