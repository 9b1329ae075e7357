//! Regular expressions: RE2's syntax as Go reads it, run by a matcher without backtracking. Patterns are translated where
//! Go and Rust read them differently.

use super::{Price, Row, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Value},
};
use regex::{Regex, RegexBuilder};

pub(super) const ROWS: &[Row] = &[
    row("matches", "matches(string, string) -> bool", Price::Match, matches),
    row("matches_string", "string:matches(string) -> bool", Price::Match, matches),
    row("string_find_string", "string:find(string) -> string", Price::Find, find),
    row("string_find_all_string", "string:findAll(string) -> list(string)", Price::Find, find_all),
    row("string_find_all_string_int", "string:findAll(string, int) -> list(string)", Price::Find, find_all),
];

/// How much memory a compiled pattern may take.
const SIZE_LIMIT: usize = 1024 * 1024;
/// How deep a pattern's brackets may be nested.
const NEST_LIMIT: u32 = 250;

/// Compiles a pattern of Go's.
///
/// # Errors
/// It is none, or it is too large.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = translate(pattern)
        .ok_or_else(|| format!("error parsing regexp: invalid nested repetition operator: `{pattern}`"))?;
    RegexBuilder::new(&translated)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(SIZE_LIMIT)
        .nest_limit(NEST_LIMIT)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => format!("expression too large: `{pattern}`"),
            _ => format!("error parsing regexp: `{pattern}`"),
        })
}

fn compiled(pattern: &str) -> Result<Regex, EvalError> {
    compile(pattern).map_err(|message| EvalError::Invalid(format!("Illegal regex: {message}")))
}

/// Classes of letters are ASCII's in Go; what Rust takes for operations on classes is not one in Go; `{` that begins no
/// repetition and `\Q...\E` are text. `None` if something is repeated twice, which Rust would take.
fn translate(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut class_start = None;
    // Whether a repetition has just ended, and whether it has been made lazy already.
    let mut repeated = Repeated::No;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        let in_class = class_start.is_some();
        let (translated, length) = match character {
            '\\' => escape(after, in_class),
            '[' if !in_class => {
                class_start = Some(out.len() + if after.starts_with('^') { 2 } else { 1 });
                if after.starts_with('^') { ("[^".to_owned(), 2) } else { ("[".to_owned(), 1) }
            }
            '[' => match after.find(":]").filter(|_| after.starts_with(':')) {
                Some(end) => (rest[..end + 3].to_owned(), end + 3),
                None => ("\\[".to_owned(), 1),
            },
            ']' if class_start.is_some_and(|start| out.len() > start) => {
                class_start = None;
                ("]".to_owned(), 1)
            }
            ']' if in_class => ("\\]".to_owned(), 1),
            '&' | '~' if in_class => (format!("\\{character}"), 1),
            '-' if in_class && after.starts_with('-') => ("\\-".to_owned(), 1),
            '{' if !in_class && !is_repetition(after) => ("\\{".to_owned(), 1),
            other => (other.to_string(), other.len_utf8()),
        };
        let repeats = !in_class && (matches!(character, '*' | '+' | '?') || (character == '{' && is_repetition(after)));
        repeated = repeated.then(repeats, character)?;
        let length = if repeats && character == '{' { after.find('}')? + 2 } else { length };
        out.push_str(if repeats { &rest[..length] } else { &translated });
        rest = &rest[length..];
    }
    Some(out)
}

#[derive(Clone, Copy)]
enum Repeated {
    No,
    Once,
    Lazily,
}

impl Repeated {
    fn then(self, repeats: bool, character: char) -> Option<Self> {
        match (self, repeats, character) {
            (_, false, _) => Some(Self::No),
            (Self::No, true, _) => Some(Self::Once),
            (Self::Once, true, '?') => Some(Self::Lazily),
            _ => None,
        }
    }
}

/// The translation of what follows a backslash, and how much of the pattern it stands for, the backslash included.
fn escape(after: &str, in_class: bool) -> (String, usize) {
    let translated = match after.chars().next() {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some('s') => "[\\t\\n\\f\\r ]",
        Some('S') => "[^\\t\\n\\f\\r ]",
        Some('b') if !in_class => "(?-u:\\b)",
        Some('Q') => {
            let text = &after[1..];
            let end = text.find("\\E").unwrap_or(text.len());
            return (regex::escape(&text[..end]), (end + 4).min(after.len() + 1));
        }
        Some(other) => return (format!("\\{other}"), 1 + other.len_utf8()),
        None => return ("\\".to_owned(), 1),
    };
    (translated.to_owned(), 2)
}

/// Whether a `{` before this text begins `{n}`, `{n,}` or `{n,m}`.
fn is_repetition(after: &str) -> bool {
    let Some((counts, _)) = after.split_once('}') else { return false };
    let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

fn matches<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text), Value::String(pattern)] = arguments else { return Err(EvalError::no_overload()) };
    let pattern = compile(pattern).map_err(EvalError::Invalid)?;
    Ok(Value::Bool(pattern.is_match(text)))
}

fn find<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(text), Value::String(pattern)] = arguments else { return Err(EvalError::no_overload()) };
    found(&compiled(pattern)?, text, meter)
}

pub(crate) fn found<'a>(pattern: &Regex, text: &str, meter: &mut Meter) -> Evaluated<'a> {
    let found = pattern.find(text).map_or("", |found| found.as_str());
    meter.allocate(found.len())?;
    Ok(Value::text(found))
}

fn find_all<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    match arguments {
        [Value::String(text), Value::String(pattern)] => all_found(&compiled(pattern)?, text, -1, meter),
        [Value::String(text), Value::String(pattern), Value::Int(limit)] => {
            all_found(&compiled(pattern)?, text, *limit, meter)
        }
        _ => Err(EvalError::no_overload()),
    }
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
    fn patterns_mean_what_they_mean_in_go() {
        for (pattern, text, expected) in [
            (r"^\d+$", "12", true),
            (r"^\d+$", "١٢", false),
            (r"^[\w-]+$", "a-b", true),
            (r"^[[]$", "[", true),
            (r"^[]a]+$", "]a", true),
            (r"^[a&&b]$", "&", true),
            (r"^[[:alpha:]]$", "x", true),
            (r"a{,2}", "a{,2}", true),
            (r"^a{2}$", "aa", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"\bä", "ä", false),
            ("(?i)^ABC$", "abc", true),
        ] {
            let compiled = compile(pattern).unwrap_or_else(|message| panic!("{pattern}: {message}"));
            assert_eq!(compiled.is_match(text), expected, "{pattern} {text}");
        }
        assert!(compile("(").is_err());
        assert!(compile(r"(?=a)").is_err());
        assert!(compile("(a{1000}){1000}").is_err());
    }
}
