//! Projected certificates: the trust of a cluster (KEP-3257) and a pod's own (KEP-4317).

use crate::validation::{labels::label_selector, metadata, paths, signer, text};
use k8s_openapi::api::core::v1::{ClusterTrustBundleProjection, PodCertificateProjection};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::json;
use std::collections::BTreeMap;

const KEY_TYPES: [&str; 6] = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];
const MIN_SECONDS: i32 = 60 * 60;
const MAX_SECONDS: i32 = 91 * 24 * 60 * 60;
/// What Kubernetes' own signers may grant at most.
const MAX_SECONDS_OF_KUBERNETES: i32 = 24 * 60 * 60;

/// `clusterTrustBundle`: one bundle by its name, or all of a signer that labels select.
pub fn cluster_trust_bundle(bundle: &ClusterTrustBundleProjection, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    match (&bundle.name, &bundle.signer_name) {
        (Some(_), Some(_)) => {
            errors.push(Error::invalid(path, json!(bundle), "only one of name and signerName may be used"));
        }
        (Some(name), None) => {
            let name_path = path.child("name");
            if name.is_empty() {
                errors.push(Error::required(&name_path, "must be a valid object name"));
            }
            let messages = signer::trust_bundle_name(name).into_iter();
            let messages = messages.map(|message| format!("not a valid clustertrustbundlename: {message}"));
            errors.extend(invalid_each(&name_path, name, messages.collect()));
            if let Some(selector) = &bundle.label_selector {
                let detail = "labelSelector must be unset if name is specified";
                errors.push(Error::invalid(&path.child("labelSelector"), json!(selector), detail));
            }
        }
        (None, Some(name)) => {
            let name_path = path.child("signerName");
            if name.is_empty() {
                errors.push(Error::required(&name_path, "must be a valid signer name"));
            }
            errors.extend(signer::signer_name(name, &name_path));
            if let Some(selector) = &bundle.label_selector {
                errors.extend(label_selector(selector, &path.child("labelSelector")));
            }
        }
        (None, None) => errors.push(Error::required(path, "either name or signerName must be specified")),
    }
    if bundle.path.is_empty() {
        errors.push(Error::required(&path.child("path"), ""));
    }
    errors.extend(paths::local_non_reserved(&bundle.path, &path.child("path")));
    errors
}

/// `podCertificate` but for its files.
pub fn pod_certificate(certificate: &PodCertificateProjection, path: &Path) -> ErrorList {
    let mut errors = signer::signer_name(&certificate.signer_name, &path.child("signerName"));
    if let Some(annotations) = &certificate.user_annotations {
        errors.extend(user_annotations(annotations, &path.child("userAnnotations")));
    }
    if !KEY_TYPES.contains(&certificate.key_type.as_str()) {
        errors.push(Error::not_supported(&path.child("keyType"), certificate.key_type.as_str(), &KEY_TYPES));
    }
    if let Some(seconds) = certificate.max_expiration_seconds {
        let path = path.child("maxExpirationSeconds");
        if seconds < MIN_SECONDS {
            let detail = format!("if provided, maxExpirationSeconds must be >= {MIN_SECONDS}");
            errors.push(Error::invalid(&path, seconds, detail));
        }
        let of_kubernetes = signer::is_of_kubernetes(&certificate.signer_name);
        let max = if of_kubernetes { MAX_SECONDS_OF_KUBERNETES } else { MAX_SECONDS };
        if seconds > max {
            let detail = format!("if provided, maxExpirationSeconds must be <= {max}");
            errors.push(Error::invalid(&path, seconds, detail));
        }
    }
    errors
}

/// The files a pod's certificate is written to, by field.
pub fn certificate_files(certificate: &PodCertificateProjection) -> impl Iterator<Item = (&'static str, &str)> {
    let files = [
        ("credentialBundlePath", text(certificate.credential_bundle_path.as_ref())),
        ("keyPath", text(certificate.key_path.as_ref())),
        ("certificateChainPath", text(certificate.certificate_chain_path.as_ref())),
    ];
    files.into_iter().filter(|(_, file)| !file.is_empty())
}

/// What a pod tells its signer: annotations whose keys all have a domain.
fn user_annotations(annotations: &BTreeMap<String, String>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for key in annotations.keys() {
        if key.is_empty() {
            errors.push(Error::required(path, ""));
            continue;
        }
        let messages = format::qualified_name(key);
        if messages.is_empty() && !key.contains('/') {
            errors.push(Error::invalid(path, key.as_str(), "must be a domain-prefixed key (such as \"acme.io/foo\")"));
        }
        errors.extend(invalid_each(path, key, messages));
    }
    errors.extend(metadata::annotations_size(annotations, path));
    errors
}
