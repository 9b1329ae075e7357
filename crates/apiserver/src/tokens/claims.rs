//! What a token states, and whether that still holds (`pkg/serviceaccount/claims.go`).

use super::{Find, ISSUER};
use crate::user::User;
use api::kinds::{NODE, POD, SECRET, SERVICE_ACCOUNT};
use jiff::Timestamp;
use machinery::{kind::Kind, meta};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How far clocks may differ, in seconds (`jwt.DefaultLeeway`).
const LEEWAY: i64 = 60;
/// The lifetime (in seconds) that asks for a token which is renewed: whoever does not renew it is warned, not refused.
const RENEWED: i64 = 60 * 60 + 7;
/// How long such a token lives all the same, in seconds.
const EXTENDED: i64 = 365 * 24 * 60 * 60;

const POD_NAME: &str = "authentication.kubernetes.io/pod-name";
const POD_UID: &str = "authentication.kubernetes.io/pod-uid";
const NODE_NAME: &str = crate::user::NODE_NAME;
const NODE_UID: &str = "authentication.kubernetes.io/node-uid";
const CREDENTIAL: &str = "authentication.kubernetes.io/credential-id";

const INVALIDATED: &str = "service account token has been invalidated";

/// What a token is bound to: it is good as long as that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound<'a> {
    /// Nothing but its account.
    Nothing,
    /// A pod; and the node that it is on, of which perhaps the name alone is known.
    Pod(&'a Value, Option<&'a Value>),
    /// A secret.
    Secret(&'a Value),
    /// A node.
    Node(&'a Value),
}

/// What is asked for.
pub struct Request<'a> {
    pub account: &'a Value,
    pub bound: Bound<'a>,
    pub audiences: &'a [String],
    /// In seconds.
    pub lifetime: i64,
    /// A name for the token.
    pub id: &'a str,
}

/// The claims of a new token.
pub fn issue(request: &Request<'_>, now: Timestamp) -> Value {
    let Request { account, bound, audiences, lifetime, id } = request;
    let is_renewed = *lifetime == RENEWED && matches!(bound, Bound::Pod(..)) && *audiences == [ISSUER];
    let issued = now.as_second();
    let mut private = json!({"namespace": meta::namespace(account), "serviceaccount": reference(account)});
    match bound {
        Bound::Nothing => {}
        Bound::Pod(pod, node) => {
            private["pod"] = reference(pod);
            if let Some(node) = node {
                private["node"] = reference(node);
            }
        }
        Bound::Secret(secret) => private["secret"] = reference(secret),
        Bound::Node(node) => private["node"] = reference(node),
    }
    if is_renewed {
        private["warnafter"] = json!(issued + lifetime);
    }
    json!({
        "aud": audiences,
        "exp": issued + if is_renewed { EXTENDED } else { *lifetime },
        "iat": issued,
        "iss": ISSUER,
        "jti": id,
        "kubernetes.io": private,
        "nbf": issued,
        "sub": format!("system:serviceaccount:{}:{}", meta::namespace(account), meta::name(account)),
    })
}

fn reference(object: &Value) -> Value {
    match meta::uid(object) {
        "" => json!({"name": meta::name(object)}),
        uid => json!({"name": meta::name(object), "uid": uid}),
    }
}

/// Those of the audiences that are asked for which a token is for. One that names none is for the API server.
pub fn audiences(claims: &Value, asked: &[String]) -> Result<Vec<String>, String> {
    let named = match &claims["aud"] {
        Value::String(one) => vec![one.clone()],
        list => list.as_array().into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
    };
    let named = if named.is_empty() { vec![ISSUER.to_owned()] } else { named };
    let common: Vec<String> = named.iter().filter(|audience| asked.contains(audience)).cloned().collect();
    if common.is_empty() {
        return Err(format!("token audiences {named:?} is invalid for the target audiences {asked:?}"));
    }
    Ok(common)
}

/// Whose a token is, if it is still good.
pub fn user(claims: &Value, find: &Find<'_>, now: Timestamp) -> Result<User, String> {
    check_time(claims, now.as_second())?;
    let private = &claims["kubernetes.io"];
    let (namespace, account) = (text(&private["namespace"]), &private["serviceaccount"]);
    let found = look_up(find, &SERVICE_ACCOUNT, namespace, account)
        .ok_or_else(|| format!("serviceaccounts {:?} not found", text(&account["name"])))?;
    if meta::uid(&found) != text(&account["uid"]) {
        let (uid, claimed) = (meta::uid(&found), text(&account["uid"]));
        return Err(format!("service account UID ({uid}) does not match claim ({claimed})"));
    }
    if is_gone(&found, now) {
        return Err(format!("service account {namespace}/{} has been deleted", meta::name(&found)));
    }
    check_bound(find, namespace, private, now)?;
    let mut user = User::service_account(namespace, meta::name(&found));
    meta::uid(&found).clone_into(&mut user.uid);
    user.extra = extra(claims);
    Ok(user)
}

fn check_time(claims: &Value, now: i64) -> Result<(), String> {
    let at = |name: &str| claims[name].as_i64();
    if at("nbf").is_some_and(|from| from > now + LEEWAY) {
        return Err("service account token is not valid yet".into());
    }
    // A token without an end has none.
    if at("exp").is_none_or(|until| until + LEEWAY < now) {
        return Err("service account token has expired".into());
    }
    if at("iat").is_some_and(|issued| issued > now + LEEWAY) {
        return Err("service account token is issued in the future".into());
    }
    Ok(())
}

/// What a token is bound to must be there, and be the same.
fn check_bound(find: &Find<'_>, namespace: &str, private: &Value, now: Timestamp) -> Result<(), String> {
    let of_pod = !private["pod"].is_null();
    for (name, kind, namespace, what) in [
        ("secret", &SECRET, namespace, ["Secret", "secret"]),
        ("pod", &POD, namespace, ["Pod", "pod"]),
        ("node", &NODE, "", ["Node", "node"]),
    ] {
        let claim = &private[name];
        // The node of a pod is told, not bound to.
        if claim.is_null() || (name == "node" && of_pod) {
            continue;
        }
        let found = look_up(find, kind, namespace, claim).ok_or(INVALIDATED)?;
        if meta::uid(&found) != text(&claim["uid"]) {
            let ([title, short], uid, claimed) = (what, meta::uid(&found), text(&claim["uid"]));
            let title = if name == "secret" { short } else { title };
            return Err(format!("{title} UID ({uid}) does not match service account {short} ref claim ({claimed})"));
        }
        if is_gone(&found, now) {
            return Err(INVALIDATED.into());
        }
    }
    Ok(())
}

fn look_up(find: &Find<'_>, kind: &Kind, namespace: &str, claim: &Value) -> Option<Value> {
    find(kind, namespace, text(&claim["name"]))
}

/// What is on its way out keeps its rights until its time is over.
fn is_gone(object: &Value, now: Timestamp) -> bool {
    meta::deletion_timestamp(object).is_some_and(|deleted| deleted.as_second() < now.as_second() - LEEWAY)
}

/// What else is known of whoever shows a token (`ServiceAccountInfo.UserInfo`).
fn extra(claims: &Value) -> BTreeMap<String, Vec<String>> {
    let private = &claims["kubernetes.io"];
    let id = text(&claims["jti"]);
    let credential = if id.is_empty() { String::new() } else { format!("JTI={id}") };
    let of = |object: &str, field: &str| text(&private[object][field]).to_owned();
    let all = [
        (POD_NAME, of("pod", "name")),
        (POD_UID, of("pod", "uid")),
        (NODE_NAME, of("node", "name")),
        (NODE_UID, of("node", "uid")),
        (CREDENTIAL, credential),
    ];
    let known = all.into_iter().filter(|(_, value)| !value.is_empty());
    known.map(|(key, value)| (key.to_owned(), vec![value])).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests;
