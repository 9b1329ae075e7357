//! Credentials for registries, and which of a Kubernetes image pull secret's apply to an image
//! (kubernetes pkg/credentialprovider: keyring.go, config.go). Pure.

use super::{Error, ImageReference, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt};

/// What to show a registry.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A name and a password, given to the registry itself or to its token server.
    Basic {
        /// The user's name.
        username: String,
        /// The password or access token.
        password: String,
    },
    /// A bearer token, given to the registry as it is.
    Token(String),
}

/// The credentials of several image pull secrets, looked up as the kubelet does.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    /// By the pattern of hosts and paths that they are for; in reverse order of the patterns, so that the longer of
    /// two that begin alike comes first.
    entries: Vec<(String, Credentials)>,
}

/// The pattern of secrets for Docker Hub, under which images without a registry's name are looked up.
const DEFAULT_REGISTRY: &str = "index.docker.io";

#[derive(Deserialize)]
struct DockerConfigJson {
    auths: Option<BTreeMap<String, Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    auth: String,
    #[serde(default, rename = "registrytoken")]
    registry_token: String,
}

impl Keyring {
    /// Adds the content of a `.dockerconfigjson` (or of the older `.dockercfg`) secret.
    pub fn add(&mut self, json: &[u8]) -> Result<()> {
        let broken = |error| Error::corrupted("image pull secret", error);
        let DockerConfigJson { auths } = serde_json::from_slice(json).map_err(broken)?;
        let entries = match auths {
            Some(auths) => auths,
            None => serde_json::from_slice(json).map_err(broken)?,
        };
        for (location, entry) in entries {
            let Some(credentials) = entry.credentials()? else { continue };
            self.entries.push((pattern(&location), credentials));
        }
        self.entries.sort_by(|(a, _), (b, _)| b.cmp(a));
        Ok(())
    }

    /// The credentials that match the image, the most specific first: try them in this order.
    #[must_use]
    pub fn lookup(&self, image: &ImageReference) -> Vec<Credentials> {
        let name = image.name();
        let matching = |matches: &dyn Fn(&str) -> bool| -> Vec<Credentials> {
            let entries = self.entries.iter().filter(|(pattern, _)| matches(pattern));
            entries.map(|(_, credentials)| credentials.clone()).collect()
        };
        let found = matching(&|pattern| location_matches(pattern, &name));
        if found.is_empty() && image.registry() == "docker.io" {
            return matching(&|pattern| pattern == DEFAULT_REGISTRY);
        }
        found
    }
}

impl Entry {
    /// `None` for an entry that says nothing.
    fn credentials(self) -> Result<Option<Credentials>> {
        if !self.registry_token.is_empty() {
            return Ok(Some(Credentials::Token(self.registry_token)));
        }
        let (username, password) = match self.auth.as_str() {
            "" => (self.username, self.password),
            auth => decode(auth)?,
        };
        let empty = username.is_empty() && password.is_empty();
        Ok((!empty).then_some(Credentials::Basic { username, password }))
    }
}

/// `username:password` in base64, with or without padding.
fn decode(auth: &str) -> Result<(String, String)> {
    let broken = |reason: &str| Error::corrupted("image pull secret", format!("field auth: {reason}"));
    let padded = format!("{:=<1$}", auth.trim_end_matches('='), auth.trim_end_matches('=').len().next_multiple_of(4));
    let bytes = STANDARD.decode(padded).map_err(|error| broken(&error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| broken("not UTF-8"))?;
    let (username, password) = text.split_once(':').ok_or_else(|| broken("no colon between user name and password"))?;
    Ok((username.to_owned(), password.to_owned()))
}

/// The host and path of a key such as `https://index.docker.io/v1/`; the API's version is no part of it.
fn pattern(location: &str) -> String {
    let location = location.strip_prefix("https://").or_else(|| location.strip_prefix("http://")).unwrap_or(location);
    let (host, path) = location.split_at(location.find('/').unwrap_or(location.len()));
    let path = match path {
        "/v1" | "/v2" => "",
        path if path.starts_with("/v1/") || path.starts_with("/v2/") => path.get(3..).unwrap_or_default(),
        path => path,
    };
    format!("{host}{}", if path == "/" { "" } else { path })
}

/// Whether an image's name is at a pattern: the hosts match part by part, globs in a part allowed; the ports are
/// the same; and the path begins with the pattern's.
fn location_matches(pattern: &str, name: &str) -> bool {
    let split = |location: &str| -> (String, String, String) {
        let (host, path) = location.split_at(location.find('/').unwrap_or(location.len()));
        let (host, port) = host.split_once(':').unwrap_or((host, ""));
        (host.to_owned(), port.to_owned(), path.to_owned())
    };
    let ((pattern_host, pattern_port, pattern_path), (host, port, path)) = (split(pattern), split(name));
    let mut parts = pattern_host.split('.').zip(host.split('.'));
    pattern_host.split('.').count() == host.split('.').count()
        && pattern_port == port
        && path.starts_with(&pattern_path)
        && parts.all(|(pattern, part)| glob(pattern.as_bytes(), part.as_bytes()))
}

/// `*` for any characters and `?` for one, as in Go's `filepath.Match`.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if glob(rest, text) => true,
        (Some((b'*', _)), Some((_, text))) => glob(pattern, text),
        (Some((wanted, pattern)), Some((byte, text))) if *wanted == b'?' || wanted == byte => glob(pattern, text),
        _ => false,
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { username, .. } => write!(formatter, "Basic({username})"),
            Self::Token(_) => formatter.write_str("Token"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keyring(locations: &[&str]) -> Keyring {
        let mut keyring = Keyring::default();
        for location in locations {
            let secret = json!({"auths": {*location: {"username": location, "password": "p"}}});
            keyring.add(secret.to_string().as_bytes()).unwrap();
        }
        keyring
    }

    fn usernames(keyring: &Keyring, image: &str) -> Vec<String> {
        let found = keyring.lookup(&image.parse().unwrap());
        let username = |credentials| match credentials {
            Credentials::Basic { username, .. } => username,
            Credentials::Token(token) => token,
        };
        found.into_iter().map(username).collect()
    }

    #[test]
    fn secrets_match_images_as_in_kubernetes() {
        let hub = "https://index.docker.io/v1/";
        let table: [(&[&str], &str, &[&str]); 15] = [
            (&[hub], "busybox", &[hub]),
            (&[hub], "me/app:1", &[hub]),
            (&[hub], "quay.io/me/app", &[]),
            (&["docker.io"], "busybox", &["docker.io"]),
            (&["quay.io"], "quay.io/me/app", &["quay.io"]),
            (&["http://quay.io/v2/"], "quay.io/me/app", &["http://quay.io/v2/"]),
            (&["quay.io/me", "quay.io"], "quay.io/me/app", &["quay.io/me", "quay.io"]),
            (&["quay.io/me", "quay.io"], "quay.io/you/app", &["quay.io"]),
            (&["r.example:5000"], "r.example:5000/app", &["r.example:5000"]),
            (&["r.example"], "r.example:5000/app", &[]),
            (&["*.example"], "r.example/app", &["*.example"]),
            (&["*.example"], "a.r.example/app", &[]),
            (&["r*.example"], "r12.example/app", &["r*.example"]),
            (&["r?.example"], "r12.example/app", &[]),
            (&["https://r.example/v1/team"], "r.example/team/app", &["https://r.example/v1/team"]),
        ];
        for (locations, image, expected) in table {
            assert_eq!(usernames(&keyring(locations), image), expected, "{locations:?} {image}");
        }
    }

    #[test]
    fn secrets_are_read_in_all_their_forms() {
        let basic = |username: &str, password: &str| {
            Some(Credentials::Basic { username: username.to_owned(), password: password.to_owned() })
        };
        let table = [
            (json!({"auths": {"r.io": {"auth": "dTpwOnE="}}}), basic("u", "p:q")),
            (json!({"auths": {"r.io": {"auth": "dTpwOnE"}}}), basic("u", "p:q")),
            (json!({"auths": {"r.io": {"auth": "dTpw", "username": "x", "password": "y"}}}), basic("u", "p")),
            (json!({"auths": {"r.io": {"username": "x", "password": "y", "email": "e"}}}), basic("x", "y")),
            (json!({"r.io": {"username": "x", "password": "y"}}), basic("x", "y")),
            (json!({"auths": {"r.io": {"registrytoken": "t"}}}), Some(Credentials::Token("t".to_owned()))),
            (json!({"auths": {"r.io": {}}}), None),
            (json!({"auths": {}}), None),
        ];
        for (secret, expected) in table {
            let mut keyring = Keyring::default();
            keyring.add(secret.to_string().as_bytes()).unwrap();
            assert_eq!(keyring.lookup(&"r.io/x".parse().unwrap()).into_iter().next(), expected, "{secret}");
        }
    }

    #[test]
    fn broken_secrets_are_errors_that_do_not_tell_them() {
        for secret in [
            "",
            "[]",
            r#"{"auths": 1}"#,
            r#"{"auths": {"r": {"auth": "%%%"}}}"#,
            r#"{"auths": {"r": {"auth": "dQ=="}}}"#,
        ] {
            let error = Keyring::default().add(secret.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("image pull secret: "), "{error}");
        }
        let credentials = Credentials::Basic { username: "u".to_owned(), password: "secret".to_owned() };
        assert_eq!(format!("{credentials:?} {:?}", Credentials::Token("secret".to_owned())), "Basic(u) Token");
    }
}
