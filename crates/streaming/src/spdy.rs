//! SPDY/3.1 as Kubernetes' clients and servers speak it: streams that the client opens, without flow control, which their
//! implementation (moby/spdystream) does not have: whoever is slow holds up the connection.
//! (<https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/>)

mod dictionary;
mod frame;
mod headers;
mod reader;
mod writer;

#[cfg(test)]
pub mod testing;

pub use frame::Refused;
pub use headers::Headers;
pub use reader::{Event, Reader};
pub use writer::Writer;
