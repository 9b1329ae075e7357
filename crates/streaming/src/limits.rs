//! How long and how much: every limit of this crate.

use std::time::Duration;

/// How long a connection may carry nothing (the kubelet's `streamingConnectionIdleTimeout`).
pub const IDLE: Duration = Duration::from_hours(4);
/// How long a client may take to ask for all of its streams (`DefaultStreamCreationTimeout` of
/// `k8s.io/apimachinery/pkg/util/remotecommand`).
pub const CREATION: Duration = Duration::from_secs(30);
/// How long a client may take to be sent the last of all, and again to read it. A connection that is closed before, with
/// something unread in it, takes that along.
pub const LINGER: Duration = Duration::from_secs(30);
/// How often a client hears that its server is alive while its input waits for the program or the pod, and with it all that
/// it sent after, its pings among them. kubectl gives up after a minute without an answer to a ping.
pub const REASSURANCE: Duration = Duration::from_secs(5);

/// How many bytes are read and passed on at once.
pub const CHUNK: usize = 32 << 10;
/// How many such pieces may wait for one of several TCP connections.
pub const QUEUE: usize = 4;
/// How many TCP connections one client may have forwarded at a time.
pub const FORWARDED: usize = 1024;
/// How long the compressed headers of a stream may be, and how long when they are unpacked.
pub const HEADERS: usize = 16 << 10;
pub const UNPACKED_HEADERS: usize = 64 << 10;
/// How long the text of a terminal's size may be.
pub const SIZE: usize = 1 << 10;
/// How long the number may be by which a client tells its forwarded connections apart.
pub const REQUEST_ID: usize = 64;
