//! Expressions, each of which loads, changes or compares something and decides whether the next one runs. Everything is
//! passed on in registers.

use super::data::{Key, REGISTER, Verdict, value};
use crate::{AddressFamily, attributes::Attributes};

const NFTA_LIST_ELEM: u16 = 1;
const NFTA_EXPR_NAME: u16 = 1;
const NFTA_EXPR_DATA: u16 = 2;

/// Where a verdict goes.
pub const NFT_REG_VERDICT: u32 = 0;
/// The first of sixteen registers of four bytes.
pub const FIRST: u32 = 8;

const NFT_PAYLOAD_NETWORK_HEADER: u32 = 1;
const NFT_PAYLOAD_TRANSPORT_HEADER: u32 = 2;
const NFT_META_MARK: u32 = 3;
const NFT_META_IIFNAME: u32 = 6;
const NFT_META_OIFNAME: u32 = 7;
const NFT_META_L4PROTO: u32 = 16;
const NFT_NG_RANDOM: u32 = 1;
const NFT_NAT_DNAT: u32 = 1;

/// How values are compared (`enum nft_cmp_ops`).
#[derive(Debug, Clone, Copy)]
pub enum Comparison {
    Equal = 0,
    NotEqual = 1,
}

/// An expression as an element of a rule's list.
fn expression(name: &str, data: &Attributes) -> Attributes {
    let expression = Attributes::default().text(NFTA_EXPR_NAME, name).nested(NFTA_EXPR_DATA, data);
    Attributes::default().nested(NFTA_LIST_ELEM, &expression)
}

/// How many registers a part of a key takes.
pub fn width(key: Key) -> u32 {
    u32::try_from(key.type_().length().div_ceil(REGISTER)).unwrap_or(u32::MAX)
}

/// Loads a part of a key.
pub fn load(key: Key, register: u32) -> Attributes {
    match key {
        Key::Source(AddressFamily::Ipv4) => payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4, register),
        Key::Source(AddressFamily::Ipv6) => payload(NFT_PAYLOAD_NETWORK_HEADER, 8, 16, register),
        Key::Destination(AddressFamily::Ipv4) => payload(NFT_PAYLOAD_NETWORK_HEADER, 16, 4, register),
        Key::Destination(AddressFamily::Ipv6) => payload(NFT_PAYLOAD_NETWORK_HEADER, 24, 16, register),
        Key::SourcePort => payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, register),
        Key::DestinationPort => payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, register),
        Key::Protocol => meta(NFT_META_L4PROTO, register),
        Key::Mark => meta(NFT_META_MARK, register),
        Key::IncomingInterface => meta(NFT_META_IIFNAME, register),
        Key::OutgoingInterface => meta(NFT_META_OIFNAME, register),
        Key::RandomBelow(limit) => random(limit, register),
    }
}

fn payload(base: u32, offset: u32, length: u32, register: u32) -> Attributes {
    let data = Attributes::default().number(1, register).number(2, base).number(3, offset).number(4, length);
    expression("payload", &data)
}

fn meta(key: u32, register: u32) -> Attributes {
    expression("meta", &Attributes::default().number(1, register).number(2, key))
}

fn random(limit: u32, register: u32) -> Attributes {
    let data = Attributes::default().number(1, register).number(2, limit).number(3, NFT_NG_RANDOM);
    expression("numgen", &data)
}

/// Keeps the bits of `mask` and then flips those of `flipped`.
pub fn bits(register: u32, mask: &[u8], flipped: &[u8]) -> Attributes {
    let length = u32::try_from(mask.len()).unwrap_or(u32::MAX);
    let data = Attributes::default()
        .number(1, register)
        .number(2, register)
        .number(3, length)
        .nested(4, &value(mask))
        .nested(5, &value(flipped));
    expression("bitwise", &data)
}

/// Ends the rule unless the register compares so.
pub fn compare(register: u32, comparison: Comparison, with: &[u8]) -> Attributes {
    let data = Attributes::default().number(1, register).number(2, comparison as u32).nested(3, &value(with));
    expression("cmp", &data)
}

/// Ends the rule unless the set has the key; of a map the value goes into `destination`.
pub fn look_up(set: &str, key: u32, destination: Option<u32>) -> Attributes {
    let data = Attributes::default()
        .text(1, set)
        .number(2, key)
        .with(destination, |data, destination| data.number(3, destination));
    expression("lookup", &data)
}

/// Writes the packet's mark.
pub fn set_mark(register: u32) -> Attributes {
    expression("meta", &Attributes::default().number(2, NFT_META_MARK).number(3, register))
}

/// Sends the connection to the address, and if there is one to the port, in these registers.
pub fn destination_nat(family: AddressFamily, address: u32, port: Option<u32>) -> Attributes {
    let data = Attributes::default()
        .number(1, NFT_NAT_DNAT)
        .number(2, family.number().into())
        .number(3, address)
        .with(port, |data, port| data.number(5, port));
    expression("nat", &data)
}

pub fn verdict(verdict: Verdict) -> Attributes {
    expression("immediate", &Attributes::default().number(1, NFT_REG_VERDICT).nested(2, &verdict.data()))
}

pub fn counter() -> Attributes {
    expression("counter", &Attributes::default())
}

pub fn masquerade() -> Attributes {
    expression("masq", &Attributes::default())
}
