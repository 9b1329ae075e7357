//! Kernel settings under `/proc/sys/net`, which belong to the network namespace of the thread that writes them.

use crate::{Error, Result, survey::Survey};
use netlink::AddressFamily;
use std::path::Path;

const IPV4: &str = "/proc/sys/net/ipv4";
/// Missing where the kernel has no IPv6.
const IPV6: &str = "/proc/sys/net/ipv6";

/// The nodes of a pod network forward between pods, and never tell a pod a shorter way to its neighbour: packets that
/// bypass the node bypass its connection tracking too. `send_redirects` counts for an interface when it is set there
/// or for `all`, hence both; other interfaces keep what they have for themselves.
pub fn prepare_node(bridge: &str, families: &[AddressFamily], survey: &Survey) -> Result<()> {
    believe_no_router(bridge)?;
    if families.contains(&AddressFamily::Ipv4) {
        set(IPV4, "ip_forward", "1")?;
        set(IPV4, "conf/all/send_redirects", "0")?;
        set(IPV4, &format!("conf/{bridge}/send_redirects"), "0")?;
    }
    if families.contains(&AddressFamily::Ipv6) {
        keep_listening_to_routers(survey)?;
        set(IPV6, "conf/all/forwarding", "1")?;
    }
    Ok(())
}

/// What a pod's interface needs, from inside the pod's namespace.
pub fn prepare_pod(interface: &str, has_ipv6: bool) -> Result<()> {
    believe_no_router(interface)?;
    if has_ipv6 {
        set(IPV6, &format!("conf/{interface}/disable_ipv6"), "0")?;
        // IPv6 has no setting against sending redirects.
        set(IPV6, &format!("conf/{interface}/accept_redirects"), "0")?;
    }
    Ok(())
}

/// Whatever a pod says, it is not the router of the node or of another pod (CVE-2020-10749, CVE-2020-13401).
fn believe_no_router(interface: &str) -> Result<()> {
    if !Path::new(IPV6).join("conf").join(interface).exists() {
        return Ok(());
    }
    set(IPV6, &format!("conf/{interface}/accept_ra"), "0")
}

/// A machine that forwards stops to listen to routers (1) unless it is told to go on (2), and would lose its way out.
fn keep_listening_to_routers(survey: &Survey) -> Result<()> {
    let Some(uplink) = survey.uplink_device(AddressFamily::Ipv6) else { return Ok(()) };
    let name = format!("conf/{}/accept_ra", uplink.name);
    if get(IPV6, &name).is_some_and(|current| current == "1") { set(IPV6, &name, "2") } else { Ok(()) }
}

fn get(family: &str, name: &str) -> Option<String> {
    std::fs::read_to_string(Path::new(family).join(name)).ok().map(|text| text.trim().to_owned())
}

/// Writes only what differs: a read-only `/proc/sys` that is right already is good enough.
fn set(family: &str, name: &str, value: &str) -> Result<()> {
    if get(family, name).is_some_and(|current| current == value) {
        return Ok(());
    }
    let path = Path::new(family).join(name);
    std::fs::write(&path, value).map_err(|error| Error::file("write the kernel setting", path, error))
}
