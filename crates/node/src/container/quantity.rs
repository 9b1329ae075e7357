//! Quantities as whole numbers (`k8s.io/apimachinery/pkg/api/resource`): what cgroups and environments are told.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// The finest unit a quantity can have.
const NANO: i128 = 1_000_000_000;

/// The value in whole units, rounded up; 0 for what is no quantity.
pub(crate) fn value(quantity: &Quantity) -> i64 {
    in_units_of(quantity, NANO)
}

/// The value in thousandths, rounded up; 0 for what is no quantity.
pub(crate) fn milli_value(quantity: &Quantity) -> i64 {
    in_units_of(quantity, NANO / 1000)
}

/// The value in billionths, rounded up: exact for every quantity that Kubernetes accepts.
pub(crate) fn nano_value(quantity: &Quantity) -> i128 {
    parse(&quantity.0).unwrap_or(0)
}

fn in_units_of(quantity: &Quantity, nanos: i128) -> i64 {
    i64::try_from(divide_up(nano_value(quantity), nanos)).unwrap_or(i64::MAX)
}

pub(crate) fn divide_up(dividend: i128, divisor: i128) -> i128 {
    let quotient = dividend / divisor;
    if dividend % divisor > 0 { quotient + 1 } else { quotient }
}

fn parse(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let magnitude = divide_up(digits.checked_mul(nanos_in(suffix)?)?, scale);
    Some(if negative { -magnitude } else { magnitude })
}

/// How many billionths a suffix stands for.
fn nanos_in(suffix: &str) -> Option<i128> {
    let binary = |power: u32| NANO.checked_mul(1024_i128.pow(power));
    let decimal = |power: i32| match u32::try_from(power + 9) {
        Ok(power) => 10_i128.checked_pow(power),
        Err(_) => None,
    };
    match suffix {
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
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        exponent => decimal(exponent.strip_prefix(['e', 'E'])?.parse().ok().filter(|power| (-9..=18).contains(power))?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_become_numbers_rounded_up() {
        for (text, whole, milli) in [
            ("0", 0, 0),
            ("1", 1, 1000),
            ("250m", 1, 250),
            ("1.5", 2, 1500),
            ("0.1m", 1, 1),
            ("1n", 1, 1),
            ("100k", 100_000, 100_000_000),
            ("1Ki", 1024, 1_024_000),
            ("1.5Gi", 1_610_612_736, 1_610_612_736_000),
            ("2e3", 2000, 2_000_000),
            ("1E", 1_000_000_000_000_000_000, i64::MAX),
            ("-1", -1, -1000),
            ("nonsense", 0, 0),
        ] {
            let quantity = Quantity(text.to_owned());
            assert_eq!((value(&quantity), milli_value(&quantity)), (whole, milli), "{text}");
        }
    }
}
