//! Bundles of trust (`pkg/apis/certificates/validation`). What certificates are in them, whoever can read them says.

use super::{
    metadata::immutable,
    signer::{bundle_name, signer_name},
};
use machinery::{
    field::{ErrorList, Path, invalid_each},
    meta,
};
use serde_json::{Value, json};

/// A `ClusterTrustBundle` at any time.
pub fn bundle(object: &Value) -> ErrorList {
    let (signer, name) = (signer(object), meta::name(object));
    let path = Path::new("metadata").child("name");
    let mut errors: ErrorList = invalid_each(&path, name, bundle_name(name, signer)).collect();
    if !signer.is_empty() {
        errors.extend(signer_name(signer, &signer_path()));
    }
    errors
}

/// A bundle stays its signer's.
pub fn update(new: &Value, old: &Value) -> ErrorList {
    ErrorList::from_iter(immutable(&json!(signer(new)), &json!(signer(old)), &signer_path()))
}

fn signer_path() -> Path {
    Path::new("spec").child("signerName")
}

fn signer(bundle: &Value) -> &str {
    bundle["spec"]["signerName"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, signer: &str) -> Value {
        json!({"metadata": {"name": name}, "spec": {"signerName": signer}})
    }

    #[test]
    fn a_bundle_is_called_after_its_signer() {
        for (name, signer, expected) in [
            ("a", "", None),
            ("x.io:s:a", "x.io/s", None),
            (
                "x.io:s:a",
                "",
                Some("metadata.name: Invalid value: \"x.io:s:a\": ClusterTrustBundle without signer name must not"),
            ),
            (
                "a",
                "x.io/s",
                Some(
                    "metadata.name: Invalid value: \"a\": ClusterTrustBundle for signerName x.io/s must be named with prefix x.io:s:",
                ),
            ),
            ("x.io:s:", "x.io/s", Some("metadata.name: Invalid value: \"x.io:s:\": a lowercase RFC 1123 subdomain")),
            ("x:s:a", "x/s", Some("spec.signerName: Invalid value: \"x\": should be a domain")),
        ] {
            let found: Vec<_> = bundle(&named(name, signer)).iter().map(ToString::to_string).collect();
            assert_eq!(found.len(), usize::from(expected.is_some()), "{name} {signer}: {found:?}");
            assert!(found.iter().zip(expected).all(|(found, start)| found.starts_with(start)), "{found:?}");
        }
    }

    #[test]
    fn a_bundle_does_not_change_its_signer() {
        let own = named("x.io:s:a", "x.io/s");
        assert!(update(&own, &own).is_empty() && update(&named("a", ""), &json!({"spec": {}})).is_empty());
        for other in [named("a", ""), named("a", "x.io/t")] {
            assert_eq!(update(&other, &own)[0].field, "spec.signerName");
        }
    }
}
