//! Certificates of pods: a node asks for those of the pods that it runs, as what they are. Signers rely on it.

use crate::admission::service_account;
use machinery::meta;
use serde_json::Value;

/// What a request names, as far as it is there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named<'a> {
    /// The Node.
    pub node: Option<&'a Value>,
    /// The pod.
    pub pod: Option<&'a Value>,
    /// The service account of the pod.
    pub account: Option<&'a Value>,
}

/// Whether a node may make a `PodCertificateRequest`. Whether the pod has to do with the signer is another question.
pub fn admit(node: &str, request: &Value, named: Named<'_>) -> Result<(), String> {
    let text = |field: &str| request["spec"][field].as_str().unwrap_or_default();
    if text("nodeName") != node {
        let given = text("nodeName");
        return Err(format!(
            "PodCertificateRequest.Spec.NodeName={given:?}, which is not the requesting node {node:?}"
        ));
    }
    let pod_name = format!("{}/{}", meta::namespace(request), text("podName"));
    check_uid(named.node, text("nodeUID"), &format!("node {node:?}"))?;
    check_uid(named.pod, text("podUID"), &format!("pod {pod_name:?}"))?;
    let pod = named.pod.unwrap_or(&Value::Null);
    if pod["spec"]["nodeName"] != node {
        return Err(format!("pod {pod_name:?} is not running on node {node:?} named in the PodCertificateRequest"));
    }
    if service_account::is_mirror(pod) {
        return Err(format!("pod {pod_name:?} is a mirror pod"));
    }
    let (given, own) = (text("serviceAccountName"), pod["spec"]["serviceAccountName"].as_str().unwrap_or_default());
    if given != own {
        return Err(format!(
            "PodCertificateRequest for pod {pod_name:?} contains serviceAccountName ({given:?}) that differs from \
             running pod ({own:?})"
        ));
    }
    check_uid(named.account, text("serviceAccountUID"), &format!("service account {given:?}"))
}

fn check_uid(object: Option<&Value>, uid: &str, what: &str) -> Result<(), String> {
    match object.map(meta::uid) {
        None => Err(format!("{what} named in the PodCertificateRequest not found")),
        Some(own) if own != uid => {
            Err(format!("PodCertificateRequest names UID {uid:?} of {what}, whose UID is {own:?}"))
        }
        Some(_) => Ok(()),
    }
}

/// Whether a volume of the pod shows a certificate of this signer.
#[must_use]
pub fn is_shown(pod: &Value, signer: &str) -> bool {
    let mut sources = items(&pod["spec"]["volumes"]).flat_map(|volume| items(&volume["projected"]["sources"]));
    sources.any(|source| source["podCertificate"]["signerName"] == signer)
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_node_asks_for_its_pods_as_what_they_are() {
        let request = |change: (&str, &str)| {
            let mut request = json!({"metadata": {"namespace": "ns"}, "spec": {"nodeName": "n", "nodeUID": "1", "podName": "p",
                "podUID": "2", "serviceAccountName": "a", "serviceAccountUID": "3"}});
            request["spec"][change.0] = json!(change.1);
            request
        };
        let (node, account) = (json!({"metadata": {"uid": "1"}}), json!({"metadata": {"uid": "3"}}));
        let pod = json!({"metadata": {"uid": "2"}, "spec": {"nodeName": "n", "serviceAccountName": "a"}});
        let (mut elsewhere, mut mirror) = (pod.clone(), pod.clone());
        elsewhere["spec"]["nodeName"] = json!("other");
        mirror["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
        let same = ("nodeName", "n");
        let named = Named { node: Some(&node), pod: Some(&pod), account: Some(&account) };
        for (request, named, refusal) in [
            (request(same), named, None),
            (request(("nodeName", "m")), named, Some("which is not the requesting node \"n\"")),
            (request(("nodeUID", "9")), named, Some("names UID \"9\" of node \"n\", whose UID is \"1\"")),
            (request(("podUID", "9")), named, Some("names UID \"9\" of pod \"ns/p\", whose UID is \"2\"")),
            (request(("serviceAccountUID", "9")), named, Some("of service account \"a\", whose UID is \"3\"")),
            (request(("serviceAccountName", "b")), named, Some("that differs from running pod (\"a\")")),
            (
                request(same),
                Named { pod: None, ..named },
                Some("pod \"ns/p\" named in the PodCertificateRequest not found"),
            ),
            (request(same), Named { pod: Some(&elsewhere), ..named }, Some("is not running on node \"n\"")),
            (request(same), Named { pod: Some(&mirror), ..named }, Some("pod \"ns/p\" is a mirror pod")),
            (request(same), Named { account: None, ..named }, Some("service account \"a\" named in")),
        ] {
            let found = admit("n", &request, named).err();
            assert_eq!(found.is_some(), refusal.is_some(), "{request}: {found:?}");
            assert!(found.zip(refusal).is_none_or(|(found, part)| found.contains(part)), "{request}");
        }
    }

    #[test]
    fn a_pod_has_to_do_with_the_signers_of_its_volumes() {
        let pod = json!({"spec": {"volumes": [{"emptyDir": {}}, {"projected": {"sources": [
            {"secret": {"name": "s"}}, {"podCertificate": {"signerName": "x.io/s"}}]}}]}});
        assert!(is_shown(&pod, "x.io/s") && !is_shown(&pod, "x.io/t") && !is_shown(&json!({}), "x.io/s"));
    }
}
