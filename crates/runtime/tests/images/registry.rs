//! A registry on loopback: as much of the OCI distribution specification as pulling needs, with faults on demand.

use super::archives::{INDEX, MANIFEST, OciImage, digest};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::Barrier,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// `user:password`.
const BASIC: &str = "Basic dXNlcjpwYXNzd29yZA==";
const TOKEN: &str = "a-token";

/// What the registry wants to see.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    Nothing,
    Basic,
    /// A token from its token server, which gives one for the user's password only.
    Token,
    /// As `Basic` and `Token`, but whoever asks at `/v2/` hears nothing of it.
    HiddenBasic,
    HiddenToken,
}

impl Auth {
    /// What has to be shown.
    fn wanted(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Basic | Self::HiddenBasic => Some(BASIC.to_owned()),
            Self::Token | Self::HiddenToken => Some(format!("Bearer {TOKEN}")),
        }
    }

    fn is_hidden(self) -> bool {
        matches!(self, Self::HiddenBasic | Self::HiddenToken)
    }
}

/// What goes wrong with one path.
#[derive(Clone)]
pub enum Fault {
    Status(u16, &'static str),
    /// The connection breaks after half of the bytes.
    Break,
    /// Other bytes than the right ones.
    Content(Vec<u8>),
    /// Nothing comes until the test ends.
    Hang,
    /// Nothing comes until as many requests are waiting as the barrier wants.
    Wait(Arc<Barrier>),
}

/// A request, as far as tests look at it.
#[derive(Debug, Clone)]
pub struct Request {
    /// With its query.
    pub path: String,
    pub authorization: Option<String>,
}

/// What the registry has, and what it was asked for.
#[derive(Default)]
struct State {
    content: HashMap<String, (Vec<u8>, &'static str)>,
    faults: HashMap<String, Fault>,
    requests: Vec<Request>,
}

/// A running registry; it ends with the test.
pub struct Registry {
    pub host: String,
    auth: Auth,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl Registry {
    pub async fn start(auth: Auth) -> Self {
        Self::start_with(auth, None).await
    }

    /// With TLS; returns the certificate that vouches for itself, in PEM.
    pub async fn start_tls() -> (Self, String) {
        let key = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let private = rustls::pki_types::PrivateKeyDer::Pkcs8(key.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![key.cert.der().clone()], private).unwrap();
        (Self::start_with(Auth::Nothing, Some(TlsAcceptor::from(Arc::new(config)))).await, key.cert.pem())
    }

    async fn start_with(auth: Auth, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let state = Arc::<Mutex<State>>::default();
        let server = tokio::spawn(serve(listener, tls, host.clone(), auth, Arc::clone(&state)));
        Self { host, auth, state, server }
    }

    /// Puts an image in a repository under a tag.
    pub fn add(&self, repository: &str, tag: &str, image: &OciImage) {
        self.put(&format!("{repository}/manifests/{tag}"), &image.manifest, MANIFEST);
        self.put(&format!("{repository}/manifests/{}", image.digest()), &image.manifest, MANIFEST);
        for (digest, blob) in &image.blobs {
            self.put(&format!("{repository}/blobs/{digest}"), blob, "application/octet-stream");
        }
    }

    /// Puts an index in a repository under a tag.
    pub fn add_index(&self, repository: &str, tag: &str, index: &[u8]) {
        self.put(&format!("{repository}/manifests/{tag}"), index, INDEX);
        self.put(&format!("{repository}/manifests/{}", digest(index)), index, INDEX);
    }

    fn put(&self, path: &str, content: &[u8], media_type: &'static str) {
        let path = format!("/v2/{path}");
        self.state.lock().unwrap().content.insert(path, (content.to_vec(), media_type));
    }

    pub fn fault(&self, path: &str, fault: Fault) {
        self.state.lock().unwrap().faults.insert(format!("/v2/{path}"), fault);
    }

    pub fn heal(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// How often each blob was asked for.
    pub fn fetched(&self) -> BTreeMap<String, usize> {
        let mut fetched = BTreeMap::new();
        for request in self.requests() {
            if let Some((_, blob)) = request.path.split_once("/blobs/") {
                *fetched.entry(blob.split('?').next().unwrap().to_owned()).or_default() += 1;
            }
        }
        fetched
    }

    /// A reference to something in this registry.
    pub fn reference(&self, name: &str) -> runtime::images::ImageReference {
        format!("{}/{name}", self.host).parse().unwrap()
    }

    /// Every request that needs it was authorized in the way that the registry wants.
    pub fn assert_authorized(&self) {
        let wanted = self.auth.wanted();
        let requests = self.requests();
        let mut content =
            requests.iter().filter(|request| request.path.contains("/manifests/") || request.path.contains("/blobs/"));
        assert!(content.all(|request| request.authorization == wanted), "{requests:?}");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, host: String, auth: Auth, state: Arc<Mutex<State>>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        let (host, state, tls) = (host.clone(), Arc::clone(&state), tls.clone());
        connections.spawn(async move {
            // A client that goes away, or that does not trust us, is not the registry's problem.
            let _ = match tls {
                Some(tls) => match tls.accept(connection).await {
                    Ok(connection) => answer(connection, &host, auth, &state).await,
                    Err(error) => Err(error),
                },
                None => answer(connection, &host, auth, &state).await,
            };
        });
    }
}

async fn answer<C: AsyncRead + AsyncWrite + Unpin>(
    connection: C,
    host: &str,
    auth: Auth,
    state: &Mutex<State>,
) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    let request = read_request(&mut connection).await?;
    let path = request.path.split('?').next().unwrap_or_default().to_owned();
    let (content, fault) = {
        let mut state = state.lock().unwrap();
        state.requests.push(request.clone());
        (state.content.get(&path).cloned(), state.faults.get(&path).cloned())
    };
    if path == "/token" {
        let granted = request.authorization.as_deref() == Some(BASIC);
        let (status, body) =
            if granted { (200, format!(r#"{{"token": "{TOKEN}"}}"#)) } else { (401, "wrong password".to_owned()) };
        return respond(&mut connection, status, "", body.as_bytes(), body.len()).await;
    }
    let is_open = path == "/v2/" && auth.is_hidden();
    if !is_open && auth.wanted().is_some_and(|wanted| request.authorization.as_ref() != Some(&wanted)) {
        let challenge = match auth {
            Auth::Token | Auth::HiddenToken => {
                format!("WWW-Authenticate: Bearer realm=\"http://{host}/token\",service=\"test\"\r\n")
            }
            _ => "WWW-Authenticate: Basic realm=\"test\"\r\n".to_owned(),
        };
        return respond(&mut connection, 401, &challenge, b"", 0).await;
    }
    if path == "/v2/" {
        return respond(&mut connection, 200, "", b"{}", 2).await;
    }
    let Some((content, media_type)) = content else {
        let body = br#"{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}"#;
        return respond(&mut connection, 404, "", body, body.len()).await;
    };
    let headers = format!("Content-Type: {media_type}\r\n");
    match fault {
        None => respond(&mut connection, 200, &headers, &content, content.len()).await,
        Some(Fault::Status(status, body)) => respond(&mut connection, status, "", body.as_bytes(), body.len()).await,
        Some(Fault::Break) => {
            respond(&mut connection, 200, &headers, &content[..content.len() / 2], content.len()).await
        }
        Some(Fault::Content(other)) => respond(&mut connection, 200, &headers, &other, other.len()).await,
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Wait(barrier)) => {
            barrier.wait().await;
            respond(&mut connection, 200, &headers, &content, content.len()).await
        }
    }
}

async fn read_request<C: AsyncRead + Unpin>(connection: &mut BufReader<C>) -> std::io::Result<Request> {
    let mut line = String::new();
    connection.read_line(&mut line).await?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut authorization = None;
    loop {
        line.clear();
        connection.read_line(&mut line).await?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => authorization = Some(value.to_owned()),
            Some(_) => {}
            None => return Ok(Request { path, authorization }),
        }
    }
}

/// Sends a body that may be shorter than it claims to be, and closes the connection.
async fn respond<C: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut BufReader<C>,
    status: u16,
    headers: &str,
    body: &[u8],
    length: usize,
) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n");
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(body).await?;
    connection.shutdown().await
}
