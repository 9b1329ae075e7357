//! Who a caller is: by the certificate of its TLS connection, else by the token that it shows, else nobody
//! (`k8s.io/apiserver/pkg/authentication`).

use crate::{
    cache::Cache,
    tokens::{self, ISSUER, Identity, Tokens},
    user::User,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL, UPGRADE},
};
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
        let Some(token) = token(headers)? else {
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

/// The token that a request shows, if it shows one as it is to be shown.
fn token(headers: &HeaderMap) -> Result<Option<String>, Status> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    match bearer.filter(|token| !token.is_empty()) {
        None if is_websocket(headers) => websocket_token(headers),
        bearer => Ok(bearer),
    }
}

fn is_websocket(headers: &HeaderMap) -> bool {
    let wanted = headers.get(UPGRADE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    wanted.eq_ignore_ascii_case("websocket") && streaming::is_upgrade(headers)
}

/// One token at the most, beside a protocol that the server can answer with.
fn websocket_token(headers: &HeaderMap) -> Result<Option<String>, Status> {
    let (tokens, others): (Vec<_>, Vec<_>) = protocols(headers).partition(|protocol| is_token(protocol));
    let encoded = match tokens.as_slice() {
        [] => return Ok(None),
        [token] => token.strip_prefix(WEBSOCKET_TOKEN).unwrap_or_default(),
        _ => return Err(Status::unauthorized()),
    };
    let decoded = URL_SAFE_NO_PAD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.ok_or_else(Status::unauthorized)? {
        token if token.is_empty() => Ok(None),
        _ if others.is_empty() => Err(Status::unauthorized()),
        token => Ok(Some(token)),
    }
}

/// Takes tokens out of what a WebSocket offers: whoever else gets to see it could act as the caller.
pub fn remove_websocket_token(headers: &mut HeaderMap) {
    let others = protocols(headers).filter(|protocol| !is_token(protocol)).collect::<Vec<_>>().join(", ");
    headers.remove(SEC_WEBSOCKET_PROTOCOL);
    if let Some(others) = HeaderValue::try_from(others).ok().filter(|others| !others.is_empty()) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, others);
    }
}

fn is_token(protocol: &str) -> bool {
    protocol.starts_with(WEBSOCKET_TOKEN)
}

/// The protocols that a WebSocket offers, each of its headers being a list.
fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|protocol| !protocol.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn encoded(token: &[u8]) -> String {
        WEBSOCKET_TOKEN.to_owned() + &URL_SAFE_NO_PAD.encode(token)
    }

    #[test]
    fn a_token_is_in_a_header() {
        for (name, value, expected) in [
            ("authorization", "Bearer abc", Some("abc")),
            ("authorization", "bearer  abc ", Some("abc")),
            ("authorization", "Basic abc", None),
            ("authorization", "Bearer ", None),
            ("authorization", "Bearer", None),
            ("x", "Bearer abc", None),
            ("sec-websocket-protocol", &format!("v5.channel.k8s.io, {}", encoded(b"abc")), None),
        ] {
            assert_eq!(token(&headers(&[(name, value)])).unwrap().as_deref(), expected, "{name}: {value}");
        }
    }

    #[test]
    fn a_websocket_has_one_token_beside_its_protocol() {
        let [abc, def, empty, no_text] = [&b"abc"[..], b"def", b"", b"\xff"].map(encoded);
        for (offers, expected) in [
            (vec![format!("v5.channel.k8s.io, {abc}")], Ok(Some("abc"))),
            (vec![abc.clone(), "v5.channel.k8s.io".into()], Ok(Some("abc"))),
            (vec!["v5.channel.k8s.io".into()], Ok(None)),
            (vec![format!("v5.channel.k8s.io,{empty}")], Ok(None)),
            (vec![abc.clone()], Err(401)),
            (vec![format!("v5.channel.k8s.io,{abc}"), def], Err(401)),
            (vec![format!("v5.channel.k8s.io,{WEBSOCKET_TOKEN}a=b")], Err(401)),
            (vec![format!("v5.channel.k8s.io,{no_text}")], Err(401)),
        ] {
            let mut pairs = vec![("connection", "Upgrade"), ("upgrade", "WebSocket")];
            pairs.extend(offers.iter().map(|offer| ("sec-websocket-protocol", offer.as_str())));
            let found = token(&headers(&pairs)).map_err(|status| status.code());
            assert_eq!(found, expected.map(|token| token.map(str::to_owned)), "{offers:?}");
        }
    }

    #[test]
    fn a_token_is_not_passed_on() {
        let abc = encoded(b"abc");
        for (offers, expected) in [
            (vec!["a".to_owned(), abc.clone(), "b".to_owned()], Some("a, b")),
            (vec![format!("a, {abc}"), format!("{abc} ,b")], Some("a, b")),
            (vec![abc.clone()], None),
            (vec!["a".to_owned()], Some("a")),
            (vec![], None),
        ] {
            let pairs: Vec<_> = offers.iter().map(|offer| ("sec-websocket-protocol", offer.as_str())).collect();
            let mut headers = headers(&pairs);
            remove_websocket_token(&mut headers);
            let left: Vec<_> =
                headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().map(|value| value.to_str().unwrap()).collect();
            assert_eq!(left, Vec::from_iter(expected), "{offers:?}");
        }
    }
}
