//! Netlink (netlink(7)), mechanism only: links, addresses, routes, rules and neighbours ([`rtnetlink`]), and packet
//! filtering ([`nftables`]), for IPv4 and IPv6 alike.
//!
//! One small blocking socket for all of it: the kernel answers within the call that asks, so there is nothing to wait
//! for and nothing to poll.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod address_family;
mod attributes;
mod error;
mod mac;
mod message;
pub mod nftables;
pub mod rtnetlink;
mod socket;

pub use address_family::AddressFamily;
pub use error::Error;
pub use mac::MacAddress;
pub use message::Request;

/// What every fallible function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Takes a datagram apart as if the kernel had sent it, for fuzzing: whatever it says, reading it ends well.
pub fn read_anything(datagram: &[u8]) {
    for answer in message::answers(datagram) {
        let _ = (answer.outcome(), answer.explanation(), nftables::Installed::decode(answer.body));
        rtnetlink::decode_all(answer.body);
    }
}
