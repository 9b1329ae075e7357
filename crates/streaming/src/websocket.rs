//! WebSocket as a server speaks it (RFC 6455): without extensions, and without keeping messages: their parts are passed on
//! as they come.

mod channels;
mod frame;
mod reader;
mod tunnel;
mod writer;

pub use channels::{Coding, Decoder};
pub use frame::Opcode;
pub use reader::{Event, Reader};
pub use tunnel::tunnel;
pub use writer::Writer;

use base64::{Engine, prelude::BASE64_STANDARD};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// Answers the client's key: proof that the answer comes from one who speaks WebSocket (RFC 6455 section 4.2.2).
pub fn accept_key(key: &str) -> String {
    let text = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    BASE64_STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()))
}
