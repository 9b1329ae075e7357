//! Attributes (`linux/netlink.h`, `struct nlattr`): typed values one after the other, padded, possibly nested.

const NLA_F_NESTED: u16 = 0x8000;
/// Everything but the two flags of an attribute's type.
const NLA_TYPE_MASK: u16 = 0x3fff;
const HEADER: usize = 4;
/// What the sixteen bits of a length can say, less what padding needs.
pub const MAXIMUM: usize = 65_528;

/// Attributes, behind the fixed header that some kinds of messages and values begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(pub Vec<u8>);

impl Attributes {
    /// Attributes that follow a fixed header, whose length is a multiple of four.
    pub fn after(header: &[u8]) -> Attributes {
        Attributes(header.to_vec())
    }

    pub fn bytes(mut self, kind: u16, value: &[u8]) -> Attributes {
        // Whatever can grow is split by `MAXIMUM`; the kernel refuses a length that is too short for its type.
        let length = u16::try_from(HEADER + value.len()).unwrap_or_default();
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub fn text(self, kind: u16, value: &str) -> Attributes {
        self.bytes(kind, &[value.as_bytes(), &[0]].concat())
    }

    /// A number in this machine's byte order, as rtnetlink has them.
    pub fn native(self, kind: u16, value: u32) -> Attributes {
        self.bytes(kind, &value.to_ne_bytes())
    }

    /// A number in network byte order, as `nf_tables` has them.
    pub fn number(self, kind: u16, value: u32) -> Attributes {
        self.bytes(kind, &value.to_be_bytes())
    }

    pub fn nested(self, kind: u16, value: &Attributes) -> Attributes {
        self.bytes(kind | NLA_F_NESTED, &value.0)
    }

    /// The same with what is only sometimes there.
    pub fn with<T>(self, value: Option<T>, add: impl FnOnce(Attributes, T) -> Attributes) -> Attributes {
        match value {
            Some(value) => add(self, value),
            None => self,
        }
    }
}

/// All attributes, by type and value; what cannot be an attribute ends them.
pub fn attributes(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes(*rest.first_chunk()?));
        let kind = u16::from_ne_bytes(*rest.get(2..)?.first_chunk()?) & NLA_TYPE_MASK;
        let value = rest.get(HEADER..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

/// The value of the first attribute of that type.
pub fn find(of: &[u8], wanted: u16) -> Option<&[u8]> {
    attributes(of).find(|(kind, _)| *kind == wanted).map(|(_, value)| value)
}

/// A number in this machine's byte order.
pub fn native(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

/// A text up to its end.
pub fn text(value: &[u8]) -> String {
    let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_nested() {
        let inner = Attributes::default().text(1, "ab");
        assert_eq!(inner.0, [7, 0, 1, 0, b'a', b'b', 0, 0]);
        let outer = Attributes::after(&[9, 9, 9, 9]).nested(4, &inner).number(5, 1);
        assert_eq!(outer.0, [&[9, 9, 9, 9, 12, 0, 4, 0x80], &inner.0[..], &[8, 0, 5, 0, 0, 0, 0, 1]].concat());
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
