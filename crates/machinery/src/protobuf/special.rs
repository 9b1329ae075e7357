//! Types with a message on the wire and a text, a number or any JSON in its place.

use super::wire::{Wire, fields, malformed};
use crate::status::Status;
use jiff::Timestamp;
use serde_json::Value;

/// `metav1.Time` and `metav1.MicroTime`: none if empty, as Go writes the zero time.
pub(super) fn time(bytes: &[u8]) -> Result<Option<Timestamp>, Status> {
    let (mut seconds, mut nanoseconds) = (0, 0);
    for field in fields(bytes) {
        match field? {
            (1, value) => seconds = value.int64()?,
            (2, value) => nanoseconds = value.int32()?,
            _ => {}
        }
    }
    if bytes.is_empty() {
        return Ok(None);
    }
    Timestamp::new(seconds, nanoseconds).map(Some).map_err(|_| malformed("a time is out of range"))
}

/// `resource.Quantity`: its text.
pub(super) fn quantity(bytes: &[u8]) -> Result<&str, Status> {
    let mut text = "";
    for field in fields(bytes) {
        if let (1, value) = field? {
            text = value.text()?;
        }
    }
    Ok(if text.is_empty() { "0" } else { text })
}

/// `intstr.IntOrString`: both are there, a type says which one counts.
pub(super) fn int_or_string(bytes: &[u8]) -> Result<Value, Status> {
    let (mut is_string, mut number, mut text) = (false, 0, "");
    for field in fields(bytes) {
        match field? {
            (1, value) => is_string = value.int64()? != 0,
            (2, value) => number = value.int32()?,
            (3, value) => text = value.text()?,
            _ => {}
        }
    }
    Ok(if is_string { text.into() } else { number.into() })
}

/// `runtime.RawExtension`, `metav1.FieldsV1` and the JSON of CRDs: JSON in bytes; null if there are none.
pub(super) fn json(bytes: &[u8]) -> Result<Value, Status> {
    let mut raw: &[u8] = &[];
    for field in fields(bytes) {
        if let (1, value) = field? {
            raw = value.bytes()?;
        }
    }
    if raw.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(raw).map_err(|error| malformed(&format!("an embedded object is not JSON: {error}")))
}

/// A list with a type of its own in Go, such as `authenticationv1.ExtraValue`.
pub(super) fn items(bytes: &[u8]) -> impl Iterator<Item = Result<Wire<'_>, Status>> {
    fields(bytes).filter_map(|field| match field {
        Ok((1, item)) => Some(Ok(item)),
        Ok(_) => None,
        Err(status) => Some(Err(status)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_seconds_and_nanoseconds() {
        assert_eq!(time(b"").unwrap(), None);
        assert_eq!(time(b"\x08\x00\x10\x00").unwrap(), Some(Timestamp::UNIX_EPOCH));
        let text = |bytes| time(bytes).unwrap().unwrap().to_string();
        assert_eq!(text(b"\x08\x80\xcf\xd9\xb0\x06\x10\x88\x27"), "2024-04-10T10:18:40.000005Z");
        assert!(time(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f").is_err());
    }

    #[test]
    fn quantities_are_texts() {
        for (bytes, text) in [(&b"\x0a\x03100"[..], "100"), (b"\x0a\x041.5G", "1.5G"), (b"", "0"), (b"\x0a\x00", "0")] {
            assert_eq!(quantity(bytes).unwrap(), text);
        }
        assert_eq!(quantity(b"\x10\x01").unwrap(), "0", "numbers of newer versions mean nothing");
    }

    #[test]
    fn the_type_says_which_of_number_and_text_counts() {
        for (bytes, value) in [
            (&b"\x08\x00\x10\x50\x1a\x00"[..], json!(80)),
            (b"\x08\x01\x10\x00\x1a\x0350%", json!("50%")),
            (b"\x08\x01\x10\x07\x1a\x00", json!("")),
            (b"", json!(0)),
        ] {
            assert_eq!(int_or_string(bytes).unwrap(), value);
        }
    }

    #[test]
    fn raw_json_is_read() {
        assert_eq!(json(b"\x0a\x08{\"f\":[]}").unwrap(), json!({"f": []}));
        assert_eq!(json(b"").unwrap(), Value::Null);
        assert!(json(b"\x0a\x01{").is_err());
    }
}
