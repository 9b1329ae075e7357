//! What a registry that answers 401 wants to be shown: the header `WWW-Authenticate` (RFC 9110, section 11.6.1, and the
//! token authentication of the distribution registry). Pure.

use std::collections::BTreeMap;

/// How to authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// With the user's name and password.
    Basic,
    /// With a token from a token server.
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

impl Challenge {
    /// The best that a header offers: a token, which says less about the user than the password.
    pub fn parse(header: &str) -> Option<Self> {
        let offers = offers(header);
        let bearer =
            offers.iter().filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).find_map(|(_, given)| {
                let given = |name: &str| given.get(name).cloned();
                Some(Self::Bearer { realm: given("realm")?, service: given("service"), scope: given("scope") })
            });
        let basic = || offers.iter().any(|(scheme, _)| scheme.eq_ignore_ascii_case("basic")).then_some(Self::Basic);
        bearer.or_else(basic)
    }
}

/// Schemes with their parameters, whose names are in lower case.
fn offers(header: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut offers: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for part in split(header) {
        let part = part.trim();
        let (before, value) = part.split_once('=').map_or((part, None), |(before, value)| (before.trim(), Some(value)));
        // A new offer begins with its scheme, before its first parameter or alone.
        let (scheme, name) = match (before.split_once(' '), value) {
            (Some((scheme, name)), _) => (Some(scheme), name.trim()),
            (None, None) => (Some(before), ""),
            (None, Some(_)) => (None, before),
        };
        if let Some(scheme) = scheme.filter(|scheme| !scheme.is_empty()) {
            offers.push((scheme.to_owned(), BTreeMap::new()));
        }
        if let (Some(value), Some((_, given))) = (value, offers.last_mut()) {
            given.insert(name.to_ascii_lowercase(), unquoted(value.trim()));
        }
    }
    offers
}

/// Splits at commas outside of quotes.
fn split(header: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for character in header.chars() {
        if character == ',' && !is_quoted {
            parts.push(String::new());
            continue;
        }
        is_quoted ^= character == '"' && !is_escaped;
        is_escaped = is_quoted && character == '\\' && !is_escaped;
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts
}

fn unquoted(value: &str) -> String {
    let Some(quoted) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        text.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Challenge::Bearer { realm: realm.to_owned(), service: owned(service), scope: owned(scope) }
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let pull = "repository:team/hello:pull,push";
        let table = [
            ("Basic realm=\"test\"".to_owned(), Some(Challenge::Basic)),
            ("basic".to_owned(), Some(Challenge::Basic)),
            ("Bearer realm=\"https://auth/token\"".to_owned(), Some(bearer("https://auth/token", None, None))),
            (
                format!("Bearer realm=\"https://auth/token\",service=\"r\",scope=\"{pull}\""),
                Some(bearer("https://auth/token", Some("r"), Some(pull))),
            ),
            (
                "bearer Realm = https://auth/token , SERVICE=r".to_owned(),
                Some(bearer("https://auth/token", Some("r"), None)),
            ),
            ("Basic realm=\"a, b\", Bearer realm=\"t\", error=\"x\"".to_owned(), Some(bearer("t", None, None))),
            ("Bearer realm=\"a \\\"b\\\"\"".to_owned(), Some(bearer("a \"b\"", None, None))),
            ("Negotiate, Basic realm=x".to_owned(), Some(Challenge::Basic)),
            ("Bearer service=\"r\"".to_owned(), None),
            ("Negotiate".to_owned(), None),
            ("=\",\\".to_owned(), None),
            (String::new(), None),
        ];
        for (header, expected) in table {
            assert_eq!(Challenge::parse(&header), expected, "{header}");
        }
    }
}
