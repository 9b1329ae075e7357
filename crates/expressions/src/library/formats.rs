//! Named formats: `format.dns1123Label().validate("x")` (k8s.io/apiserver, pkg/cel/library/format.go).

use super::{Price, Row, row, url};
use crate::{
    budget::Meter,
    error::EvalError,
    value::{Evaluated, Opaque, Timestamp, Value},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use machinery::format;

/// A format by name.
#[derive(Debug)]
pub struct NamedFormat {
    pub name: &'static str,
    /// What is wrong with a string, nothing if it is of the format.
    check: fn(&str) -> Vec<String>,
    /// The length of the pattern that the cost of a check is reckoned from.
    pub pattern_size: u64,
}

impl PartialEq for NamedFormat {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const FORMATS: &[(&str, NamedFormat)] = &[
    ("dns1123Label", NamedFormat { name: "DNS1123Label", check: format::dns1123_label, pattern_size: 30 }),
    ("dns1123Subdomain", NamedFormat { name: "DNS1123Subdomain", check: format::dns1123_subdomain, pattern_size: 60 }),
    ("dns1035Label", NamedFormat { name: "DNS1035Label", check: format::dns1035_label, pattern_size: 30 }),
    ("qualifiedName", NamedFormat { name: "QualifiedName", check: format::qualified_name, pattern_size: 60 }),
    (
        "dns1123LabelPrefix",
        NamedFormat {
            name: "DNS1123LabelPrefix",
            check: |text| format::dns1123_label(&prefix(text)),
            pattern_size: 30,
        },
    ),
    (
        "dns1123SubdomainPrefix",
        NamedFormat {
            name: "DNS1123SubdomainPrefix",
            check: |text| format::dns1123_subdomain(&prefix(text)),
            pattern_size: 60,
        },
    ),
    (
        "dns1035LabelPrefix",
        NamedFormat {
            name: "DNS1035LabelPrefix",
            check: |text| format::dns1035_label(&prefix(text)),
            pattern_size: 30,
        },
    ),
    ("labelValue", NamedFormat { name: "LabelValue", check: format::label_value, pattern_size: 40 }),
    ("uri", NamedFormat { name: "URI", check: uri, pattern_size: 1103 }),
    ("uuid", NamedFormat { name: "uuid", check: uuid, pattern_size: 72 }),
    ("byte", NamedFormat { name: "byte", check: byte, pattern_size: 84 }),
    ("date", NamedFormat { name: "date", check: date, pattern_size: 71 }),
    ("datetime", NamedFormat { name: "datetime", check: date_time, pattern_size: 71 }),
];

pub(super) const ROWS: &[Row] = &[
    row("format-named", "format.named(string) -> optional(kubernetes.NamedFormat)", Price::Unit, named),
    row(
        "format-validate",
        "kubernetes.NamedFormat:validate(string) -> optional(list(string))",
        Price::Validate,
        validate,
    ),
    row("format.dns1123Label", "format.dns1123Label() -> kubernetes.NamedFormat", Price::Unit, |_, _| at(0)),
    row("format.dns1123Subdomain", "format.dns1123Subdomain() -> kubernetes.NamedFormat", Price::Unit, |_, _| at(1)),
    row("format.dns1035Label", "format.dns1035Label() -> kubernetes.NamedFormat", Price::Unit, |_, _| at(2)),
    row("format.qualifiedName", "format.qualifiedName() -> kubernetes.NamedFormat", Price::Unit, |_, _| at(3)),
    row("format.dns1123LabelPrefix", "format.dns1123LabelPrefix() -> kubernetes.NamedFormat", Price::Unit, |_, _| {
        at(4)
    }),
    row(
        "format.dns1123SubdomainPrefix",
        "format.dns1123SubdomainPrefix() -> kubernetes.NamedFormat",
        Price::Unit,
        |_, _| at(5),
    ),
    row("format.dns1035LabelPrefix", "format.dns1035LabelPrefix() -> kubernetes.NamedFormat", Price::Unit, |_, _| {
        at(6)
    }),
    row("format.labelValue", "format.labelValue() -> kubernetes.NamedFormat", Price::Unit, |_, _| at(7)),
    row("format.uri", "format.uri() -> kubernetes.NamedFormat", Price::Unit, |_, _| at(8)),
    row("format.uuid", "format.uuid() -> kubernetes.NamedFormat", Price::Unit, |_, _| at(9)),
    row("format.byte", "format.byte() -> kubernetes.NamedFormat", Price::Unit, |_, _| at(10)),
    row("format.date", "format.date() -> kubernetes.NamedFormat", Price::Unit, |_, _| at(11)),
    row("format.datetime", "format.datetime() -> kubernetes.NamedFormat", Price::Unit, |_, _| at(12)),
];

fn at<'a>(index: usize) -> Evaluated<'a> {
    FORMATS.get(index).map(|(_, format)| Value::Opaque(Opaque::Format(format))).ok_or_else(EvalError::no_overload)
}

fn named<'a>(_: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::String(name)] = arguments else { return Err(EvalError::no_overload()) };
    let found = FORMATS.iter().find(|(key, _)| *key == &**name);
    Ok(found.map_or(Value::NONE, |(_, format)| Value::some(Value::Opaque(Opaque::Format(format)))))
}

fn validate<'a>(meter: &mut Meter, arguments: &mut [Value<'a>]) -> Evaluated<'a> {
    let [Value::Opaque(Opaque::Format(format)), Value::String(text)] = arguments else {
        return Err(EvalError::no_overload());
    };
    let errors = (format.check)(text);
    if errors.is_empty() {
        return Ok(Value::NONE);
    }
    meter.allocate(errors.iter().map(|error| error.len() + size_of::<Value<'_>>()).sum())?;
    Ok(Value::some(Value::list(errors.into_iter().map(Value::from).collect())))
}

/// A prefix may end in a dash: something follows.
fn prefix(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let kept = rest.char_indices().next_back().map_or(0, |(start, _)| start);
            format!("{}a", &rest[..kept])
        }
        _ => text.to_owned(),
    }
}

fn complain_unless(good: bool, complaint: &str) -> Vec<String> {
    if good { Vec::new() } else { vec![complaint.to_owned()] }
}

fn uri(text: &str) -> Vec<String> {
    url::parse(text).err().into_iter().collect()
}

fn uuid(text: &str) -> Vec<String> {
    let hexadecimal = text.bytes().filter(u8::is_ascii_hexdigit).count();
    let dashes: Vec<usize> = text.match_indices('-').map(|(at, _)| at).collect();
    let shaped = dashes.is_empty() || dashes == [8, 13, 18, 23];
    complain_unless(
        hexadecimal == 32 && hexadecimal + dashes.len() == text.len() && shaped,
        "does not match the UUID format",
    )
}

fn byte(text: &str) -> Vec<String> {
    complain_unless(!text.is_empty() && STANDARD.decode(text).is_ok(), "invalid base64")
}

fn date(text: &str) -> Vec<String> {
    complain_unless(text.len() == 10 && Timestamp::parse_date(text).is_some(), "invalid date")
}

fn date_time(text: &str) -> Vec<String> {
    complain_unless(Timestamp::parse(text).is_some(), "invalid datetime")
}
