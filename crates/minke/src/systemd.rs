//! Telling systemd how the server is doing (`sd_notify(3)`).

use std::{
    env,
    os::linux::net::SocketAddrExt,
    os::unix::net::{SocketAddr, UnixDatagram},
};

/// Sends a state such as `READY=1`. Without systemd there is nobody to tell.
pub fn notify(state: &str) {
    let Ok(path) = env::var("NOTIFY_SOCKET") else { return };
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&path),
    };
    let sent = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if let Err(error) = sent {
        tracing::warn!(%error, path, "cannot notify systemd");
    }
}
