//! Tokens that lie in secrets of the type `kubernetes.io/service-account-token` and have no end
//! (`pkg/serviceaccount/legacy.go`).

use super::Find;
use crate::user::{self, User};
use api::kinds::{SECRET, SERVICE_ACCOUNT};
use base64::{Engine, engine::general_purpose::STANDARD};
use machinery::meta;
use serde_json::Value;

/// Who issues them.
pub const ISSUER: &str = "kubernetes/serviceaccount";
/// By this label a token is marked as no longer good.
const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";

const NAMESPACE: &str = "kubernetes.io/serviceaccount/namespace";
const SECRET_NAME: &str = "kubernetes.io/serviceaccount/secret.name";
const ACCOUNT_NAME: &str = "kubernetes.io/serviceaccount/service-account.name";
const ACCOUNT_UID: &str = "kubernetes.io/serviceaccount/service-account.uid";

/// Whose a token is, if it is still good: the secret must hold it.
pub fn user(claims: &Value, token: &str, find: &Find<'_>) -> Result<User, String> {
    let claim = |name: &str, called: &str| match claims[name].as_str() {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(format!("{called} claim is missing")),
    };
    let subject = claim("sub", "sub")?;
    let (namespace, secret) = (claim(NAMESPACE, "namespace")?, claim(SECRET_NAME, "secretName")?);
    let (account, uid) = (claim(ACCOUNT_NAME, "serviceAccountName")?, claim(ACCOUNT_UID, "serviceAccountUID")?);
    if user::service_account(subject) != Some((namespace, account)) {
        return Err("sub claim is invalid".into());
    }
    check_secret(find(&SECRET, namespace, secret).as_ref(), token)?;
    let found = find(&SERVICE_ACCOUNT, namespace, account);
    let found = found.ok_or_else(|| format!("serviceaccounts {account:?} not found"))?;
    if meta::deletion_timestamp(&found).is_some() {
        return Err(format!("ServiceAccount {namespace}/{account} has been deleted"));
    }
    if meta::uid(&found) != uid {
        return Err(format!("ServiceAccount UID ({}) does not match claim ({uid})", meta::uid(&found)));
    }
    Ok(User { uid: uid.to_owned(), ..User::service_account(namespace, account) })
}

fn check_secret(secret: Option<&Value>, token: &str) -> Result<(), String> {
    let good = secret.filter(|secret| meta::deletion_timestamp(secret).is_none());
    let secret = good.ok_or("Token has been invalidated")?;
    let held = secret["data"]["token"].as_str().and_then(|text| STANDARD.decode(text).ok());
    // What is compared was signed by this cluster: nothing is to be learned from the time that it takes.
    if held.as_deref() != Some(token.as_bytes()) {
        return Err("Token does not match server's copy".into());
    }
    match secret["metadata"]["labels"][INVALID_SINCE].as_str() {
        Some(since) if !since.is_empty() => {
            Err(format!("the token in secret {} has been marked invalid", meta::name(secret)))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use machinery::kind::Kind;
    use serde_json::json;

    /// The claims of the token of a secret.
    fn claims(account: &Value, secret: &Value) -> Value {
        let (namespace, name) = (meta::namespace(account), meta::name(account));
        json!({
            "iss": ISSUER,
            "sub": format!("system:serviceaccount:{namespace}:{name}"),
            NAMESPACE: namespace,
            SECRET_NAME: meta::name(secret),
            ACCOUNT_NAME: name,
            ACCOUNT_UID: meta::uid(account),
        })
    }

    #[test]
    fn a_token_is_good_as_long_as_its_secret_holds_it() {
        let account = json!({"metadata": {"name": "robot", "namespace": "n", "uid": "u"}});
        let secret = |token: &str, labels: &Value| json!({"metadata": {"name": "s", "labels": labels}, "data": {"token": STANDARD.encode(token)}});
        let good = claims(&account, &secret("", &json!(null)));
        let mut forged = good.clone();
        forged["sub"] = json!("system:serviceaccount:n:other");
        let renamed = json!({"metadata": {"name": "robot", "uid": "other"}});
        let invalid = json!({INVALID_SINCE: "2026-01-01"});
        for (claims, held, account, refusal) in [
            (&good, Some(secret("t", &json!({}))), Some(&account), None),
            (&good, Some(secret("other", &json!({}))), Some(&account), Some("Token does not match server's copy")),
            (&good, None, Some(&account), Some("Token has been invalidated")),
            (&good, Some(secret("t", &invalid)), Some(&account), Some("the token in secret s has been marked invalid")),
            (&good, Some(secret("t", &json!({}))), None, Some("serviceaccounts \"robot\" not found")),
            (
                &good,
                Some(secret("t", &json!({}))),
                Some(&renamed),
                Some("ServiceAccount UID (other) does not match claim (u)"),
            ),
            (&forged, Some(secret("t", &json!({}))), Some(&account), Some("sub claim is invalid")),
        ] {
            let find = |kind: &Kind, _: &str, _: &str| if *kind == SECRET { held.clone() } else { account.cloned() };
            let user = user(claims, "t", &find);
            assert_eq!(user.as_ref().err().map(String::as_str), refusal);
            assert!(user.is_err() || user.is_ok_and(|user| user.name == "system:serviceaccount:n:robot"));
        }
    }
}
