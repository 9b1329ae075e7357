//! What a client wants of a log: the query of `/containerLogs` as the kubelet reads it (`PodLogOptions`).

use super::line::{Line, Stream};
use jiff::{SignedDuration, Timestamp};

/// The options of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    pub follow: bool,
    pub previous: bool,
    pub timestamps: bool,
    /// Only what was written at or after this moment.
    pub since: Option<Timestamp>,
    pub tail_lines: Option<u64>,
    pub limit_bytes: Option<u64>,
    /// Only this output.
    pub stream: Option<Stream>,
}

impl LogQuery {
    /// Reads a query string; the message of an error is for the client.
    pub fn parse(query: &str, now: Timestamp) -> Result<Self, String> {
        let mut options = Self::default();
        for (name, value) in parameters(query) {
            match name.as_str() {
                "follow" => options.follow = boolean(&name, &value)?,
                "previous" => options.previous = boolean(&name, &value)?,
                "timestamps" => options.timestamps = boolean(&name, &value)?,
                "tailLines" => options.tail_lines = Some(number(&name, &value, 0)?),
                "limitBytes" => options.limit_bytes = Some(number(&name, &value, 1)?),
                "sinceSeconds" => {
                    let seconds = i64::try_from(number(&name, &value, 1)?).unwrap_or(i64::MAX);
                    options.since = now.checked_sub(SignedDuration::from_secs(seconds)).ok();
                }
                "sinceTime" => {
                    let since = value.parse().map_err(|_| format!("sinceTime: {value:?} is not an RFC 3339 time"))?;
                    options.since = Some(since);
                }
                "stream" => options.stream = stream(&value)?,
                _ => {}
            }
        }
        Ok(options)
    }

    /// Whether a line is among what is wanted.
    pub fn wants(&self, line: &Line<'_>) -> bool {
        self.since.is_none_or(|since| line.at >= since) && self.stream.is_none_or(|stream| line.stream == stream)
    }
}

fn boolean(name: &str, value: &str) -> Result<bool, String> {
    match value {
        "" | "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("{name}: {value:?} is neither true nor false")),
    }
}

fn number(name: &str, value: &str, least: u64) -> Result<u64, String> {
    match value.parse() {
        Ok(number) if number >= least => Ok(number),
        _ => Err(format!("{name}: {value:?} must be an integer greater than or equal to {least}")),
    }
}

fn stream(value: &str) -> Result<Option<Stream>, String> {
    match value {
        "" | "All" => Ok(None),
        "Stdout" => Ok(Some(Stream::Stdout)),
        "Stderr" => Ok(Some(Stream::Stderr)),
        _ => Err(format!("stream: Unsupported value: {value:?}: supported values: \"All\", \"Stderr\", \"Stdout\"")),
    }
}

/// The pairs of a query string (`application/x-www-form-urlencoded`).
fn parameters(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match (first, digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::line::parse;

    fn query(text: &str) -> Result<LogQuery, String> {
        LogQuery::parse(text, Timestamp::from_second(1_000).unwrap())
    }

    #[test]
    fn options_are_read_from_the_query() {
        let default = LogQuery::default;
        for (text, expected) in [
            ("", default()),
            ("follow=true&previous=1", LogQuery { follow: true, previous: true, ..default() }),
            ("timestamps=false&other=x", default()),
            ("tailLines=0&limitBytes=7", LogQuery { tail_lines: Some(0), limit_bytes: Some(7), ..default() }),
            ("sinceSeconds=10", LogQuery { since: Timestamp::from_second(990).ok(), ..default() }),
            ("sinceTime=1970-01-01T00%3A00%3A05Z", LogQuery { since: Timestamp::from_second(5).ok(), ..default() }),
            ("stream=Stderr", LogQuery { stream: Some(Stream::Stderr), ..default() }),
        ] {
            assert_eq!(query(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for (text, name) in [
            ("follow=perhaps", "follow"),
            ("tailLines=-1", "tailLines"),
            ("limitBytes=0", "limitBytes"),
            ("sinceSeconds=x", "sinceSeconds"),
            ("sinceTime=now", "sinceTime"),
            ("stream=stdlog", "stream"),
        ] {
            assert!(query(text).unwrap_err().starts_with(name), "{text}");
        }
    }

    #[test]
    fn lines_are_chosen_by_time_and_stream() {
        let since = "2026-01-01T00:00:01Z".parse().ok();
        let query = LogQuery { since, stream: Some(Stream::Stdout), ..LogQuery::default() };
        for (line, wanted) in [
            ("2026-01-01T00:00:01Z stdout F x", true),
            ("2026-01-01T00:00:00Z stdout F x", false),
            ("2026-01-01T00:00:01Z stderr F x", false),
        ] {
            assert_eq!(query.wants(&parse(line.as_bytes()).unwrap()), wanted, "{line}");
        }
    }
}
