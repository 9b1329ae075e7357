//! `nf_tables` over netlink (`linux/netfilter/nf_tables.h`): a batch of changes that the kernel makes all or none of.
//!
//! Encoded here, because feeding the `nft` program costs 30 ms and more, and needs it on the machine.

mod batch;
mod chain;
mod data;
mod expression;
mod protocol;
mod rule;
mod set;

use crate::{
    Error, Result,
    message::{ERROR, Request, flags, push},
    socket::{Family, Socket, result},
};
use protocol::{
    NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END, NFNL_SUBSYS_NFTABLES, NFPROTO_UNSPEC, NFTA_CHAIN_NAME, NFTA_CHAIN_TABLE,
    NFTA_RULE_CHAIN, NFTA_RULE_TABLE, header, message,
};
use rustix::io::Errno;

pub use batch::Batch;
pub use chain::{Base, Chain, Hook, Policy, Purpose};
pub use data::{Key, Type, Verdict};
pub use protocol::Table;
pub use rule::{Installed, Rule, comment};
pub use set::{Data, Element, Set};

const NFT_MSG_GETCHAIN: u16 = 4;
const NFT_MSG_GETRULE: u16 = 7;

/// A netfilter socket. Keep it: to close it waits until the kernel has freed what was deleted through it (10 ms).
#[derive(Debug)]
pub struct Nftables(Socket);

impl Nftables {
    /// A socket in the network namespace of this thread.
    pub fn open() -> Result<Nftables> {
        Socket::open(Family::Netfilter).map(Nftables)
    }

    /// Makes all changes of the batch, or none.
    pub fn commit(&mut self, batch: &Batch) -> Result<()> {
        let Some(final_change) = batch.changes.len().checked_sub(1) else { return Ok(()) };
        let mut bytes = Vec::new();
        // An error of the batch as a whole carries the number of its first message.
        let first = self.0.next_sequence();
        push(&mut bytes, NFNL_MSG_BATCH_BEGIN, 0, first, &header(NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES));
        let mut actions = Vec::with_capacity(batch.changes.len());
        for (place, Request { action, kind, flags, body }) in batch.changes.iter().enumerate() {
            let sequence = self.0.next_sequence();
            // The others are answered only when they fail: a large batch would not leave room for its answers.
            let acknowledged = if place == final_change { flags::ACK } else { 0 };
            push(&mut bytes, *kind, flags | acknowledged, sequence, body);
            actions.push((sequence, action.as_str()));
        }
        let end = self.0.next_sequence();
        push(&mut bytes, NFNL_MSG_BATCH_END, 0, end, &header(NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES));
        actions.push((first, actions.last().map_or("", |(_, action)| action)));
        self.0.send(actions.first().map_or("", |(_, action)| action), &bytes)?;
        self.outcome(&actions)
    }

    /// Reads answers until one is to the batch's last change or to the batch as a whole; the first error counts.
    fn outcome(&mut self, actions: &[(u32, &str)]) -> Result<()> {
        let mut outcome = Ok(());
        let whole: Vec<u32> = actions.iter().rev().take(2).map(|(sequence, _)| *sequence).collect();
        loop {
            let answers = match self.0.receive(actions.last().map_or("", |(_, action)| action)) {
                Ok(answers) => answers,
                Err(error) => return outcome.and(Err(error)),
            };
            for answer in answers.filter(|answer| answer.kind == ERROR) {
                let Some((sequence, action)) = actions.iter().find(|(sequence, _)| *sequence == answer.sequence) else {
                    continue;
                };
                outcome = outcome.and_then(|()| result(action, &answer));
                if whole.contains(sequence) {
                    return outcome;
                }
            }
        }
    }

    /// Whether there is such a chain. To find out by a change that fails costs 10 ms: the kernel takes its time to undo.
    pub fn has_chain(&mut self, table: Table, chain: &str) -> Result<bool> {
        let body = header(table.family.number(), 0).text(NFTA_CHAIN_TABLE, table.name).text(NFTA_CHAIN_NAME, chain);
        let action = format!("look for the nftables chain {} {chain}", table.name);
        match self.0.read(&Request::new(action, message(NFT_MSG_GETCHAIN), 0, body), |_| Some(())) {
            Err(Error::Refused { source, .. }) if source.raw_os_error() == Some(Errno::NOENT.raw_os_error()) => {
                Ok(false)
            }
            found => found.map(|chains| !chains.is_empty()),
        }
    }

    /// The rules of a chain, in their order.
    pub fn rules(&mut self, table: Table, chain: &str) -> Result<Vec<Installed>> {
        let body = header(table.family.number(), 0).text(NFTA_RULE_TABLE, table.name).text(NFTA_RULE_CHAIN, chain);
        let action = format!("read the nftables chain {} {chain}", table.name);
        self.0.read(&Request::new(action, message(NFT_MSG_GETRULE), flags::DUMP, body), Installed::decode)
    }
}
