//! What all messages of `nf_tables` have in common.

use crate::{AddressFamily, attributes::Attributes};

pub const NFPROTO_UNSPEC: u8 = 0;
pub const NFNL_SUBSYS_NFTABLES: u16 = 10;
pub const NFNL_MSG_BATCH_BEGIN: u16 = 0x10;
pub const NFNL_MSG_BATCH_END: u16 = 0x11;
/// `struct nfgenmsg`: family, version, resource.
pub const NFNL_HEADER: usize = 4;

pub const NFTA_CHAIN_TABLE: u16 = 1;
pub const NFTA_CHAIN_NAME: u16 = 3;
pub const NFTA_RULE_TABLE: u16 = 1;
pub const NFTA_RULE_CHAIN: u16 = 2;
pub const NFTA_RULE_HANDLE: u16 = 3;
pub const NFTA_RULE_USERDATA: u16 = 7;

/// A table: a family and a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table<'a> {
    pub family: AddressFamily,
    pub name: &'a str,
}

/// The type of a message of `nf_tables`.
pub fn message(kind: u16) -> u16 {
    NFNL_SUBSYS_NFTABLES << 8 | kind
}

/// `struct nfgenmsg`: family, version 0, resource.
pub fn header(family: u8, resource: u16) -> Attributes {
    let [high, low] = resource.to_be_bytes();
    Attributes::after(&[family, 0, high, low])
}
