//! Kernel settings under `/proc/sys/net/ipv4`, which belong to the network namespace of the thread that writes them.

use crate::{Error, Result};
use std::path::Path;

/// The nodes of a pod network forward between pods, and never tell a pod a shorter way to its neighbour: packets that
/// bypass the node bypass its connection tracking too. `send_redirects` counts for an interface when it is set there
/// or for `all`, hence both; other interfaces keep what they have for themselves.
pub fn prepare(bridge: &str) -> Result<()> {
    set("ip_forward", "1")?;
    set("conf/all/send_redirects", "0")?;
    set(&format!("conf/{bridge}/send_redirects"), "0")
}

/// Writes only what differs: a read-only `/proc/sys` that is right already is good enough.
fn set(name: &str, value: &str) -> Result<()> {
    let path = Path::new("/proc/sys/net/ipv4").join(name);
    if std::fs::read_to_string(&path).is_ok_and(|current| current.trim() == value) {
        return Ok(());
    }
    std::fs::write(&path, value).map_err(|error| Error::file("write the kernel setting", path, error))
}
