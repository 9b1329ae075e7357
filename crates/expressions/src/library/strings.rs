//! Strings: the standard's functions and the string extension in version 2 (cel-go, ext/strings.go). Positions count
//! characters.

use super::{Price, Row, price::Size, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Value},
};

const SAME: Price = Price::Scan { argument: 0, result: Size::Same };

pub(super) const ROWS: &[Row] = &[
    row("contains_string", "string:contains(string) -> bool", Price::Contains, contains),
    row("starts_with_string", "string:startsWith(string) -> bool", SECOND, starts_with),
    row("ends_with_string", "string:endsWith(string) -> bool", SECOND, ends_with),
    row("string_char_at_int", "string:charAt(int) -> string", Price::Unit, char_at),
    row("string_index_of_string", "string:indexOf(string) -> int", Price::Traverse, index_of),
    row("string_index_of_string_int", "string:indexOf(string, int) -> int", Price::Traverse, index_of),
    row("string_last_index_of_string", "string:lastIndexOf(string) -> int", Price::Traverse, last_index_of),
    row("string_last_index_of_string_int", "string:lastIndexOf(string, int) -> int", Price::Traverse, last_index_of),
    row("list_join", "list(string):join() -> string", Price::Join, join),
    row("list_join_string", "list(string):join(string) -> string", Price::Join, join),
    row("string_lower_ascii", "string:lowerAscii() -> string", SAME, lower),
    row("string_upper_ascii", "string:upperAscii() -> string", SAME, upper),
    row("string_replace_string_string", "string:replace(string, string) -> string", REPLACE, replace),
    row("string_replace_string_string_int", "string:replace(string, string, int) -> string", REPLACE, replace),
    row("string_split_string", "string:split(string) -> list(string)", SPLIT, split),
    row("string_split_string_int", "string:split(string, int) -> list(string)", SPLIT, split),
    row("string_substring_int", "string:substring(int) -> string", SAME, substring),
    row("string_substring_int_int", "string:substring(int, int) -> string", SAME, substring),
    row("string_trim", "string:trim() -> string", SAME, trim),
    row("strings_quote", "strings.quote(string) -> string", QUOTE, quote),
];

const SECOND: Price = Price::Scan { argument: 1, result: Size::Unknown };
const REPLACE: Price = Price::Copy { result: Size::Replaced };
const SPLIT: Price = Price::Copy { result: Size::Split };
const QUOTE: Price = Price::Scan { argument: 0, result: Size::Quoted };

fn out_of_range(index: i64) -> EvalError {
    EvalError::Invalid(format!("index out of range: {index}"))
}

/// Where a character begins, in bytes; the end for the one behind the last.
fn offset(text: &str, index: i64) -> Result<usize, EvalError> {
    let position = usize::try_from(index).map_err(|_| out_of_range(index))?;
    let mut offsets = text.char_indices().map(|(offset, _)| offset).chain([text.len()]);
    offsets.nth(position).ok_or_else(|| out_of_range(index))
}

fn position(text: &str, offset: usize) -> Value<'static> {
    Value::Int(i64::try_from(text[..offset].chars().count()).unwrap_or(i64::MAX))
}

fn contains<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text), Value::String(part)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(text.contains(&**part)))
}

fn starts_with<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text), Value::String(part)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(text.starts_with(&**part)))
}

fn ends_with<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text), Value::String(part)] = arguments else { return Err(EvalError::no_overload()) };
    Ok(Value::Bool(text.ends_with(&**part)))
}

fn char_at<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text), Value::Int(index)] = arguments else { return Err(EvalError::no_overload()) };
    let character = text[offset(text, *index)?..].chars().next();
    Ok(Value::from(character.map(String::from).unwrap_or_default()))
}

/// The arguments of a search: text, what is looked for, where from.
fn search<'v>(arguments: &'v [Value<'_>]) -> Result<(&'v str, &'v str, Option<i64>), EvalError> {
    let (text, part, from) = match arguments {
        [Value::String(text), Value::String(part)] => (text, part, None),
        [Value::String(text), Value::String(part), Value::Int(from)] => (text, part, Some(*from)),
        _ => return Err(EvalError::no_overload()),
    };
    match from {
        Some(from) if from < 0 => Err(out_of_range(from)),
        _ => Ok((text, part, from)),
    }
}

fn index_of<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (text, part, from) = search(arguments)?;
    let Ok(start) = offset(text, from.unwrap_or(0)) else {
        return Ok(if part.is_empty() { position(text, text.len()) } else { Value::Int(-1) });
    };
    Ok(text[start..].find(part).map_or(Value::Int(-1), |found| position(text, start + found)))
}

fn last_index_of<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (text, part, from) = search(arguments)?;
    let last = match from.map(|from| offset(text, from)) {
        None => text.len(),
        Some(Ok(start)) if start < text.len() || part.is_empty() => start,
        Some(_) => return Ok(if part.is_empty() { position(text, text.len()) } else { Value::Int(-1) }),
    };
    let mut end = text.len().min(last.saturating_add(part.len()));
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Ok(text[..end].rfind(part).map_or(Value::Int(-1), |found| position(text, found)))
}

fn join<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (list, separator) = match arguments {
        [Value::List(list)] => (list, ""),
        [Value::List(list), Value::String(separator)] => (list, &**separator),
        _ => return Err(EvalError::no_overload()),
    };
    let mut joined = String::new();
    for (index, item) in list.iter().enumerate() {
        let item = item?;
        let Value::String(text) = &item else {
            return Err(EvalError::Invalid(format!("join: invalid input: {}", super::conversion::show(&item))));
        };
        let separator = if index == 0 { "" } else { separator };
        meter.allocate(separator.len() + text.len())?;
        joined.push_str(separator);
        joined.push_str(text);
    }
    Ok(Value::from(joined))
}

fn lower<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    meter.allocate(text.len())?;
    Ok(Value::from(text.to_ascii_lowercase()))
}

fn upper<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    meter.allocate(text.len())?;
    Ok(Value::from(text.to_ascii_uppercase()))
}

fn replace<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (text, old, new, limit) = match arguments {
        [Value::String(text), Value::String(old), Value::String(new)] => (text, old, new, -1),
        [Value::String(text), Value::String(old), Value::String(new), Value::Int(limit)] => (text, old, new, *limit),
        _ => return Err(EvalError::no_overload()),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = text.matches(&**old).take(limit).count();
    meter.allocate(text.len().saturating_add(found.saturating_mul(new.len())))?;
    Ok(Value::from(text.replacen(&**old, new, limit)))
}

fn split<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (text, separator, limit) = match arguments {
        [Value::String(text), Value::String(separator)] => (text, separator, -1),
        [Value::String(text), Value::String(separator), Value::Int(limit)] => (text, separator, *limit),
        _ => return Err(EvalError::no_overload()),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    for part in pieces(text, separator, limit) {
        meter.allocate(size_of::<Value<'_>>() + part.len())?;
        parts.push(Value::text(part));
    }
    Ok(Value::list(parts))
}

/// As Go's `strings.SplitN`: nothing between all characters.
fn pieces<'t>(text: &'t str, separator: &'t str, limit: usize) -> Box<dyn Iterator<Item = &'t str> + 't> {
    if limit == 0 {
        return Box::new(std::iter::empty());
    }
    if !separator.is_empty() {
        return Box::new(text.splitn(limit, separator));
    }
    let count = text.chars().count().min(limit);
    let starts = text.char_indices().map(|(offset, _)| offset).take(count);
    let ends = text.char_indices().map(|(offset, _)| offset).skip(1).take(count.saturating_sub(1)).chain([text.len()]);
    Box::new(starts.zip(ends).map(|(start, end)| &text[start..end]))
}

fn substring<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let (text, start, end) = match arguments {
        [Value::String(text), Value::Int(start)] => (text, *start, None),
        [Value::String(text), Value::Int(start), Value::Int(end)] => (text, *start, Some(*end)),
        _ => return Err(EvalError::no_overload()),
    };
    if let Some(end) = end.filter(|end| start > *end) {
        return Err(EvalError::Invalid(format!("invalid substring range. start: {start}, end: {end}")));
    }
    let start = offset(text, start)?;
    let end = end.map_or(Ok(text.len()), |end| offset(text, end))?;
    meter.allocate(end - start)?;
    Ok(Value::text(&text[start..end]))
}

fn trim<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    meter.allocate(text.len())?;
    Ok(Value::text(text.trim()))
}

fn quote<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text)] = arguments else { return Err(EvalError::no_overload()) };
    meter.allocate(2 * text.len() + 2)?;
    Ok(Value::from(quoted(text)))
}

/// In double quotes, with what cannot be printed escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
