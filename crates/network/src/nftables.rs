//! `nf_tables` over netlink (`linux/netfilter/nf_tables.h`): a batch of changes that the kernel makes all or none of.
//!
//! Encoded here, because feeding the `nft` program costs 30 ms and more, and needs it on the machine.

mod attributes;
mod rule;

use attributes::{Attributes, find};
use rustix::io::Errno;
use std::io;

pub use rule::{Rule, comment};

use crate::{
    Error, Result,
    netlink::{self, Family, HEADER, Socket, flags},
};

const NFPROTO_UNSPEC: u8 = 0;
const NFPROTO_IPV4: u8 = 2;
const NFNL_SUBSYS_NFTABLES: u16 = 10;
const NFNL_MSG_BATCH_BEGIN: u16 = 0x10;
const NFNL_MSG_BATCH_END: u16 = 0x11;
/// `struct nfgenmsg`: family, version, resource.
const NFNL_HEADER: usize = 4;

const NFT_MSG_NEWTABLE: u16 = 0;
const NFT_MSG_DELTABLE: u16 = 2;
const NFT_MSG_NEWCHAIN: u16 = 3;
const NFT_MSG_GETCHAIN: u16 = 4;
const NFT_MSG_NEWRULE: u16 = 6;
const NFT_MSG_GETRULE: u16 = 7;
const NFT_MSG_DELRULE: u16 = 8;

const NFTA_CHAIN_TABLE: u16 = 1;
const NFTA_CHAIN_NAME: u16 = 3;
const NFTA_RULE_TABLE: u16 = 1;
const NFTA_RULE_CHAIN: u16 = 2;
const NFTA_RULE_HANDLE: u16 = 3;
const NFTA_RULE_EXPRESSIONS: u16 = 4;
const NFTA_RULE_USERDATA: u16 = 7;

const NF_INET_POST_ROUTING: u32 = 4;
const NF_IP_PRI_NAT_SRC: u32 = 100;
const NF_ACCEPT: u32 = 1;

/// A rule that is in the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    handle: [u8; 8],
    /// What was kept with it for the user, such as a [`comment`].
    pub user_data: Vec<u8>,
}

/// Changes to one table of IPv4 rules.
#[derive(Debug)]
pub struct Batch<'a> {
    table: &'a str,
    messages: Vec<(u16, u16, Attributes)>,
}

impl<'a> Batch<'a> {
    /// A batch of changes to a table that is there.
    pub fn of(table: &'a str) -> Batch<'a> {
        Batch { table, messages: Vec::new() }
    }

    /// A batch that starts with the table gone, whether it was there or not.
    pub fn without_table(table: &'a str) -> Batch<'a> {
        let name = Attributes::default().text(1, table);
        let messages = vec![(NFT_MSG_NEWTABLE, flags::CREATE, name.clone()), (NFT_MSG_DELTABLE, 0, name)];
        Batch { table, messages }
    }

    pub fn create_table(mut self) -> Self {
        self.messages.push((NFT_MSG_NEWTABLE, flags::CREATE, Attributes::default().text(1, self.table)));
        self
    }

    /// `type nat hook postrouting priority srcnat; policy accept;`
    pub fn create_source_nat_chain(mut self, chain: &str) -> Self {
        let hook = Attributes::default().number(1, NF_INET_POST_ROUTING).number(2, NF_IP_PRI_NAT_SRC);
        let attributes = Attributes::default()
            .text(1, self.table)
            .text(3, chain)
            .nested(4, &hook)
            .number(5, NF_ACCEPT)
            .text(7, "nat");
        self.messages.push((NFT_MSG_NEWCHAIN, flags::CREATE, attributes));
        self
    }

    /// Puts a rule behind all others of the chain.
    pub fn append_rule(self, chain: &str, rule: &Rule) -> Self {
        self.add_rule(chain, rule, flags::APPEND)
    }

    /// Puts a rule before all others of the chain.
    pub fn insert_rule(self, chain: &str, rule: &Rule) -> Self {
        self.add_rule(chain, rule, 0)
    }

    fn add_rule(mut self, chain: &str, rule: &Rule, place: u16) -> Self {
        let mut attributes = self.in_chain(chain).nested(NFTA_RULE_EXPRESSIONS, &rule.expressions);
        if !rule.user_data.is_empty() {
            attributes = attributes.bytes(NFTA_RULE_USERDATA, &rule.user_data);
        }
        self.messages.push((NFT_MSG_NEWRULE, flags::CREATE | place, attributes));
        self
    }

    pub fn delete_rule(mut self, chain: &str, rule: &Installed) -> Self {
        let attributes = self.in_chain(chain).bytes(NFTA_RULE_HANDLE, &rule.handle);
        self.messages.push((NFT_MSG_DELRULE, 0, attributes));
        self
    }

    fn in_chain(&self, chain: &str) -> Attributes {
        Attributes::default().text(NFTA_RULE_TABLE, self.table).text(NFTA_RULE_CHAIN, chain)
    }
}

/// A netfilter socket. Keep it: to close it waits until the kernel has freed what was deleted through it (10 ms).
#[derive(Debug)]
pub struct Nftables(Socket);

impl Nftables {
    pub fn open() -> Result<Nftables> {
        let opened = Socket::open(Family::Netfilter).map(Nftables);
        opened.map_err(|error| Error::kernel("open a netfilter netlink socket", error))
    }

    /// Makes all changes of the batch, or none.
    pub fn commit(&mut self, batch: &Batch) -> Result<()> {
        let failed = |error| Error::kernel(format!("change the nftables table {}", batch.table), error);
        let subsystem = NFNL_SUBSYS_NFTABLES;
        let mut bytes = Vec::new();
        // An error of the batch as a whole carries the number of its first message.
        let first = self.0.next_sequence();
        push(&mut bytes, NFNL_MSG_BATCH_BEGIN, 0, first, (NFPROTO_UNSPEC, subsystem), &Attributes::default());
        let mut last = first;
        for (kind, flags, attributes) in &batch.messages {
            last = self.0.next_sequence();
            push(&mut bytes, subsystem << 8 | kind, flags | flags::ACK, last, (NFPROTO_IPV4, 0), attributes);
        }
        let end = self.0.next_sequence();
        push(&mut bytes, NFNL_MSG_BATCH_END, 0, end, (NFPROTO_UNSPEC, subsystem), &Attributes::default());
        self.0.send(&bytes).map_err(failed)?;
        let mut outcome = Ok(());
        loop {
            let answers = match self.0.receive() {
                Ok(answers) => answers,
                Err(error) => return outcome.and(Err(failed(error))),
            };
            for answer in answers.filter(|answer| answer.kind == netlink::ERROR) {
                outcome = outcome.and_then(|()| answer.outcome().map_err(failed));
                if answer.sequence == last || answer.sequence == first {
                    return outcome;
                }
            }
        }
    }

    /// Sends a request for something that is there; returns the number that the answers carry.
    fn ask(&mut self, kind: u16, flags: u16, attributes: &Attributes) -> io::Result<u32> {
        let mut bytes = Vec::new();
        let sequence = self.0.next_sequence();
        push(&mut bytes, NFNL_SUBSYS_NFTABLES << 8 | kind, flags, sequence, (NFPROTO_IPV4, 0), attributes);
        self.0.send(&bytes)?;
        Ok(sequence)
    }

    /// Whether there is such a chain. To find out by a change that fails costs 10 ms: the kernel takes its time to undo.
    pub fn has_chain(&mut self, table: &str, chain: &str) -> Result<bool> {
        let failed = |error| Error::kernel(format!("look for the nftables chain {table} {chain}"), error);
        let request = Attributes::default().text(NFTA_CHAIN_TABLE, table).text(NFTA_CHAIN_NAME, chain);
        let sequence = self.ask(NFT_MSG_GETCHAIN, 0, &request).map_err(failed)?;
        loop {
            let mut answers = self.0.receive().map_err(failed)?;
            let Some(answer) = answers.find(|answer| answer.sequence == sequence) else { continue };
            return match answer.kind {
                netlink::ERROR => answer.outcome().map(|()| false).or_else(none_there).map_err(failed),
                _ => Ok(true),
            };
        }
    }

    /// The rules of a chain, in their order.
    pub fn rules(&mut self, table: &str, chain: &str) -> Result<Vec<Installed>> {
        let failed = |error| Error::kernel(format!("read the nftables chain {table} {chain}"), error);
        let request = Batch::of(table).in_chain(chain);
        let sequence = self.ask(NFT_MSG_GETRULE, flags::DUMP, &request).map_err(failed)?;
        let mut rules = Vec::new();
        loop {
            for answer in self.0.receive().map_err(failed)?.filter(|answer| answer.sequence == sequence) {
                match answer.kind {
                    netlink::DONE => return Ok(rules),
                    netlink::ERROR => return answer.outcome().map(|()| rules).map_err(failed),
                    _ => rules.extend(installed(answer.message)),
                }
            }
        }
    }
}

fn none_there(error: io::Error) -> io::Result<bool> {
    if error.raw_os_error() == Some(Errno::NOENT.raw_os_error()) { Ok(false) } else { Err(error) }
}

fn installed(message: &[u8]) -> Option<Installed> {
    let attributes = message.get(HEADER + NFNL_HEADER..)?;
    let handle = *find(attributes, NFTA_RULE_HANDLE)?.first_chunk()?;
    let user_data = find(attributes, NFTA_RULE_USERDATA).unwrap_or_default().to_vec();
    Some(Installed { handle, user_data })
}

/// Appends a message: netlink's header, nfnetlink's (family, version 0, resource), attributes.
fn push(bytes: &mut Vec<u8>, kind: u16, flags: u16, sequence: u32, family: (u8, u16), attributes: &Attributes) {
    let length = u32::try_from(HEADER + NFNL_HEADER + attributes.0.len()).unwrap_or(u32::MAX);
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((flags | flags::REQUEST).to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend([family.0, 0]);
    bytes.extend(family.1.to_be_bytes());
    bytes.extend(&attributes.0);
}
