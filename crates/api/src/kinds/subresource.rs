//! The subresources of the built-in kinds.

use super::{
    BINDING as POD_BINDING, EVICTION, NODE_PROXY_OPTIONS, POD_ATTACH_OPTIONS, POD_EXEC_OPTIONS,
    POD_PORT_FORWARD_OPTIONS, POD_PROXY_OPTIONS, SCALE as SCALE_BODY, SERVICE_PROXY_OPTIONS, TOKEN_REQUEST,
};
use machinery::kind::{Kind, Subresource};

const CREATE: &[&str] = &["create"];
const CONNECT: &[&str] = &["create", "get"];
const PROXIED: &[&str] = &["create", "delete", "get", "patch", "update"];
const CHANGE: &[&str] = &["get", "patch", "update"];

const fn own(name: &'static str, verbs: &'static [&'static str]) -> Subresource {
    Subresource { name, body: None, verbs }
}

const fn other(name: &'static str, body: Kind, verbs: &'static [&'static str]) -> Subresource {
    Subresource { name, body: Some(body), verbs }
}

pub const STATUS: Subresource = own("status", CHANGE);
pub const APPROVAL: Subresource = own("approval", CHANGE);
pub const EPHEMERAL_CONTAINERS: Subresource = own("ephemeralcontainers", CHANGE);
pub const RESIZE: Subresource = own("resize", CHANGE);
pub const LOG: Subresource = own("log", &["get"]);
pub const FINALIZE: Subresource = own("finalize", &["update"]);
pub const BINDING: Subresource = other("binding", POD_BINDING, CREATE);
pub const ATTACH: Subresource = other("attach", POD_ATTACH_OPTIONS, CONNECT);
pub const EXEC: Subresource = other("exec", POD_EXEC_OPTIONS, CONNECT);
pub const PORT_FORWARD: Subresource = other("portforward", POD_PORT_FORWARD_OPTIONS, CONNECT);
pub const POD_PROXY: Subresource = other("proxy", POD_PROXY_OPTIONS, PROXIED);
pub const SERVICE_PROXY: Subresource = other("proxy", SERVICE_PROXY_OPTIONS, PROXIED);
pub const NODE_PROXY: Subresource = other("proxy", NODE_PROXY_OPTIONS, PROXIED);
pub const SCALE: Subresource = other("scale", SCALE_BODY, CHANGE);
pub const EVICT: Subresource = other("eviction", EVICTION, CREATE);
pub const TOKEN: Subresource = other("token", TOKEN_REQUEST, CREATE);
