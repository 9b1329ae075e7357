//! Numbers as Go's printer for American English writes them.

use super::clause::Clause;
use crate::value::Value;

pub fn formatted(clause: &Clause, value: &Value<'_>) -> String {
    match (clause, value) {
        (Clause::Decimal, Value::Int(value)) => value.to_string(),
        (Clause::Decimal, Value::Uint(value)) => value.to_string(),
        (Clause::Binary, Value::Bool(value)) => u8::from(*value).to_string(),
        (Clause::Binary, Value::Int(value)) => signed(*value, |value| format!("{value:b}")),
        (Clause::Binary, Value::Uint(value)) => format!("{value:b}"),
        (Clause::Octal, Value::Int(value)) => signed(*value, |value| format!("{value:o}")),
        (Clause::Octal, Value::Uint(value)) => format!("{value:o}"),
        (Clause::Hexadecimal { upper }, value) => {
            let digits = hexadecimal(value);
            if *upper { digits.to_uppercase() } else { digits }
        }
        (Clause::Fixed(digits), value) => grouped(double(value), *digits),
        (Clause::Scientific(width), value) => scientific(double(value), *width),
        _ => String::new(),
    }
}

fn signed(value: i64, digits: impl Fn(u64) -> String) -> String {
    format!("{}{}", if value < 0 { "-" } else { "" }, digits(value.unsigned_abs()))
}

fn hexadecimal(value: &Value<'_>) -> String {
    let of_bytes = |bytes: &[u8]| {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
    };
    match value {
        Value::Int(value) => signed(*value, |value| format!("{value:x}")),
        Value::Uint(value) => format!("{value:x}"),
        Value::String(text) => of_bytes(text.as_bytes()),
        Value::Bytes(bytes) => of_bytes(bytes),
        _ => String::new(),
    }
}

fn double(value: &Value<'_>) -> f64 {
    match value {
        Value::Double(value) => *value,
        Value::String(text) if &**text == "Infinity" => f64::INFINITY,
        Value::String(text) if &**text == "-Infinity" => f64::NEG_INFINITY,
        _ => f64::NAN,
    }
}

fn not_finite(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        return Some("NaN");
    }
    value.is_infinite().then_some(if value > 0.0 { "∞" } else { "-∞" })
}

/// With commas between thousands.
fn grouped(value: f64, digits: usize) -> String {
    if let Some(word) = not_finite(value) {
        return word.to_owned();
    }
    // Rust's formatting takes at most so many digits.
    let written = format!("{:.*}", digits.min(usize::from(u16::MAX)), value.abs());
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let mut out = String::from(if value.is_sign_negative() { "-" } else { "" });
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

fn scientific(value: f64, width: usize) -> String {
    let written = not_finite(value).map_or_else(|| power_of_ten(value), str::to_owned);
    let padding = width.saturating_sub(written.chars().count());
    format!("{}{written}", " ".repeat(padding))
}

fn power_of_ten(value: f64) -> String {
    let written = format!("{value:.6e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let number: i32 = exponent.parse().unwrap_or(0);
    let sign = if number < 0 { "⁻" } else { "" };
    let raised: String = format!("{:02}", number.abs()).chars().map(superscript).collect();
    format!("{digits}×10{sign}{raised}")
}

fn superscript(digit: char) -> char {
    "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit.to_digit(10).unwrap_or(0) as usize).unwrap_or(digit)
}
