//! Regular expressions. Patterns that are constants have been compiled beforehand.

use super::{Price, Row, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Value},
};
use machinery::re2;
use regex::Regex;
use std::sync::Arc;

pub(super) const ROWS: &[Row] = &[
    row("matches", "matches(string, string) -> bool", Price::Match, matches),
    row("matches_string", "string:matches(string) -> bool", Price::Match, matches),
    row("string_find_string", "string:find(string) -> string", Price::Find, find),
    row("string_find_all_string", "string:findAll(string) -> list(string)", Price::Find, find_all),
    row("string_find_all_string_int", "string:findAll(string, int) -> list(string)", Price::Find, find_all),
];

/// The patterns that an evaluation compiled last, the latest at the end: those that are data are often the same.
#[derive(Debug, Default)]
pub(crate) struct RecentPatterns(Vec<(Box<str>, Arc<Regex>)>);

impl RecentPatterns {
    const MOST: usize = 4;

    fn get(&self, pattern: &str) -> Option<Arc<Regex>> {
        self.0.iter().find(|(known, _)| **known == *pattern).map(|(_, regex)| Arc::clone(regex))
    }

    fn keep(&mut self, pattern: &str, regex: &Arc<Regex>) {
        if self.0.len() == Self::MOST {
            self.0.remove(0);
        }
        self.0.push((pattern.into(), Arc::clone(regex)));
    }
}

/// What compiling so many bytes costs: a value looked at takes about as long as four of them.
const BYTES_A_VALUE: usize = 4;

/// A pattern that is data. To compile it takes longer than most matches; cost, which is reckoned as upstream does, says
/// nothing of it.
fn compiled(meter: &mut Meter, pattern: &str) -> Result<Arc<Regex>, EvalError> {
    if let Some(known) = meter.patterns.get(pattern) {
        return Ok(known);
    }
    let compiled = re2::compile_charged(pattern, |bytes| meter.work(bytes / BYTES_A_VALUE))?;
    let regex = Arc::new(compiled.regex);
    meter.patterns.keep(pattern, &regex);
    Ok(regex)
}

/// The same, with the words of `find`.
fn sought(meter: &mut Meter, pattern: &str) -> Result<Arc<Regex>, EvalError> {
    compiled(meter, pattern).map_err(|error| match error {
        EvalError::Invalid(message) => EvalError::Invalid(format!("Illegal regex: {message}")),
        fatal => fatal,
    })
}

fn matches<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text), Value::String(pattern)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(compiled(meter, pattern)?.is_match(text)))
}

fn find<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text), Value::String(pattern)] = arguments else { return Err(EvalError::no_overload()) };
    let pattern = sought(meter, pattern)?;
    found(&pattern, text, meter)
}

pub(crate) fn found<'a>(pattern: &Regex, text: &str, meter: &mut Meter) -> Evaluated<'a> {
    let found = pattern.find(text).map_or("", |found| found.as_str());
    meter.allocate(found.len())?;
    Ok(Value::text(found))
}

fn find_all<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (text, pattern, limit) = match arguments {
        [Value::String(text), Value::String(pattern)] => (text, pattern, -1),
        [Value::String(text), Value::String(pattern), Value::Int(limit)] => (text, pattern, *limit),
        _ => return Err(EvalError::no_overload()),
    };
    let pattern = sought(meter, pattern)?;
    all_found(&pattern, text, limit, meter)
}

pub(crate) fn all_found<'a>(pattern: &Regex, text: &str, limit: i64, meter: &mut Meter) -> Evaluated<'a> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for part in pattern.find_iter(text).take(limit) {
        meter.allocate(size_of::<Value<'_>>() + part.len())?;
        found.push(Value::text(part.as_str()));
    }
    Ok(Value::list(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_are_data_are_paid_for_once() {
        let mut meter = Meter::new();
        let first = compiled(&mut meter, "a{1000}").unwrap();
        let spent = meter.spent().work();
        assert!(spent > 10_000, "{spent}");
        assert!(Arc::ptr_eq(&first, &compiled(&mut meter, "a{1000}").unwrap()));
        assert_eq!(meter.spent().work(), spent);
        for pattern in ["a", "b", "c", "d"] {
            compiled(&mut meter, pattern).unwrap();
        }
        assert!(meter.spent().work() < spent + 4 * 3000, "small ones are cheap");
        assert!(!Arc::ptr_eq(&first, &compiled(&mut meter, "a{1000}").unwrap()), "only the last are kept");
    }

    #[test]
    fn what_is_no_pattern_is_told_in_the_words_of_its_function() {
        let mut meter = Meter::new();
        let text = |error: EvalError| error.to_string();
        assert_eq!(compiled(&mut meter, "(").map_err(text).unwrap_err(), "error parsing regexp: `(`");
        assert_eq!(sought(&mut meter, "(").map_err(text).unwrap_err(), "Illegal regex: error parsing regexp: `(`");
    }
}
