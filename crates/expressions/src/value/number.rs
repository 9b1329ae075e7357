//! Conversions between numbers, and how Go prints them.

/// A double as an integer, without its fraction, if it is in range (cel-go, common/types/overflow.go).
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub fn to_int(value: f64) -> Option<i64> {
    (value > -9_223_372_036_854_775_808.0 && value < 9_223_372_036_854_775_808.0).then_some(value as i64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
pub fn to_uint(value: f64) -> Option<u64> {
    (0.0..18_446_744_073_709_551_616.0).contains(&value).then_some(value as u64)
}

/// As Go's `%g`: the shortest digits, with an exponent if it is below -4 or above 5.
pub fn format_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_printed_as_go_prints_them() {
        for (value, text) in [
            (1.5, "1.5"),
            (100.0, "100"),
            (1e6, "1e+06"),
            (123_456_789.5, "1.234567895e+08"),
            (1e21, "1e+21"),
            (1.25e-7, "1.25e-07"),
            (-0.0001, "-0.0001"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(format_double(value), text);
        }
    }
}
