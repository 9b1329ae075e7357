//! `resource.Quantity`: numbers with a suffix, such as `100m`, `1.5Gi` and `2e3`
//! (`k8s.io/apimachinery/pkg/api/resource/quantity.go`).

mod parse;

use std::{cmp::Ordering, fmt, ops};

pub use parse::ParseError;

/// An amount, exact to a billionth, at most 2⁶³-1, that remembers how it was written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quantity {
    /// Billionths.
    nano: i128,
    format: Format,
}

/// Which family of suffixes a quantity is written with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// `n`, `u`, `m`, none, `k`, `M`, `G`, `T`, `P`, `E`: powers of 1000.
    #[default]
    DecimalSi,
    /// `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`: powers of 1024.
    BinarySi,
    /// `e3`: powers of ten.
    DecimalExponent,
}

const NANO: i128 = 1_000_000_000;
const MAX: i128 = i64::MAX as i128 * NANO;

impl Quantity {
    /// An integer, written in a format.
    #[must_use]
    pub fn new(value: i64, format: Format) -> Self {
        Self { nano: i128::from(value) * NANO, format }
    }

    /// Thousandths, as CPUs are counted in.
    #[must_use]
    pub fn from_milli(value: i64) -> Self {
        Self { nano: i128::from(value) * (NANO / 1000), format: Format::DecimalSi }
    }

    /// The integer next to the value, away from zero.
    #[must_use]
    pub fn value(self) -> i64 {
        saturate(round_up(self.nano, NANO))
    }

    /// The thousandths next to the value, away from zero.
    #[must_use]
    pub fn milli_value(self) -> i64 {
        saturate(round_up(self.nano, NANO / 1000))
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.nano == 0
    }

    /// Whether it is less than zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.nano < 0
    }

    /// Whether it is a whole number.
    #[must_use]
    pub fn is_integer(self) -> bool {
        self.nano % NANO == 0
    }

    fn within_bounds(nano: i128, format: Format) -> Self {
        Self { nano: nano.clamp(-MAX, MAX), format }
    }
}

/// Sums take the format of the left side, unless it is zero.
impl ops::Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self::within_bounds(self.nano + other.nano, format)
    }
}

impl ops::Sub for Quantity {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl ops::Neg for Quantity {
    type Output = Self;

    fn neg(self) -> Self {
        Self { nano: -self.nano, ..self }
    }
}

impl ops::AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl ops::SubAssign for Quantity {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::default(), ops::Add::add)
    }
}

/// Amounts are compared, not the way they are written.
impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

/// The canonical form: no fraction, the largest suffix that loses nothing.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nano == 0 {
            return f.write_str("0");
        }
        let binary = self.format == Format::BinarySi && self.is_integer() && self.nano.abs() >= 1024 * NANO;
        if binary {
            let (number, power) = largest_power(self.nano / NANO, 1024);
            let suffix = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].get(power).unwrap_or(&"");
            return write!(f, "{number}{suffix}");
        }
        let (number, power) = largest_power(self.nano, 1000);
        if self.format == Format::DecimalExponent {
            return match power {
                3 => write!(f, "{number}"),
                _ => write!(f, "{number}e{}", i32::try_from(power).unwrap_or(0) * 3 - 9),
            };
        }
        let suffix = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].get(power).unwrap_or(&"");
        write!(f, "{number}{suffix}")
    }
}

/// Divides by the base as often as it leaves no rest; a number that is not zero.
fn largest_power(mut number: i128, base: i128) -> (i128, usize) {
    let mut power = 0;
    while number % base == 0 {
        number /= base;
        power += 1;
    }
    (number, power)
}

/// Divides and rounds away from zero.
fn round_up(number: i128, divisor: i128) -> i128 {
    let quotient = number / divisor;
    if number % divisor == 0 { quotient } else { quotient + number.signum() }
}

fn saturate(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests;
