//! The API server: HTTP in front of the store.
//!
//! A request is authenticated, read ([`request_info`]), authorized, and answered ([`dispatch`]). One about a resource
//! becomes an [`action`], which a row of the table of [`handlers`] answers by means of the generic [`registry`]; writes
//! pass [`admission`]. Documents (discovery, `OpenAPI`, health) come from [`documents`], logs from the node they are on
//! ([`nodes`]). [`ApiServer`] is a plain function from request to response; [`listener`] puts it behind TLS, [`local`]
//! lets the components of this process call it without a socket.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod action;
mod admission;
mod authentication;
mod authorization;
mod backend;
mod body;
mod bootstrap;
mod cache;
mod certificate_request;
mod connection;
mod custom_resources;
mod dispatch;
mod documents;
mod error;
mod event_expiration;
mod handlers;
mod impersonation;
mod kubeconfig;
mod kubernetes_service;
mod limits;
mod listener;
mod local;
mod metrics;
mod negotiation;
mod nodes;
mod options;
mod pki;
mod presentation;
mod registry;
mod request_info;
mod response;
mod server;
mod target;
mod tokens;
mod trust_bundle;
mod user;
mod watch_lines;

pub use body::{BoxError, RequestBody, ResponseBody};
pub use connection::{Protocol, serve as serve_connection};
pub use error::Error;
pub use kubeconfig::{render as render_kubeconfig, write as write_kubeconfig};
pub use kubernetes_service::ServiceAddresses;
pub use listener::{Listener, bind};
pub use local::Local;
pub use nodes::{NodeService, node_service};
pub use pki::{KeyedCertificate, Pki};
pub use server::ApiServer;
pub use tokens::TokenKeys;
pub use user::User;
