//! Rules, put together of expressions in the words of `nft`.

use super::{
    data::{Key, Verdict},
    expression::{self, Comparison, FIRST, NFT_REG_VERDICT},
    protocol::{NFNL_HEADER, NFTA_RULE_HANDLE, NFTA_RULE_USERDATA},
};
use crate::{
    AddressFamily,
    address_family::octets,
    attributes::{Attributes, find},
};
use ipnet::IpNet;

/// How `libnftnl` marks a comment among the data that the kernel keeps for the user.
const UDATA_COMMENT: u8 = 0;
/// Where the value of a map goes: behind the longest key, which is a number, an address, a protocol and a port.
const VALUE: u32 = FIRST + 8;

/// A rule, with the comment that `nft list ruleset` shows.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    pub(super) expressions: Attributes,
    pub(super) user_data: Vec<u8>,
}

impl Rule {
    /// `ip saddr CIDR`
    #[must_use]
    pub fn source_in(self, cidr: IpNet) -> Rule {
        self.address(Key::Source(AddressFamily::of(cidr.addr())), Comparison::Equal, cidr)
    }

    /// `ip daddr CIDR`
    #[must_use]
    pub fn destination_in(self, cidr: IpNet) -> Rule {
        self.address(Key::Destination(AddressFamily::of(cidr.addr())), Comparison::Equal, cidr)
    }

    /// `ip daddr != CIDR`
    #[must_use]
    pub fn destination_not_in(self, cidr: IpNet) -> Rule {
        self.address(Key::Destination(AddressFamily::of(cidr.addr())), Comparison::NotEqual, cidr)
    }

    /// `iifname NAME`
    #[must_use]
    pub fn comes_in_by(self, interface: &str) -> Rule {
        self.interface(Key::IncomingInterface, interface)
    }

    /// `oifname NAME`
    #[must_use]
    pub fn goes_out_by(self, interface: &str) -> Rule {
        self.interface(Key::OutgoingInterface, interface)
    }

    /// `meta mark & BITS != 0`
    #[must_use]
    pub fn marked(self, bits: u32) -> Rule {
        let none = 0_u32.to_ne_bytes();
        self.then(&expression::load(Key::Mark, FIRST))
            .then(&expression::bits(FIRST, &bits.to_ne_bytes(), &none))
            .then(&expression::compare(FIRST, Comparison::NotEqual, &none))
    }

    /// `meta mark set mark | BITS`
    #[must_use]
    pub fn mark(self, bits: u32) -> Rule {
        // What is cleared first is set by being flipped.
        self.then(&expression::load(Key::Mark, FIRST))
            .then(&expression::bits(FIRST, &(!bits).to_ne_bytes(), &bits.to_ne_bytes()))
            .then(&expression::set_mark(FIRST))
    }

    /// `KEY . KEY @SET`: goes on if the set has what is loaded.
    #[must_use]
    pub fn is_in(self, set: &str, keys: &[Key]) -> Rule {
        self.load(keys).then(&expression::look_up(set, FIRST, None))
    }

    /// `KEY . KEY vmap @MAP`: does what the map says, and goes on if it says nothing.
    #[must_use]
    pub fn verdict_of(self, map: &str, keys: &[Key]) -> Rule {
        self.load(keys).then(&expression::look_up(map, FIRST, Some(NFT_REG_VERDICT)))
    }

    /// `dnat to KEY . KEY map @MAP`: sends the connection to the address and port that the map has.
    #[must_use]
    pub fn destination_nat_of(self, map: &str, keys: &[Key], family: AddressFamily) -> Rule {
        let port = VALUE + expression::width(Key::Destination(family));
        self.load(keys).then(&expression::look_up(map, FIRST, Some(VALUE))).then(&expression::destination_nat(
            family,
            VALUE,
            Some(port),
        ))
    }

    /// `counter`
    #[must_use]
    pub fn count(self) -> Rule {
        self.then(&expression::counter())
    }

    /// `accept`, `drop`, `jump CHAIN`, `goto CHAIN`
    #[must_use]
    pub fn verdict(self, verdict: Verdict) -> Rule {
        self.then(&expression::verdict(verdict))
    }

    /// `masquerade`
    #[must_use]
    pub fn masquerade(self) -> Rule {
        self.then(&expression::masquerade())
    }

    /// `comment TEXT`
    #[must_use]
    pub fn comment(mut self, text: &str) -> Rule {
        self.user_data = comment(text);
        self
    }

    /// Loads an address of the packet, cuts it to the prefix, compares it.
    fn address(self, key: Key, comparison: Comparison, cidr: IpNet) -> Rule {
        let (mask, none) = (octets(cidr.netmask()), octets(AddressFamily::of(cidr.addr()).unspecified()));
        self.then(&expression::load(key, FIRST))
            .then(&expression::bits(FIRST, &mask, &none))
            .then(&expression::compare(FIRST, comparison, &octets(cidr.network())))
    }

    /// Compares the name with its end, so that a longer one that begins alike differs.
    fn interface(self, key: Key, name: &str) -> Rule {
        let name = [name.as_bytes(), &[0]].concat();
        self.then(&expression::load(key, FIRST)).then(&expression::compare(FIRST, Comparison::Equal, &name))
    }

    /// Loads the parts of a key side by side.
    fn load(self, keys: &[Key]) -> Rule {
        let loaded = keys.iter().fold((self, FIRST), |(rule, register), key| {
            (rule.then(&expression::load(*key, register)), register + expression::width(*key))
        });
        loaded.0
    }

    fn then(mut self, expression: &Attributes) -> Rule {
        self.expressions.0.extend(&expression.0);
        self
    }
}

/// A rule that is in the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    pub(super) handle: [u8; 8],
    /// What was kept with it for the user, such as a [`comment`].
    pub user_data: Vec<u8>,
}

impl Installed {
    pub(crate) fn decode(body: &[u8]) -> Option<Installed> {
        let attributes = body.get(NFNL_HEADER..)?;
        let handle = *find(attributes, NFTA_RULE_HANDLE)?.first_chunk()?;
        let user_data = find(attributes, NFTA_RULE_USERDATA).unwrap_or_default().to_vec();
        Some(Installed { handle, user_data })
    }
}

/// A comment as the kernel keeps it: type, length, text with its end.
#[must_use]
pub fn comment(text: &str) -> Vec<u8> {
    // A comment has at most 128 bytes (NFTNL_UDATA_COMMENT_MAXLEN).
    let length = u8::try_from(text.len() + 1).unwrap_or(u8::MAX);
    [&[UDATA_COMMENT, length], text.as_bytes(), &[0]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(rule: &Rule, bytes: &[u8]) -> bool {
        rule.expressions.0.windows(bytes.len()).any(|window| window == bytes)
    }

    #[test]
    fn addresses_are_compared_under_the_mask_of_the_prefix() {
        let rule = Rule::default().source_in("10.42.7.9/20".parse().unwrap()).masquerade();
        assert!(has(&rule, &[255, 255, 240, 0]) && has(&rule, &[10, 42, 0, 0]) && has(&rule, b"masq\0"));
        assert!(!has(&rule, &[10, 42, 7, 9]));
        let rule = Rule::default().destination_in("fd00:1::9/32".parse().unwrap());
        assert!(has(&rule, &[&[255; 4][..], &[0; 12]].concat()) && has(&rule, &[0xfd, 0, 0, 1, 0, 0, 0, 0]));
    }

    #[test]
    fn comments_are_kept_as_other_programs_read_them() {
        assert_eq!(comment("ab"), [0, 3, b'a', b'b', 0]);
    }
}
