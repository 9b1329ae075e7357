//! Tokens by which new nodes make themselves known, kept as secrets in `kube-system`
//! (`plugin/pkg/auth/authenticator/token/bootstrap`).

use super::keys::digest;
use crate::user::User;
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use machinery::meta;
use serde_json::Value;

/// Where the secrets are.
pub const NAMESPACE: &str = "kube-system";
const TYPE: &str = "bootstrap.kubernetes.io/token";
const GROUP: &str = "system:bootstrappers";

/// Identifier and secret of a token `ID.SECRET`; `None` if it does not look like one.
pub fn parse(token: &str) -> Option<(&str, &str)> {
    let (id, secret) = token.split_once('.')?;
    let is_of = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    (is_of(id, 6) && is_of(secret, 16)).then_some((id, secret))
}

/// The name of the secret that holds a token.
pub fn secret_name(id: &str) -> String {
    format!("bootstrap-token-{id}")
}

/// Who shows a token; `secret` is the object that is to hold it. It is not told why it is not good: that would help
/// who guesses.
pub fn user(held: Option<&Value>, (id, secret): (&str, &str), now: Timestamp) -> Option<User> {
    let held = held.filter(|held| held["type"] == TYPE && meta::deletion_timestamp(held).is_none())?;
    let data = |key: &str| {
        let decoded = STANDARD.decode(held["data"][key].as_str()?).ok()?;
        String::from_utf8(decoded).ok()
    };
    // Compared by their digests: how long that takes says nothing of the secret.
    let is_same = digest(&data("token-secret")?) == digest(secret) && data("token-id")? == id;
    let is_over = match data("expiration") {
        None => false,
        Some(time) => time.parse::<Timestamp>().map_or(true, |time| time <= now),
    };
    if !is_same || is_over || data("usage-bootstrap-authentication")? != "true" {
        return None;
    }
    let more = data("auth-extra-groups").unwrap_or_default();
    let more: Vec<&str> = more.split(',').map(str::trim).filter(|group| !group.is_empty()).collect();
    let groups = more.iter().all(|group| is_bootstrap_group(group)).then_some(more)?;
    Some(User::new(format!("system:bootstrap:{id}"), [GROUP].into_iter().chain(groups)))
}

/// Tokens make nobody a member of other groups than these (`ValidateBootstrapGroupName`).
fn is_bootstrap_group(name: &str) -> bool {
    let rest = name.strip_prefix(GROUP).and_then(|rest| rest.strip_prefix(':')).unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = rest.len() <= 256 && rest.bytes().all(|byte| is_plain(byte) || matches!(byte, b':' | b'-'));
    fits && rest.bytes().next_back().is_some_and(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_token_is_what_looks_like_one() {
        for (token, expected) in [
            ("abcdef.0123456789abcdef", Some(("abcdef", "0123456789abcdef"))),
            ("abcde.0123456789abcdef", None),
            ("abcdef.0123456789abcde", None),
            ("ABCDEF.0123456789abcdef", None),
            ("abcdef", None),
            ("a.b.c", None),
        ] {
            assert_eq!(parse(token), expected, "{token}");
        }
    }

    #[test]
    fn a_token_is_good_as_its_secret_says() {
        let held = |changes: &[(&str, &str)]| {
            let mut data = json!({"token-id": "abcdef", "token-secret": "s", "usage-bootstrap-authentication": "true"});
            for (key, value) in changes {
                data[*key] = json!(value);
            }
            let encoded = data.as_object().unwrap().iter();
            let encoded = encoded.map(|(key, value)| (key.clone(), json!(STANDARD.encode(value.as_str().unwrap()))));
            json!({"type": TYPE, "data": encoded.collect::<serde_json::Map<_, _>>()})
        };
        for (held, groups) in [
            (held(&[]), Some(vec![GROUP])),
            (held(&[("auth-extra-groups", "system:bootstrappers:a, system:bootstrappers:b")]), {
                Some(vec![GROUP, "system:bootstrappers:a", "system:bootstrappers:b"])
            }),
            (held(&[("auth-extra-groups", "system:masters")]), None),
            (held(&[("auth-extra-groups", "system:bootstrappers:")]), None),
            (held(&[("token-secret", "other")]), None),
            (held(&[("token-id", "other1")]), None),
            (held(&[("usage-bootstrap-authentication", "false")]), None),
            (held(&[("expiration", "1970-01-01T00:00:01Z")]), Some(vec![GROUP])),
            (held(&[("expiration", "1969-12-31T23:59:59Z")]), None),
            (held(&[("expiration", "soon")]), None),
            (json!({"type": "Opaque", "data": held(&[])["data"]}), None),
        ] {
            let expected = groups.map(|groups| User::new("system:bootstrap:abcdef", groups));
            assert_eq!(user(Some(&held), ("abcdef", "s"), NOW), expected, "{held}");
        }
        assert_eq!(user(None, ("abcdef", "s"), NOW), None);
    }
}
