//! Parts of timestamps, in UTC or in a time zone, and of durations.

use super::{Price, Row, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Value},
};
use jiff::Zoned;

const SECOND: i64 = 1_000_000_000;

pub(super) const ROWS: &[Row] = &[
    row("timestamp_to_day_of_month_1_based", "timestamp:getDate() -> int", Price::Unit, date),
    row("timestamp_to_day_of_month_1_based_with_tz", "timestamp:getDate(string) -> int", Price::Unit, date),
    row("timestamp_to_day_of_month", "timestamp:getDayOfMonth() -> int", Price::Unit, day_of_month),
    row("timestamp_to_day_of_month_with_tz", "timestamp:getDayOfMonth(string) -> int", Price::Unit, day_of_month),
    row("timestamp_to_day_of_week", "timestamp:getDayOfWeek() -> int", Price::Unit, day_of_week),
    row("timestamp_to_day_of_week_with_tz", "timestamp:getDayOfWeek(string) -> int", Price::Unit, day_of_week),
    row("timestamp_to_day_of_year", "timestamp:getDayOfYear() -> int", Price::Unit, day_of_year),
    row("timestamp_to_day_of_year_with_tz", "timestamp:getDayOfYear(string) -> int", Price::Unit, day_of_year),
    row("timestamp_to_year", "timestamp:getFullYear() -> int", Price::Unit, full_year),
    row("timestamp_to_year_with_tz", "timestamp:getFullYear(string) -> int", Price::Unit, full_year),
    row("timestamp_to_hours", "timestamp:getHours() -> int", Price::Unit, hours),
    row("timestamp_to_hours_with_tz", "timestamp:getHours(string) -> int", Price::Unit, hours),
    row("duration_to_hours", "duration:getHours() -> int", Price::Unit, hours),
    row("timestamp_to_milliseconds", "timestamp:getMilliseconds() -> int", Price::Unit, milliseconds),
    row("timestamp_to_milliseconds_with_tz", "timestamp:getMilliseconds(string) -> int", Price::Unit, milliseconds),
    row("duration_to_milliseconds", "duration:getMilliseconds() -> int", Price::Unit, milliseconds),
    row("timestamp_to_minutes", "timestamp:getMinutes() -> int", Price::Unit, minutes),
    row("timestamp_to_minutes_with_tz", "timestamp:getMinutes(string) -> int", Price::Unit, minutes),
    row("duration_to_minutes", "duration:getMinutes() -> int", Price::Unit, minutes),
    row("timestamp_to_month", "timestamp:getMonth() -> int", Price::Unit, month),
    row("timestamp_to_month_with_tz", "timestamp:getMonth(string) -> int", Price::Unit, month),
    row("timestamp_to_seconds", "timestamp:getSeconds() -> int", Price::Unit, seconds),
    row("timestamp_to_seconds_tz", "timestamp:getSeconds(string) -> int", Price::Unit, seconds),
    row("duration_to_seconds", "duration:getSeconds() -> int", Price::Unit, seconds),
];

/// A part of an instant, seen from UTC or from the place that is named.
fn part<'a>(arguments: &[Value<'a>], of: fn(&Zoned) -> i64) -> Evaluated<'a> {
    match arguments {
        [Value::Timestamp(timestamp)] => Ok(Value::Int(of(&timestamp.at("UTC")?))),
        [Value::Timestamp(timestamp), Value::String(zone)] => Ok(Value::Int(of(&timestamp.at(zone)?))),
        _ => Err(EvalError::no_overload()),
    }
}

/// The same, or whole units of a duration.
fn part_or_units<'a>(arguments: &[Value<'a>], unit: i64, of: fn(&Zoned) -> i64) -> Evaluated<'a> {
    match arguments {
        [Value::Duration(duration)] => Ok(Value::Int(duration.whole(unit))),
        _ => part(arguments, of),
    }
}

fn date<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part(arguments, |at| i64::from(at.day()))
}

fn day_of_month<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part(arguments, |at| i64::from(at.day()) - 1)
}

fn day_of_week<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part(arguments, |at| i64::from(at.weekday().to_sunday_zero_offset()))
}

fn day_of_year<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part(arguments, |at| i64::from(at.day_of_year()) - 1)
}

fn full_year<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part(arguments, |at| i64::from(at.year()))
}

fn hours<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part_or_units(arguments, 3_600 * SECOND, |at| i64::from(at.hour()))
}

fn milliseconds<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part_or_units(arguments, SECOND / 1_000, |at| i64::from(at.millisecond()))
}

fn minutes<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part_or_units(arguments, 60 * SECOND, |at| i64::from(at.minute()))
}

fn month<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part(arguments, |at| i64::from(at.month()) - 1)
}

fn seconds<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part_or_units(arguments, SECOND, |at| i64::from(at.second()))
}
