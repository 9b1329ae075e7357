//! Who a caller is: by the certificate of its TLS connection, else by the token that it shows, else nobody
//! (`k8s.io/apiserver/pkg/authentication`).

use crate::{
    cache::Cache,
    tokens::{self, ISSUER, Identity, Tokens},
    user::User,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header::AUTHORIZATION};
use machinery::status::Status;
use std::sync::{Arc, OnceLock};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Browsers cannot set headers: a WebSocket's token is the name of a subprotocol
/// (`k8s.io/apiserver/pkg/authentication/request/websocket/protocol.go`).
const WEBSOCKET_TOKEN: &str = "base64url.bearer.authorization.k8s.io.";

/// The user a verified client certificate stands for: the common name, with the organizations as groups
/// (<https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates>).
pub fn certificate_user(der: &[u8]) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let subject = certificate.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?;
    let groups = subject.iter_organization().filter_map(|group| group.as_str().ok());
    Some(User::new(name, groups))
}

/// Says who callers are.
pub struct Authenticator {
    cache: Arc<Cache>,
    /// Without, no token is good.
    tokens: OnceLock<Tokens>,
}

impl Authenticator {
    /// Knows what the cache holds, and no tokens yet.
    pub fn new(cache: Arc<Cache>) -> Self {
        Self { cache, tokens: OnceLock::new() }
    }

    /// Issues and believes these tokens from now on; only the first ones count.
    pub fn believe(&self, tokens: Tokens) {
        drop(self.tokens.set(tokens));
    }

    /// The tokens that are issued; none before there are keys.
    pub fn tokens(&self) -> Option<&Tokens> {
        self.tokens.get()
    }

    /// The caller: whom the connection's certificate names, else whose token it shows, else nobody. A token that is not
    /// good is refused rather than ignored.
    pub async fn authenticate(&self, certificate: Option<&User>, headers: &HeaderMap) -> Result<User, Status> {
        if let Some(user) = certificate {
            return Ok(user.clone());
        }
        let Some(token) = token(headers) else {
            // Credentials of another kind are good for nothing.
            let shown = headers.contains_key(AUTHORIZATION);
            return if shown { Err(Status::unauthorized()) } else { Ok(User::anonymous()) };
        };
        let identity = self.identify(&token, &[ISSUER.to_owned()]).await?;
        identity.map(|identity| identity.user).map_err(|reason| {
            tracing::debug!(reason, "a token was refused");
            Status::unauthorized()
        })
    }

    /// Whose a token is that is for one of these audiences, or what is wrong with it.
    pub async fn identify(&self, token: &str, audiences: &[String]) -> Result<Result<Identity, String>, Status> {
        if audiences.contains(&ISSUER.to_owned())
            && let Some(user) = tokens::bootstrapper(&self.cache, token).await?
        {
            return Ok(Ok(Identity { user, audiences: vec![ISSUER.to_owned()] }));
        }
        let found = match self.tokens() {
            Some(tokens) => tokens.identify(&self.cache, token, audiences).await?,
            None => Ok(None),
        };
        Ok(match found {
            Ok(Some(identity)) => Ok(identity),
            Ok(None) => Err("invalid bearer token".into()),
            Err(reason) => Err(format!("[invalid bearer token, {reason}]")),
        })
    }
}

/// The token that a request shows.
fn token(headers: &HeaderMap) -> Option<String> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    bearer.filter(|token| !token.is_empty()).or_else(|| websocket_token(headers))
}

fn websocket_token(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all("sec-websocket-protocol").iter().filter_map(|value| value.to_str().ok());
    let mut protocols = values.flat_map(|value| value.split(',')).map(str::trim);
    let encoded = protocols.find_map(|protocol| protocol.strip_prefix(WEBSOCKET_TOKEN))?;
    String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok().filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    #[test]
    fn a_token_is_in_a_header() {
        let encoded = format!("v5.channel.k8s.io, {WEBSOCKET_TOKEN}{}", URL_SAFE_NO_PAD.encode("abc"));
        for (name, value, expected) in [
            ("authorization", "Bearer abc", Some("abc")),
            ("authorization", "bearer  abc ", Some("abc")),
            ("authorization", "Basic abc", None),
            ("authorization", "Bearer ", None),
            ("authorization", "Bearer", None),
            ("sec-websocket-protocol", &encoded, Some("abc")),
            ("sec-websocket-protocol", "v5.channel.k8s.io", None),
            ("x", "Bearer abc", None),
        ] {
            let header = (HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
            assert_eq!(token(&[header].into_iter().collect()).as_deref(), expected, "{name}: {value}");
        }
    }
}
