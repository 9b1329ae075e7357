//! Instants in the years 1 to 9999 (cel-go, common/types/timestamp.go).

use super::Duration;
use crate::error::EvalError;
use jiff::{
    Zoned,
    civil::Date,
    fmt::strtime,
    tz::{Offset, TimeZone},
};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(jiff::Timestamp);

const FIRST_SECOND: i64 = -62_135_596_800;
const LAST_SECOND: i64 = 253_402_300_799;
const SECOND: i128 = 1_000_000_000;

impl Timestamp {
    /// RFC 3339.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() >= 20 && text.as_bytes()[10] == b'T' && text.is_ascii() && !text.contains('[');
        let zoned = text.ends_with('Z') || text.as_bytes().get(text.len().wrapping_sub(3)) == Some(&b':');
        if !shaped || !zoned {
            return None;
        }
        text.parse().ok().and_then(Self::in_range)
    }

    /// `2006-01-02`, at midnight UTC.
    pub fn parse_date(text: &str) -> Option<Self> {
        let date: Date = strtime::parse("%Y-%m-%d", text).ok()?.to_date().ok()?;
        date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()).and_then(Self::in_range)
    }

    pub fn of_seconds(seconds: i64) -> Option<Self> {
        jiff::Timestamp::from_second(seconds).ok().and_then(Self::in_range)
    }

    fn in_range(timestamp: jiff::Timestamp) -> Option<Self> {
        (FIRST_SECOND..=LAST_SECOND).contains(&timestamp.as_second()).then_some(Self(timestamp))
    }

    /// Whether it is the first instant of all.
    pub fn is_zero(self) -> bool {
        self.0.as_nanosecond() == i128::from(FIRST_SECOND) * SECOND
    }

    pub fn seconds(self) -> i64 {
        self.0.as_second()
    }

    pub fn add(self, nanoseconds: i128) -> Option<Self> {
        let sum = self.0.as_nanosecond().checked_add(nanoseconds)?;
        let in_range = (i128::from(FIRST_SECOND) * SECOND..(i128::from(LAST_SECOND) + 1) * SECOND).contains(&sum);
        if !in_range {
            return None;
        }
        jiff::Timestamp::from_nanosecond(sum).ok().map(Self)
    }

    /// What lies between two instants, if a duration holds it.
    pub fn since(self, other: Self) -> Option<Duration> {
        let nanoseconds = i64::try_from(self.0.as_nanosecond() - other.0.as_nanosecond()).ok()?;
        Some(Duration { nanoseconds })
    }

    /// The calendar's view from a place: UTC, `-08:00` or a name such as `Europe/Berlin`.
    pub fn at(self, zone: &str) -> Result<Zoned, EvalError> {
        let unknown = || EvalError::Invalid(format!("unknown time zone {zone}"));
        let zone = match zone {
            "" | "UTC" => TimeZone::UTC,
            offset if offset.contains(':') => TimeZone::fixed(parse_offset(offset).ok_or_else(unknown)?),
            name => TimeZone::get(name).map_err(|_| unknown())?,
        };
        Ok(self.0.to_zoned(zone))
    }
}

fn parse_offset(text: &str) -> Option<Offset> {
    let (hours, minutes) = text.split_once(':')?;
    let negative = hours.starts_with('-');
    let hours: i32 = hours.trim_start_matches(['+', '-']).parse().ok()?;
    let minutes: i32 = minutes.parse().ok()?;
    let seconds = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
    Offset::from_seconds(if negative { -seconds } else { seconds }).ok()
}

/// As Go's `time.RFC3339Nano` in UTC.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_and_printed() {
        for (text, shown) in [
            ("2020-01-02T03:04:05.120Z", Some("2020-01-02T03:04:05.12Z")),
            ("2020-01-02T03:04:05+01:00", Some("2020-01-02T02:04:05Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            ("0000-12-31T23:59:59Z", None),
            ("2020-01-02", None),
            ("2020-01-02T03:04:05", None),
            ("2020-13-02T03:04:05Z", None),
            ("", None),
        ] {
            assert_eq!(Timestamp::parse(text).map(|read| read.to_string()).as_deref(), shown, "{text}");
        }
        assert_eq!(Timestamp::parse_date("2020-02-30"), None);
        assert!(Timestamp::of_seconds(i64::MAX).is_none());
    }

    #[test]
    fn the_calendar_depends_on_the_place() {
        let instant = Timestamp::parse("2020-01-01T00:30:00Z").expect("an instant");
        assert_eq!(instant.at("-01:00").map(|zoned| zoned.year()), Ok(2019));
        assert!(instant.at("Nowhere/Land").is_err());
        assert!(instant.at("99:99").is_err());
    }
}
