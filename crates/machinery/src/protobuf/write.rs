//! Writing the wire format.

/// Appends a field that holds a number.
pub(crate) fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    varint(out, u64::from(field) << 3);
    varint(out, value);
}

/// Appends a field that holds text or a message.
pub(crate) fn bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    varint(out, u64::from(field) << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// Appends a field that holds a number with a fraction.
pub(crate) fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    varint(out, u64::from(field) << 3 | 1);
    out.extend_from_slice(&value.to_le_bytes());
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while let Some(byte) = u8::try_from(value & 0x7f).ok().filter(|_| value > 0x7f) {
        out.push(byte | 0x80);
        value >>= 7;
    }
    out.extend(u8::try_from(value));
}

#[cfg(test)]
mod tests {
    use super::{
        super::wire::{Wire, fields},
        *,
    };

    #[test]
    fn what_is_written_can_be_read() {
        for value in [0, 1, 127, 128, 300, u64::MAX] {
            let mut out = Vec::new();
            number(&mut out, 3, value);
            bytes(&mut out, 31, &vec![7; usize::try_from(value.min(1000)).unwrap()]);
            double(&mut out, 6, 1.5);
            let read: Vec<_> = fields(&out).collect::<Result<_, _>>().unwrap();
            assert_eq!(read[0], (3, Wire::Varint(value)));
            assert_eq!(read[1].1.bytes().unwrap().len() as u64, value.min(1000));
            assert_eq!(read[2], (6, Wire::Fixed64(1.5_f64.to_le_bytes())));
        }
    }
}
