//! Formats of strings and ranges of numbers; each function returns what is wrong, nothing if the value is good
//! (`k8s.io/apimachinery/pkg/util/validation`).

use std::net::IpAddr;

const DNS1123_LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED_NAME: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const QUALIFIED_NAME_RULE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                                   with an alphanumeric character";

/// The longest DNS label and the longest label value.
pub const LABEL_MAX_LENGTH: usize = 63;
/// The longest DNS subdomain.
pub const SUBDOMAIN_MAX_LENGTH: usize = 253;

/// A name within one DNS label, such as a container's.
#[must_use]
pub fn dns1123_label(value: &str) -> Vec<String> {
    let mut errors = too_long(value, LABEL_MAX_LENGTH);
    if !is_label(value, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        if is_subdomain(value) {
            errors.push("must not contain dots".to_owned());
        } else {
            let rule = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                        start and end with an alphanumeric character";
            errors.push(pattern_error(rule, DNS1123_LABEL, &["my-name", "123-abc"]));
        }
    }
    errors
}

/// A name of DNS labels with dots between, such as most objects' names.
#[must_use]
pub fn dns1123_subdomain(value: &str) -> Vec<String> {
    let mut errors = too_long(value, SUBDOMAIN_MAX_LENGTH);
    if !is_subdomain(value) {
        let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
                    must start and end with an alphanumeric character";
        errors.push(pattern_error(rule, &format!("{DNS1123_LABEL}(\\.{DNS1123_LABEL})*"), &["example.com"]));
    }
    errors
}

/// A DNS search path: a subdomain whose labels may have underscores.
#[must_use]
pub fn dns1123_subdomain_with_underscore(value: &str) -> Vec<String> {
    let mut errors = too_long(value, SUBDOMAIN_MAX_LENGTH);
    let label = |label: &str| {
        let rest = label.strip_prefix('_').unwrap_or(label);
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        rest.bytes().all(|byte| inner(byte) || byte == b'-' || byte == b'_')
            && rest.bytes().next().is_some_and(inner)
            && rest.bytes().last().is_some_and(inner)
    };
    if !value.split('.').all(label) {
        let pattern = "[a-z0-9_]([-_a-z0-9]*[a-z0-9])?";
        let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', \
                    and must start and end with an alphanumeric character";
        errors.push(pattern_error(rule, &format!("{pattern}(\\.{pattern})*"), &["example.com"]));
    }
    errors
}

/// A DNS label that starts with a letter, such as a Service's name.
#[must_use]
pub fn dns1035_label(value: &str) -> Vec<String> {
    let mut errors = too_long(value, LABEL_MAX_LENGTH);
    let starts_with_letter = value.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if !starts_with_letter || !is_label(value, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        let rule = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                    alphabetic character, and end with an alphanumeric character";
        errors.push(pattern_error(rule, "[a-z]([-a-z0-9]*[a-z0-9])?", &["my-name", "abc-123"]));
    }
    errors
}

/// A name that is safe as one element of a path (`path.ValidatePathSegmentName`), such as a Role's.
#[must_use]
pub fn path_segment(value: &str) -> Vec<String> {
    if value == "." || value == ".." {
        return vec![format!("may not be '{value}'")];
    }
    ["/", "%"].iter().filter(|part| value.contains(**part)).map(|part| format!("may not contain '{part}'")).collect()
}

/// A name with an optional DNS subdomain before a slash, such as a label's key.
#[must_use]
pub fn qualified_name(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let mut parts = value.split('/');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    if parts.next().is_some() {
        let rule = pattern_error(QUALIFIED_NAME_RULE, QUALIFIED_NAME, &["MyName", "my.name", "123-abc"]);
        return vec![format!(
            "a qualified name {rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )];
    }
    let name = match second {
        None => first,
        Some(name) => {
            if first.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                errors.extend(dns1123_subdomain(first).iter().map(|error| format!("prefix part {error}")));
            }
            name
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    }
    errors.extend(too_long(name, LABEL_MAX_LENGTH).iter().map(|error| format!("name part {error}")));
    if !is_qualified(name) {
        let rule = pattern_error(QUALIFIED_NAME_RULE, QUALIFIED_NAME, &["MyName", "my.name", "123-abc"]);
        errors.push(format!("name part {rule}"));
    }
    errors
}

/// The value of a label; may be empty.
#[must_use]
pub fn label_value(value: &str) -> Vec<String> {
    let mut errors = too_long(value, LABEL_MAX_LENGTH);
    if !value.is_empty() && !is_qualified(value) {
        let rule = format!("a valid label must be an empty string or {}", &QUALIFIED_NAME_RULE["must ".len()..]);
        errors.push(pattern_error(&rule, &format!("({QUALIFIED_NAME})?"), &["MyValue", "my_value", "12345"]));
    }
    errors
}

/// The name of an environment variable (KEP-4369: all printable ASCII but `=`).
#[must_use]
pub fn environment_variable_name(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.is_empty() {
        errors.push("environment variable name must be non-empty".to_owned());
    }
    if value.bytes().any(|byte| !(b' '..=b'~').contains(&byte) || byte == b'=') {
        errors.push(
            "a valid environment variable name must consist only of printable ASCII characters other than '='"
                .to_owned(),
        );
    }
    errors
}

/// A key in a `ConfigMap` or a Secret: it becomes a file's name.
#[must_use]
pub fn config_map_key(value: &str) -> Vec<String> {
    let mut errors = too_long(value, SUBDOMAIN_MAX_LENGTH);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if value.is_empty() || !value.bytes().all(allowed) {
        let rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        errors.push(pattern_error(rule, "[-._a-zA-Z0-9]+", &["key.name", "KEY_NAME", "key-name"]));
    }
    match value {
        "." | ".." => errors.push(format!("must not be '{value}'")),
        _ if value.starts_with("..") => errors.push("must not start with '..'".to_owned()),
        _ => {}
    }
    errors
}

/// The name of a container's port (RFC 6335, section 5.1).
#[must_use]
pub fn port_name(value: &str) -> Vec<String> {
    let mut errors = too_long(value, 15);
    let mut require = |good: bool, error: &str| {
        if !good {
            errors.push(error.to_owned());
        }
    };
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    require(
        !value.is_empty() && value.bytes().all(allowed),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    require(value.bytes().any(|byte| byte.is_ascii_lowercase()), "must contain at least one letter (a-z)");
    require(!value.contains("--"), "must not contain consecutive hyphens");
    require(!value.starts_with('-') && !value.ends_with('-'), "must not begin or end with a hyphen");
    errors
}

/// The name of an HTTP header.
#[must_use]
pub fn http_header_name(value: &str) -> Vec<String> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Vec::new();
    }
    let rule = "a valid HTTP header must consist of alphanumeric characters or '-'";
    vec![pattern_error(rule, "[-A-Za-z0-9]+", &["X-Header-Name"])]
}

/// The number of a port.
#[must_use]
pub fn port_number(value: i32) -> Vec<String> {
    in_range(i64::from(value), 1, 65535)
}

/// A user's or group's number.
#[must_use]
pub fn identity(value: i64) -> Vec<String> {
    in_range(value, 0, i64::from(i32::MAX))
}

/// A number within bounds, both inclusive.
#[must_use]
pub fn in_range(value: i64, low: i64, high: i64) -> Vec<String> {
    if (low..=high).contains(&value) { Vec::new() } else { vec![inclusive_range_error(low, high)] }
}

/// The text for a number out of bounds.
#[must_use]
pub fn inclusive_range_error(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

/// An IPv4 or IPv6 address that programs cannot read differently (KEP-4858).
#[must_use]
pub fn ip(value: &str) -> Vec<String> {
    let error = match value.parse() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => "must not be an IPv4-mapped IPv6 address",
        Ok(_) => return Vec::new(),
        Err(_) if without_leading_zeros(value).parse::<IpAddr>().is_ok() => "must not have leading 0s",
        Err(_) => "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
    };
    vec![error.to_owned()]
}

/// The text with the numbers between dots in their shortest form.
fn without_leading_zeros(value: &str) -> String {
    let shortest = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_owned(),
        rest => rest.to_owned(),
    };
    value.split('.').map(shortest).collect::<Vec<_>>().join(".")
}

/// An address range: address, slash, number of bits.
#[must_use]
pub fn cidr(value: &str) -> Vec<String> {
    let good = value.split_once('/').is_some_and(|(address, bits)| {
        let width = match address.parse() {
            Ok(IpAddr::V4(_)) => 32,
            Ok(IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        bits.bytes().all(|byte| byte.is_ascii_digit()) && bits.parse::<u8>().is_ok_and(|bits| bits <= width)
    });
    if good { Vec::new() } else { vec!["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)".to_owned()] }
}

fn too_long(value: &str, max: usize) -> Vec<String> {
    if value.len() > max { vec![format!("must be no more than {max} bytes")] } else { Vec::new() }
}

fn pattern_error(rule: &str, pattern: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{rule} (e.g. {}regex used for validation is '{pattern}')", examples.join(" or "))
}

fn is_label(value: &str, end: fn(u8) -> bool) -> bool {
    value.bytes().all(|byte| end(byte) || byte == b'-')
        && value.bytes().next().is_some_and(end)
        && value.bytes().last().is_some_and(end)
}

fn is_subdomain(value: &str) -> bool {
    value.split('.').all(|label| is_label(label, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

fn is_qualified(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && value.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && value.bytes().last().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_values_have_no_errors() {
        type Check = fn(&str) -> Vec<String>;
        let cases: &[(Check, &[&str])] = &[
            (dns1123_label, &["a", "a-b", "0a", "a0", &"a".repeat(63).leak()[..]]),
            (dns1123_subdomain, &["a", "a.b-c.0"]),
            (dns1123_subdomain_with_underscore, &["_tcp.a", "a_b.c"]),
            (dns1035_label, &["a", "a-0"]),
            (qualified_name, &["a", "A_b.c-D", "example.com/a", "1"]),
            (label_value, &["", "a", "A_b.c", "1"]),
            (environment_variable_name, &["a", "A.b-c", "1", "a b"]),
            (config_map_key, &["a", ".a", "a.b_c-D"]),
            (port_name, &["http", "a-1"]),
            (http_header_name, &["X-A"]),
            (ip, &["10.0.0.1", "::1"]),
            (cidr, &["10.0.0.0/8", "::/0"]),
            (path_segment, &["system:node", "a b"]),
        ];
        for (check, values) in cases {
            for value in *values {
                assert_eq!(check(value), Vec::<String>::new(), "{value}");
            }
        }
    }

    #[test]
    fn bad_values_are_told_what_is_wrong() {
        type Check = fn(&str) -> Vec<String>;
        let cases: &[(Check, &str, &str)] = &[
            (
                dns1123_label,
                "A_b",
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
                 and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
                 '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            ),
            (dns1123_label, "a.b", "must not contain dots"),
            (
                dns1123_subdomain,
                "-a",
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
                 must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
                 '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            ),
            (dns1035_label, "0a", "a DNS-1035 label must consist of"),
            (qualified_name, "/a", "prefix part must be non-empty"),
            (qualified_name, "a/", "name part must be non-empty"),
            (qualified_name, "a/b/c", "a qualified name must consist of"),
            (qualified_name, "a b", "name part must consist of"),
            (
                label_value,
                "a b",
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
                 must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', \
                 regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            ),
            (environment_variable_name, "a=b", "a valid environment variable name must consist only of printable"),
            (config_map_key, "..", "must not be '..'"),
            (config_map_key, "..a", "must not start with '..'"),
            (config_map_key, "a/b", "a valid config key must consist of"),
            (port_name, "Http", "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"),
            (port_name, "80", "must contain at least one letter (a-z)"),
            (port_name, "a--b", "must not contain consecutive hyphens"),
            (port_name, "-a", "must not begin or end with a hyphen"),
            (port_name, "abcdefghijklmnop", "must be no more than 15 bytes"),
            (http_header_name, "a b", "a valid HTTP header must consist of alphanumeric characters or '-'"),
            (ip, "10.0.0", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
            (ip, "010.0.0.00", "must not have leading 0s"),
            (ip, "::ffff:10.0.0.1", "must not be an IPv4-mapped IPv6 address"),
            (cidr, "10.0.0.0/33", "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"),
            (path_segment, "..", "may not be '..'"),
            (path_segment, "a/b", "may not contain '/'"),
        ];
        for (check, value, expected) in cases {
            let errors = check(value);
            assert!(errors.iter().any(|error| error.starts_with(expected)), "{value}: {errors:?}");
        }
        assert_eq!(port_number(0), ["must be between 1 and 65535, inclusive"]);
        assert_eq!(identity(-1), ["must be between 0 and 2147483647, inclusive"]);
    }
}
