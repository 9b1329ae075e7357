//! The keys by which tokens are signed and recognized: one that signs, and those that signed before.

#![expect(clippy::disallowed_methods, reason = "what is read and written here is so on a blocking thread")]

use super::jwt::{self, Unverified};
use crate::{Error, pki::write_atomically};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use ring::{
    digest::SHA256,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey},
};
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use serde_json::{Value, json};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// The signature algorithm (RFC 7518, section 3.4).
const ALGORITHM: &str = "ES256";
/// What stands before the point in a public key of curve P-256 (RFC 5480).
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// How long each coordinate of a point is.
const COORDINATE: usize = 32;

/// The keys of a cluster.
pub struct TokenKeys {
    signing: EcdsaKeyPair,
    random: SystemRandom,
    /// That of the signing key first.
    public: Vec<PublicKey>,
}

/// A key by which signatures are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PublicKey {
    /// What tokens call it (`keyIDFromPublicKey` of `pkg/serviceaccount/jwt.go`).
    id: String,
    /// The uncompressed point.
    point: Vec<u8>,
}

/// Where the signing key is, and the public keys of those before it.
struct Files {
    signing: PathBuf,
    retired: PathBuf,
}

impl Files {
    fn of(folder: &Path) -> Self {
        Self { signing: folder.join("sa.key"), retired: folder.join("sa-retired.pub") }
    }
}

impl TokenKeys {
    /// Reads the keys of a folder; the signing key is made if it is missing.
    pub fn load_or_create(folder: &Path) -> Result<Self, Error> {
        let files = Files::of(folder);
        let pem = match read(&files.signing)? {
            Some(pem) => pem,
            None => create(&files)?,
        };
        let retired = read(&files.retired)?.unwrap_or_default();
        Self::parse(&pem, &retired).map_err(|reason| invalid(folder, &reason))
    }

    /// Puts a new signing key in the place of that in a folder. Tokens that the old one has signed stay good: it goes
    /// on to be recognized. A server takes notice when it starts.
    pub fn rotate(folder: &Path) -> Result<(), Error> {
        let files = Files::of(folder);
        if let Some(pem) = read(&files.signing)? {
            let key = KeyPair::from_pem(&pem).map_err(|error| invalid(folder, &error))?;
            let retired = key.public_key_pem() + &read(&files.retired)?.unwrap_or_default();
            write(&files.retired, &retired, 0o644)?;
        }
        create(&files).map(|_| ())
    }

    fn parse(signing: &str, retired: &str) -> Result<Self, String> {
        let key = KeyPair::from_pem(signing).map_err(|error| error.to_string())?;
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der(), &random);
        let mut public = vec![PublicKey::of(&key.subject_public_key_info())?];
        for der in SubjectPublicKeyInfoDer::pem_slice_iter(retired.as_bytes()) {
            let key = PublicKey::of(&der.map_err(|error| error.to_string())?)?;
            if !public.contains(&key) {
                public.push(key);
            }
        }
        Ok(Self { signing: pair.map_err(|error| error.to_string())?, random, public })
    }

    /// A token with these claims; `None` if there is no randomness.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({"alg": ALGORITHM, "kid": self.public.first()?.id});
        let sign = |signed: &[u8]| self.signing.sign(&self.random, signed).map(|signature| signature.as_ref().to_vec());
        jwt::encode(&header, claims, sign).ok()
    }

    /// Whether one of the keys has signed a token: that which it names, if it names one.
    pub(super) fn verify(&self, token: &Unverified<'_>) -> Result<(), String> {
        if token.header["alg"] != ALGORITHM {
            return Err("unexpected signature algorithm".into());
        }
        let named = token.header["kid"].as_str().filter(|id| !id.is_empty());
        let mut keys = self.public.iter().filter(|key| named.is_none_or(|id| key.id == id)).peekable();
        if keys.peek().is_none() {
            return Err("invalid signature, no keys found".into());
        }
        let verifies = |key: &PublicKey| {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.point);
            key.verify(token.signed.as_bytes(), &token.signature).is_ok()
        };
        if keys.any(verifies) { Ok(()) } else { Err("error in cryptographic primitive".into()) }
    }

    /// All public keys, as a JSON Web Key Set has them (RFC 7517).
    pub fn public(&self) -> Vec<Value> {
        self.public.iter().map(PublicKey::to_json).collect()
    }
}

impl PublicKey {
    fn of(der: &[u8]) -> Result<Self, String> {
        let point = der.strip_prefix(&P256).filter(|point| point.len() == 1 + 2 * COORDINATE);
        let point = point.ok_or("a key that is not of the curve P-256")?.to_vec();
        Ok(Self { id: URL_SAFE_NO_PAD.encode(ring::digest::digest(&SHA256, der)), point })
    }

    fn to_json(&self) -> Value {
        let (x, y) = self.point.get(1..).unwrap_or_default().split_at_checked(COORDINATE).unwrap_or_default();
        let text = |coordinate: &[u8]| URL_SAFE_NO_PAD.encode(coordinate);
        json!({"use": "sig", "kty": "EC", "kid": self.id, "crv": "P-256", "alg": ALGORITHM, "x": text(x), "y": text(y)})
    }
}

/// What a token is remembered by.
pub(super) fn digest(token: &str) -> [u8; 32] {
    let digest = ring::digest::digest(&SHA256, token.as_bytes());
    digest.as_ref().try_into().unwrap_or_default()
}

fn create(files: &Files) -> Result<String, Error> {
    let folder = files.signing.parent().unwrap_or(&files.signing);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| invalid(folder, &error))?;
    let pem = key.serialize_pem();
    write(&files.signing, &pem, 0o600)?;
    Ok(pem)
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Pki { path: path.into(), source }),
    }
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), Error> {
    write_atomically(path, text.as_bytes(), mode).map_err(|source| Error::Pki { path: path.into(), source })
}

fn invalid(folder: &Path, reason: &dyn fmt::Display) -> Error {
    Error::Certificate { path: folder.into(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn verify(keys: &TokenKeys, token: &str) -> Result<(), String> {
        keys.verify(&jwt::parse(token).unwrap())
    }

    #[test]
    fn tokens_outlive_the_key_that_signed_them_until_it_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let load = || TokenKeys::load_or_create(folder.path()).unwrap();
        let first = load();
        let token = first.sign(&json!({"sub": "joe"})).unwrap();
        assert_eq!(verify(&load(), &token), Ok(()), "the key is kept");
        for _ in 0..2 {
            TokenKeys::rotate(folder.path()).unwrap();
        }
        let third = load();
        assert_eq!(verify(&third, &token), Ok(()));
        assert_ne!(third.public[0], first.public[0]);
        assert_eq!(third.public().len(), 3);
        assert!(verify(&first, &third.sign(&json!({})).unwrap()).is_err());
        fs::remove_file(folder.path().join("sa-retired.pub")).unwrap();
        assert_eq!(verify(&load(), &token), Err("invalid signature, no keys found".into()));
        let mode = fs::metadata(folder.path().join("sa.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_was_signed_cannot_be_changed() {
        let folder = tempfile::tempdir().unwrap();
        let keys = TokenKeys::load_or_create(folder.path()).unwrap();
        let token = keys.sign(&json!({"sub": "joe"})).unwrap();
        let other = keys.sign(&json!({"sub": "ann"})).unwrap();
        let parts = |token: &str| token.split('.').map(ToOwned::to_owned).collect::<Vec<_>>();
        let (mine, others) = (parts(&token), parts(&other));
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        for forged in [
            format!("{}.{}.{}", mine[0], others[1], mine[2]),
            format!("{none}.{}.{}", mine[1], mine[2]),
            format!("{none}.{}.", mine[1]),
        ] {
            assert!(verify(&keys, &forged).is_err(), "{forged}");
        }
        assert!(TokenKeys::parse("nonsense", "").is_err());
    }
}
