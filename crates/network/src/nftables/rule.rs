//! What a rule consists of: expressions, each of which decides whether the next one runs.

use super::attributes::Attributes;
use ipnet::Ipv4Net;

const NFT_REG_VERDICT: u32 = 0;
const NFT_REG32_00: u32 = 8;
const NFT_PAYLOAD_NETWORK_HEADER: u32 = 1;
const IPV4_SOURCE: u32 = 12;
const IPV4_DESTINATION: u32 = 16;
const IPV4_LENGTH: u32 = 4;
const NFT_META_IIFNAME: u32 = 6;
const NFT_META_OIFNAME: u32 = 7;
const NFT_CMP_EQ: u32 = 0;
const NFT_CMP_NEQ: u32 = 1;
const NF_ACCEPT: u32 = 1;
/// How `libnftnl` marks a comment among the data that the kernel keeps for the user.
const UDATA_COMMENT: u8 = 0;

/// A rule, with the comment that `nft list ruleset` shows.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    pub(super) expressions: Attributes,
    pub(super) user_data: Vec<u8>,
}

impl Rule {
    /// `ip saddr CIDR`
    pub fn source_in(self, cidr: Ipv4Net) -> Rule {
        self.address(IPV4_SOURCE, NFT_CMP_EQ, cidr)
    }

    /// `ip daddr != CIDR`
    pub fn destination_not_in(self, cidr: Ipv4Net) -> Rule {
        self.address(IPV4_DESTINATION, NFT_CMP_NEQ, cidr)
    }

    /// `iifname NAME`
    pub fn comes_in_by(self, interface: &str) -> Rule {
        self.interface(NFT_META_IIFNAME, interface)
    }

    /// `oifname NAME`
    pub fn goes_out_by(self, interface: &str) -> Rule {
        self.interface(NFT_META_OIFNAME, interface)
    }

    /// `counter`
    pub fn count(self) -> Rule {
        self.expression("counter", &Attributes::default())
    }

    /// `accept`
    pub fn accept(self) -> Rule {
        let verdict = Attributes::default().nested(2, &Attributes::default().number(1, NF_ACCEPT));
        self.expression("immediate", &Attributes::default().number(1, NFT_REG_VERDICT).nested(2, &verdict))
    }

    /// `masquerade`
    pub fn masquerade(self) -> Rule {
        self.expression("masq", &Attributes::default())
    }

    /// `comment TEXT`
    pub fn comment(mut self, text: &str) -> Rule {
        self.user_data = comment(text);
        self
    }

    /// Loads an address of the packet, cuts it to the prefix, compares it.
    fn address(self, offset: u32, comparison: u32, cidr: Ipv4Net) -> Rule {
        let payload = Attributes::default()
            .number(1, NFT_REG32_00)
            .number(2, NFT_PAYLOAD_NETWORK_HEADER)
            .number(3, offset)
            .number(4, IPV4_LENGTH);
        let bitwise = Attributes::default()
            .number(1, NFT_REG32_00)
            .number(2, NFT_REG32_00)
            .number(3, IPV4_LENGTH)
            .nested(4, &value(&cidr.netmask().octets()))
            .nested(5, &value(&[0; 4]));
        self.expression("payload", &payload)
            .expression("bitwise", &bitwise)
            .compare(comparison, &cidr.network().octets())
    }

    /// Compares the name with its end, so that a longer one that begins alike differs.
    fn interface(self, key: u32, name: &str) -> Rule {
        let meta = Attributes::default().number(1, NFT_REG32_00).number(2, key);
        self.expression("meta", &meta).compare(NFT_CMP_EQ, &[name.as_bytes(), &[0]].concat())
    }

    fn compare(self, comparison: u32, with: &[u8]) -> Rule {
        let compare = Attributes::default().number(1, NFT_REG32_00).number(2, comparison).nested(3, &value(with));
        self.expression("cmp", &compare)
    }

    fn expression(mut self, name: &str, data: &Attributes) -> Rule {
        let expression = Attributes::default().text(1, name).nested(2, data);
        self.expressions = self.expressions.nested(1, &expression);
        self
    }
}

fn value(bytes: &[u8]) -> Attributes {
    Attributes::default().bytes(1, bytes)
}

/// A comment as the kernel keeps it: type, length, text with its end.
pub fn comment(text: &str) -> Vec<u8> {
    // A comment has at most 128 bytes (NFTNL_UDATA_COMMENT_MAXLEN).
    let length = u8::try_from(text.len() + 1).unwrap_or(u8::MAX);
    [&[UDATA_COMMENT, length], text.as_bytes(), &[0]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_under_the_mask_of_the_prefix() {
        let rule = Rule::default().source_in("10.42.7.9/20".parse().unwrap()).masquerade();
        let has = |bytes: &[u8]| rule.expressions.0.windows(bytes.len()).any(|window| window == bytes);
        assert!(has(&[255, 255, 240, 0]) && has(&[10, 42, 0, 0]) && has(b"masq\0"));
        assert!(!has(&[10, 42, 7, 9]));
    }

    #[test]
    fn comments_are_kept_as_other_programs_read_them() {
        assert_eq!(comment("ab"), [0, 3, b'a', b'b', 0]);
    }
}
