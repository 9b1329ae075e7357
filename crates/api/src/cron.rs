//! Schedules of `CronJob`s as the library that Kubernetes uses reads them (`ParseStandard` of robfig/cron v3, `parser.go`):
//! five fields, or a descriptor.

mod duration;

use duration::parse_duration;

const DESCRIPTORS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Which numbers a field may have, and which names stand for them from the least on.
struct Bounds {
    least: i64,
    most: i64,
    names: &'static [&'static str],
}

/// Minute, hour, day of the month, month, day of the week.
const FIELDS: [Bounds; 5] = [
    Bounds { least: 0, most: 59, names: &[] },
    Bounds { least: 0, most: 23, names: &[] },
    Bounds { least: 1, most: 31, names: &[] },
    Bounds { least: 1, most: 12, names: &MONTHS },
    Bounds { least: 0, most: 6, names: &DAYS },
];

/// Whether a schedule can be read; if not, what the library says.
pub fn check(schedule: &str) -> Result<(), String> {
    let schedule = without_time_zone(schedule);
    if schedule.starts_with('@') {
        return check_descriptor(schedule);
    }
    let fields: Vec<_> = schedule.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        let (expected, found) = (FIELDS.len(), fields.len());
        return Err(format!("expected exactly {expected} fields, found {found}: [{}]", fields.join(" ")));
    }
    fields.iter().zip(&FIELDS).try_for_each(|(field, bounds)| check_field(field, bounds))
}

/// The time zone is not the schedule's business: Kubernetes refuses it there.
fn without_time_zone(schedule: &str) -> &str {
    let has_zone = schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=");
    if has_zone { schedule.split_once(' ').map_or("", |(_, rest)| rest.trim()) } else { schedule }
}

fn check_descriptor(descriptor: &str) -> Result<(), String> {
    if DESCRIPTORS.contains(&descriptor) {
        return Ok(());
    }
    let Some(every) = descriptor.strip_prefix("@every ") else {
        return Err(format!("unrecognized descriptor: {descriptor}"));
    };
    parse_duration(every).map_err(|error| format!("failed to parse duration {descriptor}: {error}"))
}

fn check_field(field: &str, bounds: &Bounds) -> Result<(), String> {
    let mut ranges = field.split(',').filter(|range| !range.is_empty());
    ranges.try_for_each(|range| check_range(range, bounds))
}

/// `*`, `3`, `1-5`, `*/2`, `1-5/2`; `3/5` goes on to the end.
fn check_range(range: &str, bounds: &Bounds) -> Result<(), String> {
    let mut parts = range.split('/');
    let ends: Vec<_> = parts.next().unwrap_or_default().split('-').collect();
    let (begin, mut end) = match ends.as_slice() {
        ["*" | "?", ..] => (bounds.least, bounds.most),
        [one] => {
            let number = number_or_name(one, bounds)?;
            (number, number)
        }
        [begin, end] => (number_or_name(begin, bounds)?, number_or_name(end, bounds)?),
        [begin, ..] => {
            number_or_name(begin, bounds)?;
            return Err(format!("too many hyphens: {range}"));
        }
        [] => return Ok(()),
    };
    let step = parts.next().map_or(Ok(1), number)?;
    if range.contains('/') && ends.len() == 1 {
        end = bounds.most;
    }
    let Bounds { least, most, .. } = bounds;
    if parts.next().is_some() {
        Err(format!("too many slashes: {range}"))
    } else if begin < *least {
        Err(format!("beginning of range ({begin}) below minimum ({least}): {range}"))
    } else if end > *most {
        Err(format!("end of range ({end}) above maximum ({most}): {range}"))
    } else if begin > end {
        Err(format!("beginning of range ({begin}) beyond end of range ({end}): {range}"))
    } else if step == 0 {
        Err(format!("step of range should be a positive number: {range}"))
    } else {
        Ok(())
    }
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<i64, String> {
    let position = bounds.names.iter().position(|name| text.eq_ignore_ascii_case(name));
    match position.and_then(|position| i64::try_from(position).ok()) {
        Some(position) => Ok(bounds.least + position),
        None => number(text),
    }
}

fn number(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<i64>().map_err(|_| {
        let cause = if is_number { "value out of range" } else { "invalid syntax" };
        format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: {cause}")
    })?;
    if number < 0 { Err(format!("negative number ({number}) not allowed: {text}")) } else { Ok(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_in_kubernetes() {
        for (schedule, expected) in [
            ("* * * * *", None),
            ("*/5 0-23/2 1,15 JAN-dec mon", None),
            ("3/7 ? * * 0,6", None),
            ("@hourly", None),
            ("@every 1h30m", None),
            ("TZ=UTC 0 0 * * *", None),
            ("", Some("expected exactly 5 fields, found 0: []")),
            ("* * * *", Some("expected exactly 5 fields, found 4: [* * * *]")),
            ("0 * * * * *", Some("expected exactly 5 fields, found 6: [0 * * * * *]")),
            ("error", Some("expected exactly 5 fields, found 1: [error]")),
            ("60 * * * *", Some("end of range (60) above maximum (59): 60")),
            ("* * 0 * *", Some("beginning of range (0) below minimum (1): 0")),
            ("5-2 * * * *", Some("beginning of range (5) beyond end of range (2): 5-2")),
            ("*/0 * * * *", Some("step of range should be a positive number: */0")),
            ("1-2-3 * * * *", Some("too many hyphens: 1-2-3")),
            ("*/1/2 * * * *", Some("too many slashes: */1/2")),
            ("a * * * *", Some("failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax")),
            ("* * * jann *", Some("failed to parse int from jann: strconv.Atoi: parsing \"jann\": invalid syntax")),
            ("@never", Some("unrecognized descriptor: @never")),
            ("@every 1", Some("failed to parse duration @every 1: time: missing unit in duration \"1\"")),
        ] {
            assert_eq!(check(schedule).err().as_deref(), expected, "{schedule}");
        }
    }
}
