//! JSON Web Tokens in their compact form (RFC 7515, RFC 7519).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// A token whose signature is yet to be verified.
pub struct Unverified<'a> {
    pub header: Value,
    pub claims: Value,
    /// What is signed.
    pub signed: &'a str,
    pub signature: Vec<u8>,
}

/// Takes a token apart; `None` if it is none.
pub fn parse(token: &str) -> Option<Unverified<'_>> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let json = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    Some(Unverified { header: json(header)?, claims: json(claims)?, signed, signature })
}

/// Puts a token together.
pub fn encode<E>(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>) -> Result<String, E> {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = sign(signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_comes_apart_as_it_was_put_together() {
        let sign = |signed: &[u8]| Ok::<_, ()>(signed.iter().rev().copied().collect());
        let token = encode(&json!({"alg": "x"}), &json!({"sub": "joe"}), sign).unwrap();
        let parsed = parse(&token).unwrap();
        assert_eq!((&parsed.header["alg"], &parsed.claims["sub"]), (&json!("x"), &json!("joe")));
        assert_eq!(sign(parsed.signed.as_bytes()).unwrap(), parsed.signature);
        for broken in ["", ".", "..", "a.b", "a.b.c", &token[1..], &token.replacen('.', "", 1)] {
            assert!(parse(broken).is_none(), "{broken}");
        }
    }
}
