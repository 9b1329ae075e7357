//! What sets hold and rules load: types, keys made of several parts, verdicts.

use crate::{AddressFamily, attributes::Attributes};

const NFTA_DATA_VALUE: u16 = 1;
const NFTA_DATA_VERDICT: u16 = 2;
const NFTA_VERDICT_CODE: u16 = 1;
const NFTA_VERDICT_CHAIN: u16 = 2;

pub const NF_DROP: u32 = 0;
pub const NF_ACCEPT: u32 = 1;
const NFT_JUMP: i32 = -3;
const NFT_GOTO: i32 = -4;

/// Each part of a key or value takes whole registers of four bytes.
pub const REGISTER: usize = 4;

/// The type of a part of a key or value, by `nft`'s numbers, which the kernel keeps and shows (`enum nft_datatypes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Address(AddressFamily),
    /// Such as TCP.
    Protocol,
    Port,
    /// A number in this machine's byte order.
    Mark,
    InterfaceName,
}

impl Type {
    pub(super) fn number(self) -> u32 {
        match self {
            Type::Address(AddressFamily::Ipv4) => 7,
            Type::Address(AddressFamily::Ipv6) => 8,
            Type::Protocol => 12,
            Type::Port => 13,
            Type::Mark => 19,
            Type::InterfaceName => 41,
        }
    }

    /// Bytes that it takes in registers.
    pub(super) fn length(self) -> usize {
        match self {
            Type::Protocol | Type::Port | Type::Mark | Type::Address(AddressFamily::Ipv4) => 4,
            Type::InterfaceName | Type::Address(AddressFamily::Ipv6) => 16,
        }
    }
}

/// The number of a concatenation of types: six bits each.
pub fn concatenation(types: &[Type]) -> u32 {
    types.iter().fold(0, |number, part| number << 6 | part.number())
}

/// Bytes of a concatenation.
pub fn length(types: &[Type]) -> usize {
    types.iter().map(|part| part.length()).sum()
}

/// What a rule loads from a packet, part by part, to look it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Source(AddressFamily),
    Destination(AddressFamily),
    Protocol,
    SourcePort,
    DestinationPort,
    Mark,
    IncomingInterface,
    OutgoingInterface,
    /// A random number below this one, for each packet anew.
    RandomBelow(u32),
}

impl Key {
    pub(super) fn type_(self) -> Type {
        match self {
            Key::Source(family) | Key::Destination(family) => Type::Address(family),
            Key::Protocol => Type::Protocol,
            Key::SourcePort | Key::DestinationPort => Type::Port,
            Key::Mark | Key::RandomBelow(_) => Type::Mark,
            Key::IncomingInterface | Key::OutgoingInterface => Type::InterfaceName,
        }
    }
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    Accept,
    Drop,
    /// Goes on in a chain, and after its end behind the rule.
    Jump(&'a str),
    /// Goes on in a chain and does not come back.
    Goto(&'a str),
}

impl Verdict<'_> {
    pub(super) fn data(self) -> Attributes {
        let (code, chain) = match self {
            Verdict::Accept => (NF_ACCEPT, None),
            Verdict::Drop => (NF_DROP, None),
            Verdict::Jump(chain) => (NFT_JUMP.cast_unsigned(), Some(chain)),
            Verdict::Goto(chain) => (NFT_GOTO.cast_unsigned(), Some(chain)),
        };
        let verdict = Attributes::default()
            .number(NFTA_VERDICT_CODE, code)
            .with(chain, |verdict, chain| verdict.text(NFTA_VERDICT_CHAIN, chain));
        Attributes::default().nested(NFTA_DATA_VERDICT, &verdict)
    }
}

/// A value as data.
pub fn value(bytes: &[u8]) -> Attributes {
    Attributes::default().bytes(NFTA_DATA_VALUE, bytes)
}

/// Parts of a key or value, each filled up to whole registers.
pub fn registers(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().fold(Vec::new(), |mut all, part| {
        all.extend(*part);
        all.resize(all.len().next_multiple_of(REGISTER), 0);
        all
    })
}
