//! What a client may cost before it is known: every limit on connections, in one place.
//!
//! Where Kubernetes has a value it is Kubernetes' (`k8s.io/apiserver/pkg/server/secure_serving.go` and
//! `options/server_run_options.go`).

use std::time::Duration;

/// How long a client may take for the TLS handshake (`ReadHeaderTimeout`, which Go applies to it too).
pub const HANDSHAKE: Duration = Duration::from_secs(32);
/// How long it may take from there to the end of its first request's header (`ReadHeaderTimeout`).
pub const HEADER: Duration = Duration::from_secs(32);
/// How long it may take to send a request's body (`--request-timeout`).
pub const BODY: Duration = Duration::from_mins(1);
/// How long a connection may stand still: no request is under way, and what was answered is not taken
/// (`IdleTimeout`). A watch with nothing to tell does not stand still.
pub const IDLE: Duration = Duration::from_secs(90);
/// How long requests under way are waited for when a connection or the server is to end.
pub const DRAIN: Duration = Duration::from_secs(2);

/// How often a client is asked over HTTP/2 whether it is still there (as client-go asks servers).
pub const PING: Duration = Duration::from_secs(30);
/// How long it may take to answer.
pub const PONG: Duration = Duration::from_secs(15);
/// How often the kernel asks the client's kernel on a quiet connection (`defaultKeepAlivePeriod`).
pub const KEEP_ALIVE: Duration = Duration::from_mins(3);

/// How many requests a client may have under way on one connection (`--http2-max-streams-per-connection`).
pub const STREAMS: u32 = 100;
/// How many more requests a client may take back than it lets finish, on one connection (CVE-2023-44487).
pub const RESETS: usize = 100;
/// How many requests may be taken back before they are looked at.
pub const UNSEEN_RESETS: usize = 20;
/// How many bytes of header a request may have over HTTP/2. Go allows 1 MiB; hundreds of groups fit in this.
pub const HEADER_BYTES: u32 = 256 << 10;
/// How many bytes of a request may be on their way before they are read (`resourceBody99Percentile`).
pub const STREAM_WINDOW: u32 = 256 << 10;
/// The same for all requests of a connection.
pub const CONNECTION_WINDOW: u32 = STREAM_WINDOW * 4;
/// How many bytes of header a request may have over HTTP/1.1, and how many of an answer wait to be written.
pub const BUFFER: usize = 128 << 10;
/// How many bytes of an answer wait at once for a client to take them.
pub const SEND_BUFFER: usize = 64 << 10;
/// How many connections there may be from one address (of IPv6, one /64).
pub const CONNECTIONS_AN_ADDRESS: usize = 4096;
