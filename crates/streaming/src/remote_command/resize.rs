//! The size of a terminal, as the client tells it: JSON objects, one after the other.

use crate::limits;
use serde_json::Value;

/// Reads sizes.
#[derive(Default)]
pub struct Sizes {
    /// What is not a whole object yet.
    begun: Vec<u8>,
}

impl Sizes {
    /// More of the text; returns the newest size that is there as a whole, as columns and rows.
    pub fn read(&mut self, text: &[u8]) -> Option<(u16, u16)> {
        self.begun.extend_from_slice(text);
        let mut newest = None;
        let mut values = serde_json::Deserializer::from_slice(&self.begun).into_iter::<Value>();
        while let Some(Ok(value)) = values.next() {
            newest = size(&value).or(newest);
        }
        let read = values.byte_offset();
        self.begun.drain(..read.min(self.begun.len()));
        // An object that never ends is none.
        if self.begun.len() > limits::SIZE {
            self.begun.clear();
        }
        newest
    }
}

/// Fields are found as Go finds them, in any case.
fn size(value: &Value) -> Option<(u16, u16)> {
    let fields = value.as_object()?;
    let number = |wanted: &str| {
        let field = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        field.map_or(Some(0), |(_, value)| u16::try_from(value.as_u64()?).ok())
    };
    Some((number("Width")?, number("Height")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_however_they_are_cut() {
        let text = "{\"Width\":80,\"Height\":24}\n{\"width\":123,\"height\":45}\n";
        for cut in 0..text.len() {
            let mut sizes = Sizes::default();
            let (first, second) = text.split_at(cut);
            let (first, second) = (sizes.read(first.as_bytes()), sizes.read(second.as_bytes()));
            assert_eq!(second.or(first), Some((123, 45)), "{cut}");
        }
    }

    #[test]
    fn what_is_no_size_is_none() {
        for text in ["{\"Width\":-1}", "{\"Width\":70000}", "[]", "x", "\"{\""] {
            assert_eq!(Sizes::default().read(text.as_bytes()), None, "{text}");
        }
        let mut sizes = Sizes::default();
        for _ in 0..100 {
            assert_eq!(sizes.read(&[b'['; 100]), None);
            assert!(sizes.begun.len() <= limits::SIZE);
        }
        sizes.begun.clear();
        assert_eq!(sizes.read(b"{\"Width\":1,\"Height\":2}"), Some((1, 2)));
    }
}
