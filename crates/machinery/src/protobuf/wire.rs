//! The wire format: numbered fields, one after another (<https://protobuf.dev/programming-guides/encoding/>).

use crate::status::Status;

/// A field's value, as far as the wire tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wire<'a> {
    /// A number of variable length.
    Varint(u64),
    /// Eight bytes.
    Fixed64([u8; 8]),
    /// Four bytes.
    Fixed32([u8; 4]),
    /// Text, bytes, a message, or numbers packed together.
    Bytes(&'a [u8]),
}

impl<'a> Wire<'a> {
    pub(crate) fn bytes(self) -> Result<&'a [u8], Status> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(malformed("wrong wireType")),
        }
    }

    pub(crate) fn text(self) -> Result<&'a str, Status> {
        std::str::from_utf8(self.bytes()?).map_err(|_| malformed("a string is not UTF-8"))
    }

    pub(crate) fn varint(self) -> Result<u64, Status> {
        match self {
            Self::Varint(number) => Ok(number),
            _ => Err(malformed("wrong wireType")),
        }
    }

    /// Negative numbers are written as if they had no sign, in ten bytes.
    pub(crate) fn int64(self) -> Result<i64, Status> {
        self.varint().map(u64::cast_signed)
    }

    pub(crate) fn int32(self) -> Result<i32, Status> {
        i32::try_from(self.int64()?).map_err(|_| malformed("integer overflow"))
    }

    pub(crate) fn double(self) -> Result<f64, Status> {
        match self {
            Self::Fixed64(bytes) => Ok(f64::from_le_bytes(bytes)),
            _ => Err(malformed("wrong wireType")),
        }
    }
}

/// The fields of a message in their order; ends after an error.
pub(crate) fn fields(bytes: &[u8]) -> impl Iterator<Item = Result<(u32, Wire<'_>), Status>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let field = field(&mut rest);
        if field.is_err() {
            rest = &[];
        }
        Some(field)
    })
}

/// Numbers packed together.
pub(super) fn packed(bytes: &[u8]) -> impl Iterator<Item = Result<Wire<'static>, Status>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let number = varint(&mut rest);
        if number.is_err() {
            rest = &[];
        }
        Some(number.map(Wire::Varint))
    })
}

fn field<'a>(rest: &mut &'a [u8]) -> Result<(u32, Wire<'a>), Status> {
    let tag = varint(rest)?;
    let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0).ok_or_else(|| malformed("illegal tag"))?;
    let value = match tag & 7 {
        0 => Wire::Varint(varint(rest)?),
        1 => Wire::Fixed64(*chunk(rest)?),
        2 => {
            let length = usize::try_from(varint(rest)?).map_err(|_| malformed("invalid length"))?;
            let (bytes, after) = rest.split_at_checked(length).ok_or_else(end)?;
            *rest = after;
            Wire::Bytes(bytes)
        }
        5 => Wire::Fixed32(*chunk(rest)?),
        other => return Err(malformed(&format!("illegal wireType {other}"))),
    };
    Ok((number, value))
}

fn varint(rest: &mut &[u8]) -> Result<u64, Status> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or_else(end)?;
        *rest = after;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            break;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(malformed("integer overflow"))
}

fn chunk<'a, const LENGTH: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; LENGTH], Status> {
    let (chunk, after) = rest.split_first_chunk().ok_or_else(end)?;
    *rest = after;
    Ok(chunk)
}

fn end() -> Status {
    malformed("unexpected EOF")
}

pub(super) fn malformed(fault: &str) -> Status {
    Status::bad_request(format!("proto: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_the_wire_tells() {
        let read = |bytes| fields(bytes).collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(read(b""), []);
        assert_eq!(read(b"\x08\x00"), [(1, Wire::Varint(0))]);
        assert_eq!(read(b"\x08\x96\x01"), [(1, Wire::Varint(150))]);
        assert_eq!(read(b"\x12\x02hi\x12\x00"), [(2, Wire::Bytes(b"hi")), (2, Wire::Bytes(b""))]);
        assert_eq!(read(b"\x9a\x01\x00"), [(19, Wire::Bytes(b""))]);
        assert_eq!(read(b"\x0d\x01\x02\x03\x04"), [(1, Wire::Fixed32([1, 2, 3, 4]))]);
        let double = read(b"\x09\0\0\0\0\0\0\xf8\x3f");
        assert!((double[0].1.double().unwrap() - 1.5).abs() < f64::EPSILON);
    }

    #[test]
    fn numbers_have_a_sign() {
        let minus_one = b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        let (_, number) = fields(minus_one).next().unwrap().unwrap();
        assert_eq!((number.int64().unwrap(), number.int32().unwrap()), (-1, -1));
        assert!(Wire::Varint(1 << 31).int32().is_err());
        assert_eq!(
            packed(b"\x01\x96\x01").collect::<Result<Vec<_>, _>>().unwrap(),
            [Wire::Varint(1), Wire::Varint(150)]
        );
    }

    #[test]
    fn what_is_cut_off_or_no_field_is_an_error() {
        let cases: [&[u8]; 10] = [
            b"\x08",
            b"\x08\x80",
            b"\x12\x05hi",
            b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x09\x00",
            b"\x0b",
            b"\x00\x00",
            b"\x0d\x00",
        ];
        for bytes in cases {
            let status = fields(bytes).find_map(Result::err).unwrap_or_else(|| panic!("{bytes:x?} is read"));
            assert_eq!(status.code(), 400);
        }
    }
}
