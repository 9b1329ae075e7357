//! The tokens that a node asks for: those of its pods, for whom the pods' volumes name.

use machinery::meta;
use serde_json::Value;

/// What a pod's tokens may be for.
#[derive(Debug, PartialEq, Eq)]
pub enum Audiences {
    /// The node may have the token.
    Granted,
    /// The pod does not name this audience: whoever may ask for it all the same gets it.
    Unnamed(String),
}

/// Whether a node may have a token; `pod` is the one that the request names, if it is there, `driver_has` says whether
/// a volume of it belongs to a driver that asks for tokens for an audience.
pub fn admit(
    node: &str,
    request: &Value,
    pod: Option<&Value>,
    driver_has: impl Fn(&Value, &str) -> bool,
) -> Result<Audiences, String> {
    let bound = &request["spec"]["boundObjectRef"];
    let text = |name: &str| bound[name].as_str().unwrap_or_default();
    if text("apiVersion") != "v1" || text("kind") != "Pod" || text("name").is_empty() {
        return Err("node requested token not bound to a pod".into());
    }
    let uid = text("uid");
    if uid.is_empty() {
        return Err("node requested token with a pod binding without a uid".into());
    }
    let pod = pod.ok_or_else(|| format!("pod {:?} not found", text("name")))?;
    if uid != meta::uid(pod) {
        return Err(format!(
            "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
        ));
    }
    if pod["spec"]["nodeName"] != node {
        return Err("node requested token bound to a pod scheduled on a different node".into());
    }
    let audiences = request["spec"]["audiences"].as_array().map(Vec::as_slice).unwrap_or_default();
    let audience = match audiences {
        [] => "",
        [one] => one.as_str().unwrap_or_default(),
        _ => return Err("node may only request 0 or 1 audiences".into()),
    };
    let volumes = || pod["spec"]["volumes"].as_array().into_iter().flatten();
    let is_named = volumes().any(|volume| names(volume, audience) || driver_has(volume, audience));
    Ok(if is_named { Audiences::Granted } else { Audiences::Unnamed(audience.to_owned()) })
}

fn names(volume: &Value, audience: &str) -> bool {
    let sources = volume["projected"]["sources"].as_array().into_iter().flatten();
    let mut tokens = sources.map(|source| &source["serviceAccountToken"]).filter(|token| token.is_object());
    tokens.any(|token| token["audience"].as_str().unwrap_or_default() == audience)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_node_has_the_tokens_of_its_pods() {
        let pod = json!({"metadata": {"name": "p", "uid": "u"}, "spec": {"nodeName": "n1", "volumes": [
            {"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}, {"serviceAccountToken": {"audience": "a"}}]}},
            {"csi": {"driver": "d"}}]}});
        let reference = |uid: &str| json!({"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": uid});
        let request =
            |bound: Value, audiences: &[&str]| json!({"spec": {"boundObjectRef": bound, "audiences": audiences}});
        let driver = |volume: &Value, audience: &str| volume["csi"]["driver"] == "d" && audience == "driver";
        for (node, request, of, expected) in [
            ("n1", request(reference("u"), &[]), Some(&pod), Ok(Audiences::Granted)),
            ("n1", request(reference("u"), &["a"]), Some(&pod), Ok(Audiences::Granted)),
            ("n1", request(reference("u"), &["driver"]), Some(&pod), Ok(Audiences::Granted)),
            ("n1", request(reference("u"), &["b"]), Some(&pod), Ok(Audiences::Unnamed("b".into()))),
            ("n1", request(reference("u"), &["a", "b"]), Some(&pod), Err("node may only request 0 or 1 audiences")),
            ("n2", request(reference("u"), &[]), Some(&pod), Err("scheduled on a different node")),
            ("n1", request(reference("old"), &[]), Some(&pod), Err("does not match the UID in record")),
            ("n1", request(reference(""), &[]), Some(&pod), Err("without a uid")),
            ("n1", request(json!(null), &[]), Some(&pod), Err("not bound to a pod")),
            ("n1", request(reference("u"), &[]), None, Err("not found")),
        ] {
            match (admit(node, &request, of, driver), expected) {
                (Err(refusal), Err(part)) => assert!(refusal.contains(part), "{refusal}"),
                (result, expected) => assert_eq!(result.ok(), expected.ok(), "{request}"),
            }
        }
    }
}
