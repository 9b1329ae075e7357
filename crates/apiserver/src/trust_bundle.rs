//! Bundles of trust as they are read: certificates of authorities, in PEM (RFC 7468)
//! (`pkg/apis/certificates/validation`: `validateTrustBundle`).

use api::kinds::CLUSTER_TRUST_BUNDLE;
use machinery::{
    field::{Error, ErrorList, Path},
    kind::Kind,
    meta,
    status::Status,
};
use serde_json::Value;
use std::collections::BTreeMap;
use x509_parser::{
    pem::Pem,
    prelude::{FromDer, PEMError, X509Certificate},
};

/// The most that a bundle may hold, in bytes.
const MAX_SIZE: usize = 1 << 20;

/// Whether a bundle's certificates are good; those that it had before are not looked at again.
pub fn validate(kind: &Kind, old: Option<&Value>, object: &Value) -> Result<(), Status> {
    let text = |of: &Value| of["spec"]["trustBundle"].as_str().unwrap_or_default().to_owned();
    if *kind.storage() != CLUSTER_TRUST_BUNDLE || old.is_some_and(|old| text(old) == text(object)) {
        return Ok(());
    }
    let errors = mistakes(&text(object), &Path::new("spec").child("trustBundle"));
    if errors.is_empty() { Ok(()) } else { Err(Status::invalid(kind, meta::name(object), &errors)) }
}

fn mistakes(text: &str, path: &Path) -> ErrorList {
    if text.len() > MAX_SIZE {
        return vec![Error::too_long(path, MAX_SIZE)];
    }
    let entries: Vec<_> = Pem::iter_from_buffer(text.as_bytes()).collect();
    let bad =
        entries.iter().enumerate().filter_map(|(index, entry)| Some(format!("entry {index} {}", mistake(entry)?)));
    let mut details: Vec<_> = bad.collect();
    if entries.is_empty() {
        details.push("at least one trust anchor must be provided".to_owned());
    } else if details.is_empty() {
        details = repeated(&entries);
    }
    details.into_iter().map(|detail| Error::invalid(path, "<value omitted>", detail)).collect()
}

/// What is wrong with an entry.
fn mistake(entry: &Result<Pem, PEMError>) -> Option<String> {
    let Ok(entry) = entry else { return Some("does not parse as PEM".into()) };
    if entry.label != "CERTIFICATE" {
        return Some(format!("has bad block type: {}", entry.label));
    }
    let Ok((&[], certificate)) = X509Certificate::from_der(&entry.contents) else {
        return Some("does not parse as X.509".into());
    };
    match certificate.basic_constraints() {
        Ok(Some(constraints)) if constraints.value.ca => None,
        Ok(_) => Some("does not have the CA bit set".into()),
        Err(_) => Some("has invalid basic constraints".into()),
    }
}

fn repeated(entries: &[Result<Pem, PEMError>]) -> Vec<String> {
    let mut places: BTreeMap<&[u8], Vec<String>> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        if let Ok(entry) = entry {
            places.entry(&entry.contents).or_default().push(index.to_string());
        }
    }
    let repeated = places.into_values().filter(|places| places.len() > 1);
    repeated.map(|places| format!("duplicate trust anchor (indices [{}])", places.join(" "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
    use serde_json::json;

    fn certificate(is_ca: IsCa) -> String {
        let mut params = CertificateParams::default();
        params.is_ca = is_ca;
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn a_bundle_is_of_authorities_each_of_them_once() {
        let authority = || certificate(IsCa::Ca(BasicConstraints::Unconstrained));
        let (one, other, plain) = (authority(), authority(), certificate(IsCa::ExplicitNoCa));
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (text, expected) in [
            (one.clone(), None),
            (format!("a comment\n{one}{other}"), None),
            (String::new(), Some("at least one trust anchor must be provided")),
            ("no PEM".to_owned(), Some("at least one trust anchor must be provided")),
            (plain, Some("entry 0 does not have the CA bit set")),
            (format!("{one}{broken}"), Some("entry 1 does not parse as X.509")),
            (format!("{one}-----BEGIN CERTIFICATE-----\n?"), Some("entry 1 does not parse as PEM")),
            (one.replace("CERTIFICATE", "PUBLIC KEY"), Some("entry 0 has bad block type: PUBLIC KEY")),
            (format!("{one}{other}{one}"), Some("duplicate trust anchor (indices [0 2])")),
            ("x".repeat(MAX_SIZE + 1), Some("may not be more than 1048576 bytes")),
        ] {
            let found = mistakes(&text, &Path::new("t"));
            assert_eq!(found.len(), usize::from(expected.is_some()), "{text:.99}: {found:?}");
            assert!(found.iter().zip(expected).all(|(found, end)| found.to_string().ends_with(end)), "{found:?}");
        }
    }

    #[test]
    fn what_was_taken_before_is_not_looked_at_again() {
        let bundle = |text: &str| json!({"metadata": {"name": "b"}, "spec": {"trustBundle": text}});
        let (old, new) = (bundle("x"), bundle("y"));
        assert!(validate(&CLUSTER_TRUST_BUNDLE, Some(&old), &old).is_ok());
        for old in [None, Some(&old)] {
            assert_eq!(validate(&CLUSTER_TRUST_BUNDLE, old, &new).unwrap_err().code(), 422);
        }
    }
}
