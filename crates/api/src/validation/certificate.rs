//! Requests for certificates (`pkg/apis/certificates/validation`).

use super::signer::signer_name;
use crate::prepare::certificate::of_type;
use machinery::field::{Error, ErrorList, Path};
use serde_json::Value;
use std::collections::HashSet;

/// What a key may be used for.
const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];
const LEGACY: &str = "kubernetes.io/legacy-unknown";
/// Conditions that hold once and for all.
const FINAL: [&str; 3] = ["Approved", "Denied", "Failed"];
const DECISIONS: [&str; 2] = ["Approved", "Denied"];

/// What is wrong with a request at any time. Whether it is a request at all, whoever can read it says.
pub fn request(object: &Value) -> ErrorList {
    let (path, spec) = (Path::new("spec"), &object["spec"]);
    let mut errors = usages(&path.child("usages"), &spec["usages"]);
    let signer = spec["signerName"].as_str().unwrap_or_default();
    let signer_path = path.child("signerName");
    if signer == LEGACY {
        errors.push(Error::invalid(&signer_path, signer, "the legacy signerName is not allowed via this API version"));
    } else {
        errors.extend(signer_name(signer, &signer_path));
    }
    if let Some(seconds) = spec["expirationSeconds"].as_i64().filter(|seconds| *seconds < 600) {
        let detail = "may not specify a duration less than 600 seconds (10 minutes)";
        errors.push(Error::invalid(&path.child("expirationSeconds"), seconds, detail));
    }
    errors.extend(conditions(&Path::new("status").child("conditions"), &object["status"]["conditions"]));
    errors
}

fn usages(path: &Path, usages: &Value) -> ErrorList {
    let usages: Vec<&str> = usages.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if usages.is_empty() {
        return vec![Error::required(path, "")];
    }
    let unknown = usages.iter().enumerate().filter(|(_, usage)| !USAGES.contains(usage));
    let mut errors: ErrorList =
        unknown.map(|(index, usage)| Error::not_supported(&path.index(index), *usage, &USAGES)).collect();
    let mut seen = HashSet::new();
    let again = usages.iter().enumerate().filter(|(_, usage)| !seen.insert(**usage));
    errors.extend(again.map(|(index, usage)| Error::duplicate(&path.index(index), *usage)));
    errors
}

fn conditions(path: &Path, conditions: &Value) -> ErrorList {
    let (mut errors, mut seen) = (ErrorList::new(), Vec::new());
    for (index, condition) in conditions.as_array().into_iter().flatten().enumerate() {
        let text = |field: &str| condition[field].as_str().unwrap_or_default();
        let (of, status, path_of) = (text("type"), text("status"), path.index(index));
        if of.is_empty() {
            errors.push(Error::required(&path_of.child("type"), ""));
        }
        let allowed: &[&str] = if FINAL.contains(&of) { &["True"] } else { &["False", "True", "Unknown"] };
        if status.is_empty() {
            errors.push(Error::required(&path_of.child("status"), ""));
        } else if !allowed.contains(&status) {
            errors.push(Error::not_supported(&path_of.child("status"), status, allowed));
        }
        let opposite = DECISIONS.into_iter().find(|other| *other != of && DECISIONS.contains(&of));
        if opposite.is_some_and(|opposite| seen.contains(&opposite)) {
            errors.push(Error::invalid(path, of, "Approved and Denied conditions are mutually exclusive"));
        }
        if seen.contains(&of) {
            errors.push(Error::duplicate(&path_of.child("type"), of));
        }
        seen.push(of);
    }
    errors
}

/// What is wrong with a request as the successor of another: what is decided stays, and only the status brings the
/// certificate.
pub fn update(new: &Value, old: &Value) -> ErrorList {
    let mut errors = undecided_update(new, old);
    errors.extend(certificate_update(new, old, false));
    errors
}

/// The same, of its status.
pub fn status(new: &Value, old: &Value) -> ErrorList {
    let mut errors = request(new);
    errors.extend(undecided_update(new, old));
    errors.extend(certificate_update(new, old, true));
    errors
}

/// The same, of its approval.
pub fn approval(new: &Value, old: &Value) -> ErrorList {
    let mut errors = request(new);
    errors.extend(removed(new, old));
    errors.extend(certificate_update(new, old, false));
    errors
}

fn removed(new: &Value, old: &Value) -> ErrorList {
    let count = |object: &Value, of: &str| of_type(&object["status"], of).count();
    let gone = FINAL.into_iter().filter(|of| count(new, of) < count(old, of));
    let path = Path::new("status").child("conditions");
    gone.map(|of| Error::forbidden(&path, format!("updates may not remove a condition of type {of:?}"))).collect()
}

fn undecided_update(new: &Value, old: &Value) -> ErrorList {
    let mut errors = removed(new, old);
    let path = Path::new("status").child("conditions");
    for decision in DECISIONS {
        let of = |object: &Value| of_type(&object["status"], decision).cloned().collect::<Vec<_>>();
        let (after, before) = (of(new), of(old));
        if after.len() > before.len() {
            errors.push(Error::forbidden(&path, format!("updates may not add a condition of type {decision:?}")));
        } else if after.len() == before.len() && after != before {
            errors.push(Error::forbidden(&path, format!("updates may not modify a condition of type {decision:?}")));
        }
    }
    errors
}

fn certificate_update(new: &Value, old: &Value, may_set: bool) -> Option<Error> {
    let path = Path::new("status").child("certificate");
    let of = |object: &Value| object["status"]["certificate"].as_str().unwrap_or_default().to_owned();
    let (after, before) = (of(new), of(old));
    let detail = match (after == before, may_set, before.is_empty()) {
        (true, ..) | (false, true, true) => return None,
        (false, false, _) => "updates may not set certificate content",
        (false, true, false) => "updates may not modify existing certificate content",
    };
    Some(Error::forbidden(&path, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(conditions: &Value, certificate: &str) -> Value {
        json!({"spec": {"signerName": "example.com/a", "usages": ["client auth"]},
            "status": {"conditions": conditions, "certificate": certificate}})
    }

    #[test]
    fn requests_are_well_put_or_not() {
        let of = |signer: &str, usages: &[&str], seconds: i64| json!({"spec": {"signerName": signer, "usages": usages, "expirationSeconds": seconds}});
        let approved = json!({"type": "Approved", "status": "True"});
        let denied = json!({"type": "Denied", "status": "True"});
        for (object, expected) in [
            (of("example.com/a", &["client auth"], 600), vec![]),
            (of("example.com/a", &[], 600), vec!["spec.usages"]),
            (of("example.com/a", &["x"], 600), vec!["spec.usages[0]"]),
            (of("example.com/a", &["any", "any"], 600), vec!["spec.usages[1]"]),
            (of(LEGACY, &["any"], 600), vec!["spec.signerName"]),
            (of("a", &["any"], 599), vec!["spec.signerName", "spec.expirationSeconds"]),
            (with(&json!([approved]), ""), vec![]),
            (with(&json!([approved, denied]), ""), vec!["status.conditions"]),
            (with(&json!([{"type": "Failed", "status": "False"}]), ""), vec!["status.conditions[0].status"]),
            (with(&json!([{}]), ""), vec!["status.conditions[0].type", "status.conditions[0].status"]),
        ] {
            let got: Vec<_> = request(&object).into_iter().map(|error| error.field).collect();
            assert_eq!(got, expected, "{object}");
        }
    }

    #[test]
    fn who_decides_does_not_sign_and_who_signs_does_not_decide() {
        let none = json!([]);
        let approved = json!([{"type": "Approved", "status": "True"}]);
        for (check, new, good) in [
            (approval as fn(&Value, &Value) -> ErrorList, with(&approved, ""), true),
            (approval, with(&none, "CERT"), false),
            (status, with(&none, "CERT"), true),
            (status, with(&approved, ""), false),
            (update, with(&none, "CERT"), false),
            (update, with(&none, ""), true),
        ] {
            assert_eq!(check(&new, &with(&none, "")).is_empty(), good, "{new}");
        }
        assert!(!approval(&with(&none, ""), &with(&approved, "")).is_empty(), "what is decided stays");
        assert!(!status(&with(&none, "OTHER"), &with(&none, "CERT")).is_empty(), "a certificate stays");
    }
}
