//! Netlink attributes as `nf_tables` has them: numbers in network byte order, lists and structures nested.

const NLA_F_NESTED: u16 = 0x8000;
/// Everything but the two flags of an attribute's type.
const NLA_TYPE_MASK: u16 = 0x3fff;
const HEADER: usize = 4;

/// Attributes, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(pub Vec<u8>);

impl Attributes {
    pub fn bytes(mut self, kind: u16, value: &[u8]) -> Attributes {
        // No value here is near the 64 KiB that a length can say.
        let length = u16::try_from(HEADER + value.len()).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub fn text(self, kind: u16, value: &str) -> Attributes {
        self.bytes(kind, &[value.as_bytes(), &[0]].concat())
    }

    pub fn number(self, kind: u16, value: u32) -> Attributes {
        self.bytes(kind, &value.to_be_bytes())
    }

    pub fn nested(self, kind: u16, value: &Attributes) -> Attributes {
        self.bytes(kind | NLA_F_NESTED, &value.0)
    }
}

/// The value of the first attribute of that type; what cannot be an attribute ends the search.
pub fn find(mut rest: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16::from_ne_bytes(*rest.first_chunk()?));
        let kind = u16::from_ne_bytes(*rest.get(2..)?.first_chunk()?) & NLA_TYPE_MASK;
        let value = rest.get(HEADER..length)?;
        if kind == wanted {
            return Some(value);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
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
    fn attributes_are_found_and_nonsense_is_not() {
        let inner = Attributes::default().text(1, "ab");
        let outer = Attributes::default().nested(4, &inner).number(5, 1);
        assert_eq!(find(&outer.0, 4), Some(&inner.0[..]));
        assert_eq!(find(&outer.0, 5), Some(&[0, 0, 0, 1][..]));
        for bytes in [&outer.0[..], &[], &[1], &[0; 8], &[200, 0, 6, 0]] {
            assert_eq!(find(bytes, 6), None, "{bytes:?}");
        }
    }
}
