//! Semantic versions (k8s.io/apiserver, pkg/cel/library/semverlib.go; github.com/blang/semver).

use super::{Price, Row, price::Size, row};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Opaque, Value},
};
use std::{cmp::Ordering, fmt, sync::Arc};

const SCAN: Price = Price::Scan { argument: 0, result: Size::Unknown };

pub(super) const ROWS: &[Row] = &[
    row("string_to_semver", "semver(string) -> kubernetes.Semver", SCAN, to_version),
    row("string_bool_to_semver", "semver(string, bool) -> kubernetes.Semver", SCAN, to_version),
    row("is_semver_string", "isSemver(string) -> bool", SCAN, is_version),
    row("is_semver_string_bool", "isSemver(string, bool) -> bool", SCAN, is_version),
    row("semver_is_greater_than", "kubernetes.Semver:isGreaterThan(kubernetes.Semver) -> bool", Price::Unit, greater),
    row("semver_is_less_than", "kubernetes.Semver:isLessThan(kubernetes.Semver) -> bool", Price::Unit, less),
    row("semver_compare_to", "kubernetes.Semver:compareTo(kubernetes.Semver) -> int", Price::Unit, compare_to),
    row("semver_major", "kubernetes.Semver:major() -> int", Price::Unit, major),
    row("semver_minor", "kubernetes.Semver:minor() -> int", Price::Unit, minor),
    row("semver_patch", "kubernetes.Semver:patch() -> int", Price::Unit, patch),
];

/// A version. Build metadata does not count when versions are compared.
#[derive(Clone, Debug)]
pub struct Version {
    numbers: [u64; 3],
    before_release: Vec<Identifier>,
    build: Vec<String>,
}

/// A part of what stands behind the dash; numbers come before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

impl Version {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("Version string empty".to_owned());
        }
        let parts: Vec<&str> = text.splitn(3, '.').collect();
        let [major, minor, rest] = parts[..] else { return Err("No Major.Minor.Patch elements found".to_owned()) };
        let (rest, build) = rest.split_once('+').map_or((rest, None), |(rest, build)| (rest, Some(build)));
        let (patch, before) = rest.split_once('-').map_or((rest, None), |(patch, before)| (patch, Some(before)));
        Ok(Self {
            numbers: [number(major, "Major")?, number(minor, "Minor")?, number(patch, "Patch")?],
            before_release: before.map_or(Ok(Vec::new()), |before| before.split('.').map(identifier).collect())?,
            build: build.map_or(Ok(Vec::new()), |build| build.split('.').map(metadata).collect())?,
        })
    }

    /// With a `v`, without minor or patch, with leading zeros.
    fn parse_normalized(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(without_leading_zeros).collect();
        if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return Err("short version cannot contain PreRelease/Build meta data".to_owned());
        }
        parts.resize(3, "0".to_owned());
        Self::parse(&parts.join("."))
    }
}

fn without_leading_zeros(part: &str) -> String {
    if part.len() <= 1 {
        return part.to_owned();
    }
    let stripped = part.trim_start_matches('0');
    if stripped.starts_with(|c: char| c.is_ascii_digit()) { stripped.to_owned() } else { format!("0{stripped}") }
}

fn number(text: &str, what: &str) -> Result<u64, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("Invalid character(s) found in {} number {text:?}", what.to_lowercase()));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(format!("{what} number must not contain leading zeroes {text:?}"));
    }
    text.parse().map_err(|_| format!("{what} number {text:?} is too large"))
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn identifier(text: &str) -> Result<Identifier, String> {
    if text.is_empty() {
        return Err("Prerelease is empty".to_owned());
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return number(text, "Numeric PreRelease version").map(Identifier::Number);
    }
    if is_word(text) {
        return Ok(Identifier::Word(text.to_owned()));
    }
    Err(format!("Invalid character(s) found in prerelease {text:?}"))
}

fn metadata(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("Build meta data is empty".to_owned());
    }
    if is_word(text) {
        Ok(text.to_owned())
    } else {
        Err(format!("Invalid character(s) found in build meta data {text:?}"))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        // A release comes after what came before it.
        let released = self.before_release.is_empty().cmp(&other.before_release.is_empty());
        self.numbers.cmp(&other.numbers).then(released).then_with(|| self.before_release.cmp(&other.before_release))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        for (index, part) in self.before_release.iter().enumerate() {
            f.write_str(if index == 0 { "-" } else { "." })?;
            match part {
                Identifier::Number(number) => write!(f, "{number}")?,
                Identifier::Word(word) => f.write_str(word)?,
            }
        }
        if self.build.is_empty() { Ok(()) } else { write!(f, "+{}", self.build.join(".")) }
    }
}

fn read(arguments: &[Value<'_>]) -> Result<Result<Version, String>, EvalError> {
    Ok(match arguments {
        [Value::String(text)] | [Value::String(text), Value::Bool(false)] => Version::parse(text),
        [Value::String(text), Value::Bool(true)] => Version::parse_normalized(text),
        _ => return Err(EvalError::no_overload()),
    })
}

fn to_version<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let version = read(arguments)?.map_err(EvalError::Invalid)?;
    Ok(Value::Opaque(Opaque::Version(Arc::new(version))))
}

fn is_version<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    Ok(Value::Bool(read(arguments)?.is_ok()))
}

fn ordering(arguments: &[Value<'_>]) -> Result<Ordering, EvalError> {
    match arguments {
        [Value::Opaque(Opaque::Version(a)), Value::Opaque(Opaque::Version(b))] => Ok(a.cmp(b)),
        _ => Err(EvalError::no_overload()),
    }
}

fn greater<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    ordering(arguments).map(|ordering| Value::Bool(ordering.is_gt()))
}

fn less<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    ordering(arguments).map(|ordering| Value::Bool(ordering.is_lt()))
}

fn compare_to<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    ordering(arguments).map(|ordering| Value::Int(ordering as i64))
}

fn part<'a>(arguments: &[Value<'a>], index: usize) -> Evaluated<'a> {
    let [Value::Opaque(Opaque::Version(version))] = arguments else { return Err(EvalError::no_overload()) };
    i64::try_from(version.numbers[index]).map(Value::Int).map_err(|_| EvalError::Overflow("integer"))
}

fn major<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part(arguments, 0)
}

fn minor<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part(arguments, 1)
}

fn patch<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    part(arguments, 2)
}
