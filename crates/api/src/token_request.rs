//! Requests for a service account's token: what they leave open, and what is wrong with them
//! (`pkg/registry/core/serviceaccount/storage/token.go`, `pkg/apis/authentication/validation`).

use crate::kinds::{NODE, POD, SECRET, TOKEN_REQUEST};
use jiff::Timestamp;
use machinery::{
    field::{Error, ErrorList, Path},
    kind::Kind,
    meta,
    status::Status,
};
use serde_json::{Value, json};

/// How long a token lives unless something else is asked for, in seconds.
const LIFETIME: i64 = 60 * 60;
const SHORTEST: i64 = 10 * 60;
const LONGEST: i64 = 1 << 32;

/// Whether a request is about the account in its path.
pub fn check_name(request: &Value, namespace: &str, name: &str) -> Result<(), Status> {
    let metadata = Path::new("metadata");
    for (field, given, own) in [("name", meta::name(request), name), ("namespace", meta::namespace(request), namespace)]
    {
        if !given.is_empty() && given != own {
            let detail = format!("must match the service account {field} if specified");
            let error = Error::invalid(&metadata.child(field), given, detail);
            return Err(Status::invalid(&TOKEN_REQUEST, name, &[error]));
        }
    }
    Ok(())
}

/// Fills in what a request leaves open, and says what is wrong with it; `audiences` are those of the API server.
pub fn complete(request: &mut Value, account: &Value, audiences: &[&str], now: Timestamp) -> Result<(), Status> {
    let (asked, uid) = (meta::uid(request), meta::uid(account));
    if !asked.is_empty() && asked != uid {
        let cause =
            format!("the UID in the token request ({asked}) does not match the UID of the service account ({uid})");
        return Err(Status::conflict_of("authentication.k8s.io", "TokenRequest", meta::name(account), &cause));
    }
    let spec = &mut request["spec"];
    if spec["audiences"].as_array().is_none_or(Vec::is_empty) {
        spec["audiences"] = json!(audiences);
    }
    if spec["expirationSeconds"].is_null() {
        spec["expirationSeconds"] = json!(LIFETIME);
    }
    for field in ["name", "namespace", "uid"] {
        request["metadata"][field] = account["metadata"][field].clone();
    }
    request["metadata"]["creationTimestamp"] = json!(meta::time(now));
    let errors = errors(request);
    if errors.is_empty() { Ok(()) } else { Err(Status::invalid(&TOKEN_REQUEST, "", &errors)) }
}

fn errors(request: &Value) -> ErrorList {
    let path = Path::new("spec").child("expirationSeconds");
    let lifetime = lifetime(request);
    let error = |detail: &str| vec![Error::invalid(&path, lifetime, detail)];
    match lifetime {
        ..SHORTEST => error("may not specify a duration less than 10 minutes"),
        SHORTEST..=LONGEST => ErrorList::new(),
        _ => error("may not specify a duration larger than 2^32 seconds"),
    }
}

/// How long the token is to live, in seconds.
#[must_use]
pub fn lifetime(request: &Value) -> i64 {
    request["spec"]["expirationSeconds"].as_i64().unwrap_or_default()
}

/// Whom the token is to be for.
#[must_use]
pub fn audiences(request: &Value) -> Vec<String> {
    let audiences = request["spec"]["audiences"].as_array().into_iter().flatten();
    audiences.filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// The kind of object that a token is to be bound to.
pub fn bound_kind(reference: &Value) -> Result<Kind, Status> {
    let text = |name: &str| reference[name].as_str().unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let is_core = !version.contains('/');
    let found = [POD, NODE, SECRET].into_iter().find(|own| is_core && kind == own.kind);
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let described = format!("{group}/{version}, Kind={kind}");
    found.ok_or_else(|| Status::bad_request(format!("cannot bind token to object of type {described}")))
}

/// Whether a pod runs as the account whose token is to be bound to it.
pub fn check_account(pod: &Value, account: &str) -> Result<(), Status> {
    if pod["spec"]["serviceAccountName"] == account {
        return Ok(());
    }
    Err(Status::bad_request(format!(
        "cannot bind token for serviceaccount {account:?} to pod running with different serviceaccount name."
    )))
}

/// Whether the object that a token is to be bound to is the one that is meant.
pub fn check_uid(reference: &Value, uid: &str) -> Result<(), Status> {
    let text = |name: &str| reference[name].as_str().unwrap_or_default();
    let asked = text("uid");
    if asked.is_empty() || asked == uid {
        return Ok(());
    }
    let cause = format!(
        "the UID in the bound object reference ({asked}) does not match the UID in record. The object might have been deleted and then recreated"
    );
    Err(Status::conflict_of("", text("kind"), text("name"), &cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn what_is_left_open_is_filled_in() {
        let account = json!({"metadata": {"name": "robot", "namespace": "n", "uid": "u"}});
        let mut request = json!({"spec": {}});
        complete(&mut request, &account, &["api"], NOW).unwrap();
        assert_eq!(request["spec"], json!({"audiences": ["api"], "expirationSeconds": 3600}));
        assert_eq!(meta::uid(&request), "u");
        for (lifetime, refused) in [(599, true), (600, false), (LONGEST, false), (LONGEST + 1, true), (-1, true)] {
            let mut request = json!({"spec": {"expirationSeconds": lifetime}});
            assert_eq!(complete(&mut request, &account, &["api"], NOW).is_err(), refused, "{lifetime}");
        }
        let mut other = json!({"metadata": {"uid": "other"}, "spec": {}});
        assert_eq!(complete(&mut other, &account, &["api"], NOW).unwrap_err().code(), 409);
    }

    #[test]
    fn a_request_is_about_its_path() {
        let named = |name: &str, namespace: &str| json!({"metadata": {"name": name, "namespace": namespace}});
        for (request, refused) in
            [(json!({}), false), (named("a", "n"), false), (named("b", "n"), true), (named("a", "m"), true)]
        {
            assert_eq!(check_name(&request, "n", "a").is_err(), refused, "{request}");
        }
    }

    #[test]
    fn tokens_are_bound_to_pods_nodes_and_secrets() {
        let reference =
            |version: &str, kind: &str| json!({"apiVersion": version, "kind": kind, "name": "x", "uid": "u"});
        assert_eq!(bound_kind(&reference("v1", "Pod")).unwrap(), POD);
        assert_eq!(bound_kind(&reference("v1", "Node")).unwrap(), NODE);
        let refusal = bound_kind(&reference("apps/v1", "Deployment")).unwrap_err().to_string();
        assert_eq!(refusal, "cannot bind token to object of type apps/v1, Kind=Deployment");
        assert!(check_uid(&reference("v1", "Pod"), "u").is_ok());
        assert_eq!(check_uid(&reference("v1", "Pod"), "other").unwrap_err().code(), 409);
        assert!(check_account(&json!({"spec": {"serviceAccountName": "a"}}), "a").is_ok());
        assert!(check_account(&json!({"spec": {"serviceAccountName": "b"}}), "a").is_err());
    }
}
