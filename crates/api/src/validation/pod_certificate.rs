//! Requests for certificates of pods (`pkg/apis/certificates/validation`). Whether the key is the pod's, and what
//! certificate it gets, whoever can read them says.

use super::{
    metadata::immutable,
    signer::{is_of_kubernetes, signer_name},
};
use machinery::{
    canonical::canonical,
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::Value;

const MIN_SECONDS: i64 = 60 * 60;
const MAX_SECONDS: i64 = 91 * 24 * 60 * 60;
/// What Kubernetes' own signers may grant at most.
const MAX_SECONDS_OF_KUBERNETES: i64 = 24 * 60 * 60;
const MAX_UID_LENGTH: usize = 128;
/// How a request ends.
const ENDS: [&str; 3] = ["Issued", "Denied", "Failed"];
/// What an issued certificate comes with.
const TIMES: [&str; 3] = ["notBefore", "notAfter", "beginRefreshAt"];

/// A new `PodCertificateRequest`.
pub fn request(object: &Value) -> ErrorList {
    let (path, spec) = (Path::new("spec"), &object["spec"]);
    let signer = text(spec, "signerName");
    let mut errors = signer_name(signer, &path.child("signerName"));
    for (name, uid) in [("podName", "podUID"), ("serviceAccountName", "serviceAccountUID"), ("nodeName", "nodeUID")] {
        let of = text(spec, name);
        errors.extend(invalid_each(&path.child(name), of, format::dns1123_subdomain(of)));
        errors.extend(uid_error(text(spec, uid), &path.child(uid)));
    }
    errors.extend(seconds_error(&spec["maxExpirationSeconds"], signer, &path.child("maxExpirationSeconds")));
    // The stored version has no room for the key that v1beta1 may show in its stead, with a proof of its own.
    let has = |field: &str| !text(spec, field).is_empty();
    if !has("stubPKCS10Request") || has("pkixPublicKey") || has("proofOfPossession") {
        let detail = "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set";
        errors.push(Error::invalid(&path, Value::Null, detail).without_value());
    }
    errors
}

fn uid_error(uid: &str, path: &Path) -> Option<Error> {
    match uid.len() {
        0 => Some(Error::invalid(path, "", "must not be empty")),
        length if length > MAX_UID_LENGTH => Some(Error::too_long(path, MAX_UID_LENGTH)),
        _ => None,
    }
}

fn seconds_error(seconds: &Value, signer: &str, path: &Path) -> Option<Error> {
    let Some(seconds) = seconds.as_i64() else { return Some(Error::required(path, "must be set")) };
    let max = if is_of_kubernetes(signer) { MAX_SECONDS_OF_KUBERNETES } else { MAX_SECONDS };
    let is_within = (MIN_SECONDS..=max).contains(&seconds);
    (!is_within).then(|| Error::invalid(path, seconds, format!("must be in the range [{MIN_SECONDS}, {max}]")))
}

/// What is asked for does not change.
pub fn update(new: &Value, old: &Value) -> ErrorList {
    let spec = |object: &Value| canonical(object["spec"].clone());
    ErrorList::from_iter(immutable(&spec(new), &spec(old), &Path::new("spec")))
}

/// A request ends once, with a certificate or without.
pub fn status(new: &Value, old: &Value) -> ErrorList {
    let (path, status) = (Path::new("status"), &new["status"]);
    let errors = condition_errors(status, &path.child("conditions"));
    if !errors.is_empty() {
        return errors;
    }
    let changes = canonical(status.clone()) != canonical(old["status"].clone());
    let refuse = |detail: &str| vec![Error::invalid(&path, Value::Null, detail).without_value()];
    match end(status) {
        _ if !changes => ErrorList::new(),
        _ if end(&old["status"]).is_some() => {
            refuse("immutable after PodCertificateRequest is issued, denied, or failed")
        }
        None => refuse("status is immutable unless transitioning to \"Issued\", \"Denied\", or \"Failed\""),
        Some("Issued") => {
            let missing = TIMES.into_iter().filter(|field| text(status, field).is_empty());
            missing.map(|field| Error::required(&path.child(field), "must be present")).collect()
        }
        Some(_) => {
            let mut fields = status.as_object().into_iter().flatten();
            let has_more = fields.any(|(field, value)| field != "conditions" && !value.is_null());
            let detail = "non-condition status fields must be empty when denying or failing the PodCertificateRequest";
            if has_more { refuse(detail) } else { ErrorList::new() }
        }
    }
}

/// Conditions tell how a request ended, and nothing else.
fn condition_errors(status: &Value, path: &Path) -> ErrorList {
    let (mut errors, mut ends) = (ErrorList::new(), 0);
    for (index, condition) in conditions(status).enumerate() {
        let (path, of) = (path.index(index), text(condition, "type"));
        if !ENDS.contains(&of) {
            errors.push(Error::not_supported(&path.child("type"), of, &ENDS));
            continue;
        }
        ends += 1;
        if ends > 1 {
            let detail = "There may be at most one condition with type \"Issued\", \"Denied\", or \"Failed\"";
            errors.push(Error::invalid(&path.child("type"), of, detail));
        }
        if text(condition, "status") != "True" {
            errors.push(Error::not_supported(&path.child("status"), text(condition, "status"), &["True"]));
        }
    }
    errors
}

/// How a request has ended.
fn end(status: &Value) -> Option<&str> {
    let is_true = |condition: &&Value| condition["status"] == "True";
    let mut ends = conditions(status).filter(is_true).map(|condition| text(condition, "type"));
    ends.find(|of| ENDS.contains(of))
}

fn conditions(status: &Value) -> impl Iterator<Item = &Value> {
    status["conditions"].as_array().into_iter().flatten()
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(change: &Value) -> Value {
        let mut spec = json!({"signerName": "x.io/s", "podName": "p", "podUID": "1", "serviceAccountName": "a",
            "serviceAccountUID": "2", "nodeName": "n", "nodeUID": "3", "maxExpirationSeconds": 3600,
            "stubPKCS10Request": "AA=="});
        for (field, value) in change.as_object().unwrap() {
            spec[field] = value.clone();
        }
        json!({"spec": spec})
    }

    fn fields(errors: &ErrorList) -> Vec<&str> {
        errors.iter().map(|error| error.field.as_str()).collect()
    }

    #[test]
    fn requests_are_well_put_or_not() {
        for (change, expected) in [
            (json!({}), &[] as &[&str]),
            (json!({"signerName": "s"}), &["spec.signerName"]),
            (json!({"podName": "P", "podUID": ""}), &["spec.podName", "spec.podUID"]),
            (json!({"serviceAccountUID": "u".repeat(129)}), &["spec.serviceAccountUID"]),
            (json!({"maxExpirationSeconds": 3599}), &["spec.maxExpirationSeconds"]),
            (json!({"maxExpirationSeconds": 91 * 86400}), &[]),
            (
                json!({"maxExpirationSeconds": 91 * 86400, "signerName": "kubernetes.io/s"}),
                &["spec.maxExpirationSeconds"],
            ),
            (json!({"maxExpirationSeconds": null}), &["spec.maxExpirationSeconds"]),
            (json!({"pkixPublicKey": "AA=="}), &["spec"]),
            (json!({"stubPKCS10Request": ""}), &["spec"]),
            (json!({"stubPKCS10Request": "", "pkixPublicKey": "AA==", "proofOfPossession": "AA=="}), &["spec"]),
        ] {
            assert_eq!(fields(&request(&asked(&change))), expected, "{change}");
        }
        assert_eq!(fields(&update(&asked(&json!({"podUID": "9"})), &asked(&json!({})))), ["spec"]);
    }

    #[test]
    fn a_request_ends_once() {
        let ended = |end: &str, more: Value| {
            let mut status = more;
            status["conditions"] = json!([{"type": end, "status": "True"}]);
            json!({"status": status})
        };
        let issued =
            ended("Issued", json!({"certificateChain": "C", "notBefore": "t", "notAfter": "t", "beginRefreshAt": "t"}));
        let (open, denied) = (json!({"status": {}}), ended("Denied", json!({})));
        for (old, new, expected) in [
            (&open, &issued, &[] as &[&str]),
            (&open, &denied, &[]),
            (&issued, &issued, &[]),
            (&issued, &denied, &["status"]),
            (&denied, &issued, &["status"]),
            (&open, &json!({"status": {"certificateChain": "C"}}), &["status"]),
            (&open, &ended("Failed", json!({"certificateChain": "C"})), &["status"]),
            (&open, &ended("Issued", json!({"notBefore": "t", "notAfter": "t"})), &["status.beginRefreshAt"]),
            (&open, &ended("Approved", json!({})), &["status.conditions[0].type"]),
            (
                &open,
                &json!({"status": {"conditions": [{"type": "Failed", "status": "False"}]}}),
                &["status.conditions[0].status"],
            ),
        ] {
            assert_eq!(fields(&status(new, old)), expected, "{old} {new}");
        }
    }
}
