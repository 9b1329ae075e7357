//! From a request to another protocol on its connection: which one a client asks for, and what it is answered
//! (`k8s.io/apimachinery/pkg/util/httpstream`, RFC 6455 section 4.2).

use crate::websocket::accept_key;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{
        CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};

const SPDY: &str = "SPDY/3.1";
const WEBSOCKET: &str = "websocket";
const STREAM_PROTOCOL: HeaderName = HeaderName::from_static("x-stream-protocol-version");
const ACCEPTED_PROTOCOLS: HeaderName = HeaderName::from_static("x-accepted-stream-protocol-versions");

/// A request that is answered with another protocol.
#[derive(Debug)]
pub struct Accepted<P> {
    /// What was agreed on.
    pub protocol: P,
    /// The answer after which the connection is that protocol's.
    pub response: Response<()>,
}

/// A request that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: StatusCode,
    /// Go along with the answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub message: String,
}

/// What the connection is to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    WebSocket {
        /// The client's, which is answered by [`accept_key`].
        key: String,
    },
    Spdy,
}

impl Refusal {
    /// A refusal that needs no more than words.
    #[must_use]
    pub fn new(code: StatusCode, message: impl Into<String>) -> Self {
        Self { code, headers: Vec::new(), message: message.into() }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }
}

/// Whether a request asks for another protocol.
pub fn is_upgrade(headers: &HeaderMap) -> bool {
    listed(headers, &CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade")) && headers.contains_key(UPGRADE)
}

/// What a request asks for.
pub fn transport(headers: &HeaderMap) -> Result<Transport, Refusal> {
    let wanted = headers.get(UPGRADE).and_then(|value| value.to_str().ok()).filter(|_| is_upgrade(headers));
    match wanted {
        Some(wanted) if wanted.eq_ignore_ascii_case(WEBSOCKET) => websocket(headers),
        Some(wanted) if wanted.eq_ignore_ascii_case(SPDY) => Ok(Transport::Spdy),
        _ => Err(Refusal::bad_request("unable to upgrade: missing upgrade headers in request")),
    }
}

fn websocket(headers: &HeaderMap) -> Result<Transport, Refusal> {
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let mut refusal = Refusal::bad_request("missing or bad WebSocket Version");
        refusal.headers.push((SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")));
        return Err(refusal);
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok());
    let key = key.ok_or_else(|| Refusal::bad_request("challenge response"))?.to_owned();
    Ok(Transport::WebSocket { key })
}

impl Transport {
    /// Chooses the first protocol of the client's that is among ours. A WebSocket may come without any, which is `""`.
    pub fn choose<P: Copy>(
        &self,
        headers: &HeaderMap,
        ours: &[(&'static str, P)],
    ) -> Result<(&'static str, P), Refusal> {
        let (header, may_be_without) = match self {
            Self::WebSocket { .. } => (&SEC_WEBSOCKET_PROTOCOL, true),
            Self::Spdy => (&STREAM_PROTOCOL, false),
        };
        let mut offered: Vec<&str> = listed(headers, header).collect();
        if offered.is_empty() && !may_be_without {
            return Err(Refusal::bad_request("unable to upgrade: X-Stream-Protocol-Version is required"));
        }
        if offered.is_empty() {
            offered.push("");
        }
        let chosen = offered.iter().find_map(|wanted| ours.iter().find(|(name, _)| name == wanted));
        chosen.copied().ok_or_else(|| self.refuse(&offered, ours.iter().map(|(name, _)| *name).collect()))
    }

    fn refuse(&self, offered: &[&str], ours: Vec<&'static str>) -> Refusal {
        let (offered, accepted) = (offered.join(" "), ours.join(" "));
        let mut headers = Vec::new();
        let message = match self {
            Self::WebSocket { .. } => {
                format!("requested protocol(s) are not supported: [{offered}]; supports [{accepted}]")
            }
            Self::Spdy => {
                for name in ours {
                    headers.push((ACCEPTED_PROTOCOLS, HeaderValue::from_static(name)));
                }
                format!(
                    "unable to upgrade: unable to negotiate protocol: client supports [{offered}], server accepts \
                     [{accepted}]"
                )
            }
        };
        Refusal { code: StatusCode::FORBIDDEN, headers, message }
    }

    /// The answer after which the connection is the protocol's.
    pub fn switch(&self, protocol: &'static str) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        let (name, of_protocol) = match self {
            Self::WebSocket { key } => {
                if let Ok(accept) = HeaderValue::from_str(&accept_key(key)) {
                    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
                }
                (WEBSOCKET, SEC_WEBSOCKET_PROTOCOL)
            }
            Self::Spdy => (SPDY, STREAM_PROTOCOL),
        };
        headers.insert(UPGRADE, HeaderValue::from_static(name));
        if !protocol.is_empty() {
            headers.insert(of_protocol, HeaderValue::from_static(protocol));
        }
        response
    }
}

/// The values of a header that are lists, separated by commas.
fn listed<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    const KEY: (&str, &str) = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    const VERSION: (&str, &str) = ("sec-websocket-version", "13");

    #[test]
    fn what_is_asked_for_is_told_by_the_headers() {
        let websocket = Transport::WebSocket { key: KEY.1.to_owned() };
        for (pairs, expected) in [
            (&[("connection", "Upgrade"), ("upgrade", "SPDY/3.1")][..], Ok(Transport::Spdy)),
            (&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket"), KEY, VERSION], Ok(websocket)),
            (&[("connection", "Upgrade"), ("upgrade", "websocket"), KEY], Err("missing or bad WebSocket Version")),
            (&[("connection", "Upgrade"), ("upgrade", "websocket"), VERSION], Err("challenge response")),
            (&[("upgrade", "SPDY/3.1")], Err("unable to upgrade: missing upgrade headers in request")),
            (
                &[("connection", "Upgrade"), ("upgrade", "h2c")],
                Err("unable to upgrade: missing upgrade headers in request"),
            ),
        ] {
            let got = transport(&headers(pairs)).map_err(|refusal| refusal.message);
            assert_eq!(got, expected.map_err(str::to_owned), "{pairs:?}");
        }
    }

    #[test]
    fn the_client_s_first_that_is_ours_is_chosen() {
        let ours = [("a.k8s.io", 1), ("b.k8s.io", 2), ("", 3)];
        let websocket = Transport::WebSocket { key: String::new() };
        for (transport, pairs, expected) in [
            (&Transport::Spdy, &[("x-stream-protocol-version", "x, b.k8s.io,a.k8s.io")][..], Ok(2)),
            (&Transport::Spdy, &[("x-stream-protocol-version", "x"), ("x-stream-protocol-version", "a.k8s.io")], Ok(1)),
            (&Transport::Spdy, &[], Err(StatusCode::BAD_REQUEST)),
            (&Transport::Spdy, &[("x-stream-protocol-version", "x")], Err(StatusCode::FORBIDDEN)),
            (&websocket, &[("sec-websocket-protocol", "b.k8s.io")], Ok(2)),
            (&websocket, &[], Ok(3)),
            (&websocket, &[("sec-websocket-protocol", "x")], Err(StatusCode::FORBIDDEN)),
        ] {
            let chosen = transport.choose(&headers(pairs), &ours);
            assert_eq!(chosen.map(|(_, protocol)| protocol).map_err(|refusal| refusal.code), expected, "{pairs:?}");
        }
        let refusal = Transport::Spdy.choose(&headers(&[("x-stream-protocol-version", "x")]), &ours).unwrap_err();
        let expected =
            "unable to upgrade: unable to negotiate protocol: client supports [x], server accepts [a.k8s.io b.k8s.io ]";
        assert_eq!(refusal.message, expected);
        assert_eq!(refusal.headers.len(), 3);
    }

    #[test]
    fn the_answer_names_what_follows() {
        let websocket = Transport::WebSocket { key: KEY.1.to_owned() }.switch("v5.channel.k8s.io");
        assert_eq!(websocket.status(), 101);
        assert_eq!(websocket.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(websocket.headers()[SEC_WEBSOCKET_PROTOCOL], "v5.channel.k8s.io");
        let spdy = Transport::Spdy.switch("v4.channel.k8s.io");
        assert_eq!(
            (&spdy.headers()[UPGRADE], &spdy.headers()[STREAM_PROTOCOL]),
            (&"SPDY/3.1".parse().unwrap(), &"v4.channel.k8s.io".parse().unwrap())
        );
    }
}
