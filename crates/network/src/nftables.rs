//! `nf_tables` over netlink (`linux/netfilter/nf_tables.h`): a batch of changes that the kernel makes all or none of.
//!
//! Encoded here, because feeding the `nft` program costs 30 ms and more, and needs it on the machine.

use ipnet::Ipv4Net;

use crate::netlink::{self, Family, HEADER, Socket, flags};
use crate::{Error, Result};

const NFPROTO_UNSPEC: u8 = 0;
const NFPROTO_IPV4: u8 = 2;
const NFNL_SUBSYS_NFTABLES: u16 = 10;
const NFNL_MSG_BATCH_BEGIN: u16 = 0x10;
const NFNL_MSG_BATCH_END: u16 = 0x11;

const NFT_MSG_NEWTABLE: u16 = 0;
const NFT_MSG_DELTABLE: u16 = 2;
const NFT_MSG_NEWCHAIN: u16 = 3;
const NFT_MSG_NEWRULE: u16 = 6;

const NF_INET_POST_ROUTING: u32 = 4;
const NF_IP_PRI_NAT_SRC: u32 = 100;
const NF_ACCEPT: u32 = 1;

const NFT_REG32_00: u32 = 8;
const NFT_PAYLOAD_NETWORK_HEADER: u32 = 1;
const IPV4_SOURCE: u32 = 12;
const IPV4_DESTINATION: u32 = 16;
const IPV4_LENGTH: u32 = 4;
const NFT_CMP_EQ: u32 = 0;
const NFT_CMP_NEQ: u32 = 1;

const NLA_F_NESTED: u16 = 0x8000;

/// Netlink attributes, one after the other; numbers in network byte order, as `nf_tables` has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Attributes(Vec<u8>);

impl Attributes {
    fn bytes(mut self, kind: u16, value: &[u8]) -> Attributes {
        // No value here is near the 64 KiB that a length can say.
        let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    fn text(self, kind: u16, value: &str) -> Attributes {
        self.bytes(kind, &[value.as_bytes(), &[0]].concat())
    }

    fn number(self, kind: u16, value: u32) -> Attributes {
        self.bytes(kind, &value.to_be_bytes())
    }

    fn nested(self, kind: u16, value: &Attributes) -> Attributes {
        self.bytes(kind | NLA_F_NESTED, &value.0)
    }
}

/// The expressions of a rule; each decides whether the next one runs.
#[derive(Debug, Clone, Default)]
pub struct Rule(Attributes);

impl Rule {
    /// `ip saddr CIDR`
    pub fn source_in(self, cidr: Ipv4Net) -> Rule {
        self.address(IPV4_SOURCE, NFT_CMP_EQ, cidr)
    }

    /// `ip daddr != CIDR`
    pub fn destination_not_in(self, cidr: Ipv4Net) -> Rule {
        self.address(IPV4_DESTINATION, NFT_CMP_NEQ, cidr)
    }

    /// `masquerade`
    pub fn masquerade(self) -> Rule {
        self.expression("masq", &Attributes::default())
    }

    /// Loads an address of the packet, cuts it to the prefix, compares it.
    fn address(self, offset: u32, comparison: u32, cidr: Ipv4Net) -> Rule {
        let data = |bytes: [u8; 4]| Attributes::default().bytes(1, &bytes);
        let payload = Attributes::default()
            .number(1, NFT_REG32_00)
            .number(2, NFT_PAYLOAD_NETWORK_HEADER)
            .number(3, offset)
            .number(4, IPV4_LENGTH);
        let bitwise = Attributes::default()
            .number(1, NFT_REG32_00)
            .number(2, NFT_REG32_00)
            .number(3, IPV4_LENGTH)
            .nested(4, &data(cidr.netmask().octets()))
            .nested(5, &data([0; 4]));
        let compare = Attributes::default()
            .number(1, NFT_REG32_00)
            .number(2, comparison)
            .nested(3, &data(cidr.network().octets()));
        self.expression("payload", &payload).expression("bitwise", &bitwise).expression("cmp", &compare)
    }

    fn expression(self, name: &str, data: &Attributes) -> Rule {
        Rule(self.0.nested(1, &Attributes::default().text(1, name).nested(2, data)))
    }
}

/// Changes to one table of IPv4 rules.
#[derive(Debug)]
pub struct Batch<'a> {
    table: &'a str,
    messages: Vec<(u16, u16, Attributes)>,
}

impl<'a> Batch<'a> {
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

    pub fn append_rule(mut self, chain: &str, rule: &Rule) -> Self {
        let attributes = Attributes::default().text(1, self.table).text(2, chain).nested(4, &rule.0);
        self.messages.push((NFT_MSG_NEWRULE, flags::CREATE | flags::APPEND, attributes));
        self
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
}

/// Appends a message: netlink's header, nfnetlink's (family, version 0, resource), attributes.
fn push(bytes: &mut Vec<u8>, kind: u16, flags: u16, sequence: u32, family: (u8, u16), attributes: &Attributes) {
    let length = u32::try_from(HEADER + 4 + attributes.0.len()).unwrap_or(u32::MAX);
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((flags | flags::REQUEST).to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend([family.0, 0]);
    bytes.extend(family.1.to_be_bytes());
    bytes.extend(&attributes.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_nested() {
        let inner = Attributes::default().text(1, "ab");
        assert_eq!(inner.0, [7, 0, 1, 0, b'a', b'b', 0, 0]);
        let outer = Attributes::default().nested(4, &inner).number(5, 1);
        assert_eq!(outer.0, [&[12, 0, 4, 0x80], &inner.0[..], &[8, 0, 5, 0, 0, 0, 0, 1]].concat());
    }

    #[test]
    fn a_rule_compares_under_the_mask_of_the_prefix() {
        let rule = Rule::default().source_in("10.42.7.9/20".parse().unwrap()).masquerade();
        let has = |bytes: &[u8]| rule.0.0.windows(bytes.len()).any(|window| window == bytes);
        assert!(has(&[255, 255, 240, 0]) && has(&[10, 42, 0, 0]) && has(b"masq\0"));
        assert!(!has(&[10, 42, 7, 9]));
    }
}
