//! Spans of time as Go has them: whole nanoseconds, up to 292 years (Go's time/format.go).

use std::fmt::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration {
    pub nanoseconds: i64,
}

const UNITS: &[(&str, i64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
];
/// What go-openapi's strfmt adds.
const LONG_UNITS: &[(&str, i64)] = &[("d", 86_400 * SECOND), ("w", 604_800 * SECOND)];
const SECOND: i64 = 1_000_000_000;

impl Duration {
    /// As Go's `time.ParseDuration`: `1h30m`, `-1.5s`, `0`.
    pub fn parse(text: &str) -> Option<Self> {
        parse_units(text, |name| find(UNITS, name))
    }

    /// With days and weeks, as go-openapi's strfmt reads values of format `duration`.
    pub fn parse_extended(text: &str) -> Option<Self> {
        parse_units(text, |name| find(UNITS, name).or_else(|| find(LONG_UNITS, name)))
    }

    pub fn of_seconds(seconds: i64) -> Option<Self> {
        Some(Self { nanoseconds: seconds.checked_mul(SECOND)? })
    }

    /// As CEL prints it: seconds with as many digits as there are, and `s`.
    pub fn in_seconds(self) -> String {
        let (seconds, rest) =
            (self.nanoseconds.unsigned_abs() / 1_000_000_000, self.nanoseconds.unsigned_abs() % 1_000_000_000);
        let mut shown = format!("{}{seconds}", if self.nanoseconds < 0 { "-" } else { "" });
        if rest > 0 {
            let _ = write!(shown, ".{}", format!("{rest:09}").trim_end_matches('0'));
        }
        shown.push('s');
        shown
    }

    pub fn whole(self, unit: i64) -> i64 {
        self.nanoseconds / unit
    }
}

fn find(units: &[(&str, i64)], name: &str) -> Option<i64> {
    units.iter().find(|(unit, _)| *unit == name).map(|(_, nanoseconds)| *nanoseconds)
}

fn parse_units(text: &str, unit: impl Fn(&str) -> Option<i64>) -> Option<Duration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(Duration { nanoseconds: 0 });
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum: i128 = 0;
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let name = rest[number..].find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len() - number);
        sum += parse_number(&rest[..number], unit(&rest[number..number + name])?)?;
        rest = &rest[number + name..];
    }
    let nanoseconds = i64::try_from(if negative { -sum } else { sum }).ok()?;
    Some(Duration { nanoseconds })
}

/// A number of units in nanoseconds; what is finer is cut off.
fn parse_number(text: &str, unit: i64) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() + fraction.len() == 0 || fraction.contains('.') {
        return None;
    }
    let mut nanoseconds = if whole.is_empty() { 0 } else { i128::from(whole.parse::<u64>().ok()?) * i128::from(unit) };
    let mut scale = i128::from(unit);
    for digit in fraction.chars().take(18) {
        nanoseconds += i128::from(digit.to_digit(10)?) * scale / 10;
        scale /= 10;
    }
    (nanoseconds <= i128::from(i64::MAX) + 1).then_some(nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanoseconds) in [
            ("1h30m", Some(5400 * SECOND)),
            ("-1.5s", Some(-1_500_000_000)),
            ("0", Some(0)),
            ("+5ns", Some(5)),
            (".5ms", Some(500_000)),
            ("1µs", Some(1_000)),
            ("-9223372036854775808ns", Some(i64::MIN)),
            ("2562048h", None),
            ("1", None),
            ("", None),
            ("s", None),
            ("1d", None),
            ("1.2.3s", None),
        ] {
            assert_eq!(Duration::parse(text).map(|duration| duration.nanoseconds), nanoseconds, "{text}");
        }
        assert_eq!(Duration::parse_extended("1d2h").map(Duration::in_seconds).as_deref(), Some("93600s"));
        assert_eq!(Duration { nanoseconds: -1_500_000_000 }.in_seconds(), "-1.5s");
    }
}
