//! Sets and maps, and what is in them.

use super::data::{Type, Verdict, concatenation, length, registers, value};
use crate::attributes::Attributes;

const NFTA_SET_NAME: u16 = 2;
const NFTA_SET_FLAGS: u16 = 3;
const NFTA_SET_KEY_TYPE: u16 = 4;
const NFTA_SET_KEY_LEN: u16 = 5;
const NFTA_SET_DATA_TYPE: u16 = 6;
const NFTA_SET_DATA_LEN: u16 = 7;
const NFTA_SET_ID: u16 = 10;
const NFT_SET_MAP: u32 = 0x8;
const NFT_DATA_VERDICT: u32 = 0xffff_ff00;

const NFTA_LIST_ELEM: u16 = 1;
const NFTA_SET_ELEM_KEY: u16 = 1;
const NFTA_SET_ELEM_DATA: u16 = 2;

/// A set or a map to make.
#[derive(Debug, Clone, Copy)]
pub struct Set<'a> {
    pub name: &'a str,
    /// The parts of its keys.
    pub key: &'a [Type],
    pub data: Data<'a>,
}

/// What a key leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data<'a> {
    /// Nothing: a set.
    None,
    /// A value of these parts: a map.
    Values(&'a [Type]),
    /// A verdict: a verdict map.
    Verdicts,
}

/// A key, and in a map what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element(pub(super) Attributes);

impl Set<'_> {
    /// The kernel asks for a number that tells the set from others of its batch.
    pub(super) fn describe(&self, attributes: Attributes, id: u32) -> Attributes {
        let data = match self.data {
            Data::None => None,
            Data::Values(types) => Some((concatenation(types), length(types))),
            Data::Verdicts => Some((NFT_DATA_VERDICT, 0)),
        };
        attributes
            .text(NFTA_SET_NAME, self.name)
            .number(NFTA_SET_FLAGS, if data.is_some() { NFT_SET_MAP } else { 0 })
            .number(NFTA_SET_KEY_TYPE, concatenation(self.key))
            .number(NFTA_SET_KEY_LEN, number(length(self.key)))
            .with(data, |attributes, (kind, length)| {
                attributes.number(NFTA_SET_DATA_TYPE, kind).number(NFTA_SET_DATA_LEN, number(length))
            })
            .number(NFTA_SET_ID, id)
    }
}

impl Element {
    /// A key, part by part: an element of a set, or what to delete.
    #[must_use]
    pub fn key(parts: &[&[u8]]) -> Element {
        Element(Attributes::default().nested(NFTA_SET_ELEM_KEY, &value(&registers(parts))))
    }

    /// The same, leading to a value.
    #[must_use]
    pub fn to_value(self, parts: &[&[u8]]) -> Element {
        Element(self.0.nested(NFTA_SET_ELEM_DATA, &value(&registers(parts))))
    }

    /// The same, leading to a verdict.
    #[must_use]
    pub fn to_verdict(self, verdict: Verdict) -> Element {
        Element(self.0.nested(NFTA_SET_ELEM_DATA, &verdict.data()))
    }

    pub(super) fn listed(&self) -> Attributes {
        Attributes::default().nested(NFTA_LIST_ELEM, &self.0)
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
