//! Reading quantities.

use super::{Format, MAX, Quantity, round_up};
use std::str::FromStr;

/// Why a text is no quantity, in Kubernetes' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Format,
    #[error("unable to parse numeric part of quantity")]
    Numeric,
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

impl FromStr for Quantity {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ParseError::Format);
        }
        let (sign, unsigned) = match text.strip_prefix(['+', '-']) {
            Some(unsigned) => (if text.starts_with('-') { -1 } else { 1 }, unsigned),
            None => (1, text),
        };
        let (whole, rest) = split_digits(unsigned);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => split_digits(rest),
            None => ("", rest),
        };
        check_characters(suffix)?;
        let (base, exponent, format) = read_suffix(suffix).ok_or(ParseError::Suffix)?;
        if whole.is_empty() && fraction.is_empty() {
            return Err(ParseError::Numeric);
        }
        Ok(Self { nano: sign * magnitude(whole, fraction, base, exponent), format })
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len()))
}

fn check_characters(suffix: &str) -> Result<(), ParseError> {
    let rest = suffix.trim_start_matches(|character| "eEinumkKMGTP".contains(character));
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    if rest.bytes().all(|byte| byte.is_ascii_digit()) { Ok(()) } else { Err(ParseError::Format) }
}

/// Base, exponent, format.
fn read_suffix(suffix: &str) -> Option<(i128, i32, Format)> {
    let binary = |power: i32| Some((2, power * 10, Format::BinarySi));
    let decimal = |exponent: i32| Some((10, exponent, Format::DecimalSi));
    match suffix {
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            Some((10, exponent.parse().ok()?, Format::DecimalExponent))
        }
    }
}

/// Billionths, rounded up, at most `MAX`.
fn magnitude(whole: &str, fraction: &str, base: i128, exponent: i32) -> i128 {
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return 0;
    }
    let decimals = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let (decimal_shift, factor) =
        if base == 10 { (i64::from(exponent) - decimals + 9, 1) } else { (9 - decimals, 1_i128 << exponent) };
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if length.saturating_add(decimal_shift) > 29 {
        return MAX;
    }
    // What lies so far behind the point cannot be told from the smallest amount above the kept digits.
    let kept = digits.len().min(20);
    let dropped = digits.bytes().skip(kept).any(|digit| digit != b'0');
    let shift = decimal_shift + (length - i64::try_from(kept).unwrap_or(0));
    let Ok(number) = digits.get(..kept).unwrap_or_default().parse::<i128>() else { return MAX };
    let sticky = i128::from(dropped);
    if let Some(scale) = power_of_ten(shift) {
        return number
            .checked_mul(scale)
            .and_then(|nano| nano.checked_mul(factor))
            .map_or(MAX, |nano| nano + sticky)
            .min(MAX);
    }
    let Some(number) = number.checked_mul(factor) else { return MAX };
    power_of_ten(-shift).map_or(1, |divisor| round_up(number + sticky, divisor)).min(MAX)
}

fn power_of_ten(exponent: i64) -> Option<i128> {
    10_i128.checked_pow(u32::try_from(exponent).ok()?)
}
