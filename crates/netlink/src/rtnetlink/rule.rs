//! Rules that say which routing table counts for a packet: ip-rule(8).

use super::protocol::{Kinds, kinds, parts, table_byte};
use crate::{
    AddressFamily,
    attributes::{Attributes, find, native},
    message::{Request, flags},
};

const KINDS: Kinds = kinds(32);

const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_TABLE: u16 = 15;
const FRA_FWMASK: u16 = 16;
const FR_ACT_TO_TBL: u8 = 1;

/// Packets with a mark, or all, are routed by a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub family: AddressFamily,
    /// The lowest comes first.
    pub priority: u32,
    /// A mark and the bits of it that count.
    pub mark: Option<(u32, u32)>,
    pub table: u32,
}

impl Rule {
    /// Fails if it is there.
    #[must_use]
    pub fn add(&self) -> Request {
        let action = format!("add the routing rule {} to table {}", self.priority, self.table);
        Request::new(action, KINDS.new, flags::CREATE | flags::EXCLUSIVE, self.body())
    }

    /// Takes it away.
    #[must_use]
    pub fn delete(&self) -> Request {
        Request::new(format!("delete the routing rule {}", self.priority), KINDS.delete, 0, self.body())
    }

    fn body(&self) -> Attributes {
        header(self.family, table_byte(self.table), FR_ACT_TO_TBL)
            .native(FRA_PRIORITY, self.priority)
            .native(FRA_TABLE, self.table)
            .with(self.mark, |body, (mark, mask)| body.native(FRA_FWMARK, mark).native(FRA_FWMASK, mask))
    }

    pub(super) fn decode(body: &[u8]) -> Option<Rule> {
        let (header, rest) = parts::<12>(body)?;
        let family = AddressFamily::from_number(header[0])?;
        let number = |kind| find(rest, kind).and_then(native);
        let mark = number(FRA_FWMARK).map(|mark| (mark, number(FRA_FWMASK).unwrap_or(u32::MAX)));
        let table = number(FRA_TABLE).unwrap_or_else(|| header[4].into());
        Some(Rule { family, priority: number(FRA_PRIORITY).unwrap_or_default(), mark, table })
    }
}

pub fn list(family: AddressFamily) -> Request {
    Request::new("list the routing rules", KINDS.get, flags::DUMP, header(family, 0, 0))
}

/// `struct fib_rule_hdr`: family, lengths of destination and source, type of service, table, two reserved, action,
/// flags.
fn header(family: AddressFamily, table: u8, action: u8) -> Attributes {
    Attributes::after(&[family.number(), 0, 0, 0, table, 0, 0, action, 0, 0, 0, 0])
}
