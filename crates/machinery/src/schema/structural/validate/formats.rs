//! Formats of texts (`k8s.io/kube-openapi/pkg/validation/strfmt/default.go`). Those that are not known are not checked.

use super::pattern::pattern;
use crate::format;
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp, civil::Date};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A format: its name, and whether a text has it.
type Format = (&'static str, fn(&str) -> bool);

/// In the order of their names.
const FORMATS: &[Format] = &[
    ("bsonobjectid", |text| text.len() == 24 && is_hexadecimal(text)),
    ("byte", |text| STANDARD.decode(text).is_ok()),
    ("cidr", is_cidr),
    ("creditcard", is_credit_card),
    ("date", |text| text.len() == 10 && text.parse::<Date>().is_ok()),
    ("date-time", is_date_time),
    ("datetime", is_date_time),
    ("duration", is_duration),
    ("email", |text| matches(r"^[^@\s<>]+@[^@\s<>]+$", text)),
    ("hexcolor", |text| matches("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$", text)),
    ("hostname", is_host_name),
    ("ipv4", |text| text.parse::<Ipv4Addr>().is_ok()),
    ("ipv6", |text| text.parse::<Ipv6Addr>().is_ok()),
    ("isbn", |text| is_isbn10(text) || is_isbn13(text)),
    ("isbn10", is_isbn10),
    ("isbn13", is_isbn13),
    ("k8s-long-name", |text| format::dns1123_subdomain(text).is_empty()),
    ("k8s-short-name", |text| format::dns1123_label(text).is_empty()),
    ("mac", |text| matches("^([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){7})$", text)),
    ("password", |_| true),
    ("rgbcolor", is_rgb_color),
    ("ssn", |text| matches(r"^\d{3}[- ]?\d{2}[- ]?\d{4}$", text)),
    ("uri", is_uri),
    ("uuid", |text| matches("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$", text)),
    ("uuid3", |text| matches("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$", text)),
    ("uuid4", |text| matches("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$", text)),
    ("uuid5", |text| matches("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$", text)),
];

/// Whether there is a format of that name.
#[must_use]
pub fn is_format(name: &str) -> bool {
    FORMATS.iter().any(|(known, _)| *known == name)
}

/// Whether a text has the format of that name, if it is one that is known.
pub(super) fn fits(name: &str, text: &str) -> bool {
    FORMATS.iter().find(|(known, _)| *known == name).is_none_or(|(_, fits)| fits(text))
}

fn matches(expression: &str, text: &str) -> bool {
    pattern(expression).is_ok_and(|pattern| pattern.is_match(text))
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = match address.parse() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let ends = label.starts_with(char::is_alphanumeric) && label.ends_with(char::is_alphanumeric);
        ends && label.chars().count() <= 63 && label.chars().all(|one| one.is_alphanumeric() || one == '-')
    };
    text.len() <= 255 && text.split('.').all(is_label)
}

fn is_date_time(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

/// Go's `1h30m`, or words as in `3 days`.
fn is_duration(text: &str) -> bool {
    let plain = matches(
        r"^[+-]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*)$",
        text,
    );
    plain || text.parse::<SignedDuration>().is_ok_and(|_| !text.starts_with('P'))
}

fn is_uri(text: &str) -> bool {
    matches(r"^([a-zA-Z][a-zA-Z0-9+.-]*:[^\s]*|/[^\s]*)$", text)
}

fn is_rgb_color(text: &str) -> bool {
    matches(
        r"^rgb\(\s*(25[0-5]|2[0-4]\d|1?\d?\d)\s*,\s*(25[0-5]|2[0-4]\d|1?\d?\d)\s*,\s*(25[0-5]|2[0-4]\d|1?\d?\d)\s*\)$",
        text,
    )
}

/// The digits of a number that is written with dashes or spaces.
fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().filter(|character| !matches!(character, '-' | ' ')).map(|character| character.to_digit(10)).collect()
}

/// Luhn's sum.
fn is_credit_card(text: &str) -> bool {
    let Some(digits) = digits(text) else { return false };
    let value = |(place, digit): (usize, &u32)| match (place % 2, *digit) {
        (1, digit) if digit > 4 => digit * 2 - 9,
        (1, digit) => digit * 2,
        (_, digit) => digit,
    };
    (13..=19).contains(&digits.len()) && digits.iter().rev().enumerate().map(value).sum::<u32>() % 10 == 0
}

fn is_isbn10(text: &str) -> bool {
    let text = text.replace(['-', ' '], "");
    let (body, check) = text.split_at_checked(9).unwrap_or_default();
    let (Some(body), check) = (digits(body), if check == "X" { Some(10) } else { check.parse().ok() }) else {
        return false;
    };
    let sum: u32 = (1..).zip(body.iter().copied().chain(check)).map(|(place, digit): (u32, u32)| place * digit).sum();
    body.len() == 9 && check.is_some_and(|check: u32| check <= 10) && sum.is_multiple_of(11)
}

fn is_isbn13(text: &str) -> bool {
    let Some(digits) = digits(text) else { return false };
    let value = |(place, digit): (usize, &u32)| if place % 2 == 0 { *digit } else { digit * 3 };
    digits.len() == 13 && digits.iter().enumerate().map(value).sum::<u32>() % 10 == 0
}
