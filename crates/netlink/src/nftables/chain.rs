//! Chains: lists of rules, hooked into a packet's way or jumped to.

use super::data::{NF_ACCEPT, NF_DROP};
use crate::attributes::Attributes;

const NFTA_HOOK_HOOKNUM: u16 = 1;
const NFTA_HOOK_PRIORITY: u16 = 2;

/// A chain to make.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a> {
    pub name: &'a str,
    /// Where it is hooked in; none for a chain that others jump to.
    pub base: Option<Base>,
}

/// How a chain is hooked into a packet's way: `type nat hook postrouting priority srcnat; policy accept;`.
#[derive(Debug, Clone, Copy)]
pub struct Base {
    pub purpose: Purpose,
    pub hook: Hook,
    /// The lowest comes first.
    pub priority: i32,
    pub policy: Policy,
}

/// What a chain may do; `nft` calls it the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Filter,
    /// Sees the first packet of each connection only.
    Nat,
}

/// A place on a packet's way (`enum nf_inet_hooks`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    Prerouting = 0,
    Input = 1,
    Forward = 2,
    Output = 3,
    Postrouting = 4,
}

/// What becomes of a packet that no rule decides upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    Accept,
    Drop,
}

impl Base {
    /// `priority filter`
    pub const FILTER: i32 = 0;
    /// `priority dstnat`
    pub const DESTINATION_NAT: i32 = -100;
    /// `priority srcnat`
    pub const SOURCE_NAT: i32 = 100;

    pub(super) fn hook(self) -> Attributes {
        Attributes::default()
            .number(NFTA_HOOK_HOOKNUM, self.hook as u32)
            .bytes(NFTA_HOOK_PRIORITY, &self.priority.to_be_bytes())
    }

    pub(super) fn policy(self) -> u32 {
        match self.policy {
            Policy::Accept => NF_ACCEPT,
            Policy::Drop => NF_DROP,
        }
    }

    pub(super) fn purpose(self) -> &'static str {
        match self.purpose {
            Purpose::Filter => "filter",
            Purpose::Nat => "nat",
        }
    }
}
