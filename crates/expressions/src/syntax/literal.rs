//! What literals mean: numbers, and strings with their escapes (cel-go, parser/unescape.go).

use super::tree::Literal;
use std::sync::Arc;

/// The value of an integer's text, which may have a sign.
pub fn int(negative: bool, text: &str) -> Result<Literal, String> {
    let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
    let signed = if negative { format!("-{digits}") } else { digits.to_owned() };
    i64::from_str_radix(&signed, radix).map(Literal::Int).map_err(|_| "invalid int literal".to_owned())
}

/// The value of an unsigned integer's text, with its `u`.
pub fn uint(text: &str) -> Result<Literal, String> {
    let text = &text[..text.len() - 1];
    let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
    u64::from_str_radix(digits, radix).map(Literal::Uint).map_err(|_| "invalid uint literal".to_owned())
}

pub fn double(negative: bool, text: &str) -> Result<Literal, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Literal::Double(if negative { -value } else { value })),
        _ => Err("invalid double literal".to_owned()),
    }
}

pub fn string(text: &str) -> Result<Literal, String> {
    let bytes = unescape(text, false)?;
    String::from_utf8(bytes).map(|text| Literal::String(text.into())).map_err(|_| UNESCAPABLE.to_owned())
}

/// The value of a bytes literal's text, with its `b`.
pub fn bytes(text: &str) -> Result<Literal, String> {
    unescape(&text[1..], true).map(|bytes| Literal::Bytes(Arc::from(bytes)))
}

const UNESCAPABLE: &str = "unable to unescape string";

fn unescape(text: &str, is_bytes: bool) -> Result<Vec<u8>, String> {
    let normalized = text.replace("\r\n", "\n").replace('\r', "\n");
    let raw = normalized.starts_with(['r', 'R']);
    let quoted = if raw { &normalized[1..] } else { &normalized };
    let width = if quoted.len() >= 6 && (quoted.starts_with("'''") || quoted.starts_with("\"\"\"")) { 3 } else { 1 };
    let inner = quoted.get(width..quoted.len().saturating_sub(width)).ok_or(UNESCAPABLE)?;
    if raw {
        return Ok(inner.as_bytes().to_vec());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(character) = rest.next() {
        if character == '\\' {
            escape(&mut rest, is_bytes, &mut out)?;
        } else {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Ok(out)
}

fn escape(rest: &mut std::str::Chars<'_>, is_bytes: bool, out: &mut Vec<u8>) -> Result<(), String> {
    let kind = rest.next().ok_or("unable to unescape string, found '\\' as last character")?;
    let simple = match kind {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        '\\' | '\'' | '"' | '`' | '?' => kind as u8,
        'x' | 'X' => return code_point(digits(rest, 2, 16, UNESCAPABLE)?, is_bytes, out),
        'u' if !is_bytes => return code_point(digits(rest, 4, 16, UNESCAPABLE)?, false, out),
        'U' if !is_bytes => return code_point(digits(rest, 8, 16, UNESCAPABLE)?, false, out),
        '0'..='3' => {
            let low = digits(rest, 2, 8, "unable to unescape octal sequence in string")?;
            return code_point((kind as u32 - '0' as u32) * 64 + low, is_bytes, out);
        }
        _ => return Err(UNESCAPABLE.to_owned()),
    };
    out.push(simple);
    Ok(())
}

fn digits(rest: &mut std::str::Chars<'_>, count: u32, radix: u32, otherwise: &str) -> Result<u32, String> {
    let mut value: u32 = 0;
    for _ in 0..count {
        let digit = rest.next().and_then(|c| c.to_digit(radix)).ok_or(otherwise)?;
        value = value.wrapping_mul(radix).wrapping_add(digit);
    }
    Ok(value)
}

/// In bytes an escape is a byte, in strings a code point.
fn code_point(value: u32, is_bytes: bool, out: &mut Vec<u8>) -> Result<(), String> {
    if let (true, Ok(byte)) = (is_bytes, u8::try_from(value)) {
        out.push(byte);
        return Ok(());
    }
    let character = char::from_u32(value).ok_or("invalid unicode code point")?;
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_lose_their_quotes_and_escapes() {
        for (text, expected) in [
            (r"'a\nb'", "a\nb"),
            (r#""\x41\u00e4\U0001F600\101""#, "A\u{e4}\u{1f600}A"),
            (r"r'\d'", r"\d"),
            ("'''it's'''", "it's"),
            ("''", ""),
        ] {
            assert_eq!(string(text), Ok(Literal::String(expected.into())), "{text}");
        }
        assert_eq!(string(r"'\ud800'"), Err("invalid unicode code point".to_owned()));
        assert_eq!(bytes(r"b'\xff\303ä'"), Ok(Literal::Bytes(Arc::from(&[0xff, 0o303, 0xc3, 0xa4][..]))));
        assert_eq!(bytes(r"b'\u00ff'"), Err(UNESCAPABLE.to_owned()));
    }

    #[test]
    fn numbers_fit_their_types_or_are_refused() {
        assert_eq!(int(true, "9223372036854775808"), Ok(Literal::Int(i64::MIN)));
        assert_eq!(int(false, "0xff"), Ok(Literal::Int(255)));
        assert!(int(false, "9223372036854775808").is_err());
        assert_eq!(uint("18446744073709551615u"), Ok(Literal::Uint(u64::MAX)));
        assert_eq!(double(true, "1.5e3"), Ok(Literal::Double(-1500.0)));
        assert!(double(false, "1e999").is_err());
    }
}
