//! Exec, attach and port-forward: many streams on one connection that was HTTP before, by WebSocket or SPDY/3.1.
//!
//! ```text
//! websocket   frames, channels, a byte stream as messages
//! spdy        frames, compressed headers, streams
//! remote_command    the streams of a program on either of them (exec, attach)
//! port_forward      TCP connections on either of them
//! messages          a text that grows, on a WebSocket
//! frames            what goes to a client, each frame whole
//! waiting           for a program, and for a client at the end
//! ```
//!
//! The server's side only: what lies between client and server passes the bytes of the upgraded connection on as they are.
//! Nothing is kept for who does not read: what a program writes is read when the client has taken what came before, and
//! the client is read when the program has.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![warn(clippy::disallowed_methods)]

mod error;
mod frames;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod idle;
mod limits;
pub mod messages;
pub mod port_forward;
pub mod remote_command;
mod spdy;
mod upgrade;
mod waiting;
mod websocket;

pub use error::Error;
pub use upgrade::{Accepted, Refusal, is_upgrade};

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
