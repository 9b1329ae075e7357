//! What is asked for, and whether a signer may grant it (`pkg/apis/certificates/helpers.go`).

use super::{KUBE_APISERVER_CLIENT, KUBE_APISERVER_CLIENT_KUBELET, KUBELET_SERVING, LEGACY_UNKNOWN};
use std::collections::BTreeSet;
use x509_parser::{
    extensions::{GeneralName, ParsedExtension},
    prelude::X509CertificationRequest,
};

const NODES: &str = "system:nodes";
const NODE: &str = "system:node:";

/// The content of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub common_name: String,
    pub organizations: Vec<String>,
    pub dns_names: usize,
    pub addresses: usize,
    pub emails: usize,
    pub uris: usize,
}

impl Content {
    pub(super) fn of(request: &X509CertificationRequest<'_>) -> Self {
        let subject = &request.certification_request_info.subject;
        let name = subject.iter_common_name().next().and_then(|name| name.as_str().ok()).unwrap_or_default();
        let organizations = subject.iter_organization().filter_map(|name| name.as_str().ok());
        let mut content = Self {
            common_name: name.to_owned(),
            organizations: organizations.map(ToOwned::to_owned).collect(),
            ..Self::default()
        };
        for extension in request.requested_extensions().into_iter().flatten() {
            if let ParsedExtension::SubjectAlternativeName(names) = extension {
                names.general_names.iter().for_each(|name| content.count(name));
            }
        }
        content
    }

    fn count(&mut self, name: &GeneralName<'_>) {
        match name {
            GeneralName::DNSName(_) => self.dns_names += 1,
            GeneralName::IPAddress(_) => self.addresses += 1,
            GeneralName::RFC822Name(_) => self.emails += 1,
            GeneralName::URI(_) => self.uris += 1,
            _ => {}
        }
    }
}

/// What a signer thinks of a request: `None` if it is not one of Kubernetes', else what is wrong with it.
pub(super) fn check(signer: &str, content: &Content, usages: &[String]) -> Option<Result<(), String>> {
    match signer {
        KUBE_APISERVER_CLIENT => Some(check_client_usages(usages)),
        KUBE_APISERVER_CLIENT_KUBELET => Some(check_kubelet_client(content, usages)),
        KUBELET_SERVING => Some(check_kubelet_serving(content, usages)),
        LEGACY_UNKNOWN => Some(Ok(())),
        _ => None,
    }
}

fn check_client_usages(usages: &[String]) -> Result<(), String> {
    let known = ["client auth", "digital signature", "key encipherment"];
    if let Some(other) = usages.iter().find(|usage| !known.contains(&usage.as_str())) {
        return Err(format!("invalid usage for client certificate: {other}"));
    }
    if usages.iter().any(|usage| usage == "client auth") {
        return Ok(());
    }
    Err("missing required usage for client certificate: client auth".into())
}

fn check_kubelet_client(content: &Content, usages: &[String]) -> Result<(), String> {
    check_organization(content)?;
    for (count, what) in [
        (content.dns_names, "DNS subjectAltNames are not allowed"),
        (content.emails, "email subjectAltNames are not allowed"),
        (content.addresses, "IP subjectAltNames are not allowed"),
        (content.uris, "URI subjectAltNames are not allowed"),
    ] {
        refuse_if(count > 0, what)?;
    }
    check_name(content)?;
    check_usages("client auth", usages)
}

fn check_kubelet_serving(content: &Content, usages: &[String]) -> Result<(), String> {
    check_organization(content)?;
    refuse_if(content.dns_names + content.addresses == 0, "DNS or IP subjectAltName is required")?;
    refuse_if(content.emails > 0, "email subjectAltNames are not allowed")?;
    refuse_if(content.uris > 0, "URI subjectAltNames are not allowed")?;
    check_usages("server auth", usages)?;
    check_name(content)
}

fn check_organization(content: &Content) -> Result<(), String> {
    refuse_if(content.organizations != [NODES], "subject organization is not system:nodes")
}

fn check_name(content: &Content) -> Result<(), String> {
    refuse_if(!content.common_name.starts_with(NODE), "subject common name does not begin with system:node:")
}

/// The purpose, a signature, and what RSA keys need if the key is one.
fn check_usages(purpose: &str, usages: &[String]) -> Result<(), String> {
    let given: BTreeSet<&str> = usages.iter().map(String::as_str).collect();
    let needed = BTreeSet::from([purpose, "digital signature"]);
    let with_rsa = BTreeSet::from([purpose, "digital signature", "key encipherment"]);
    let described = with_rsa.iter().copied().collect::<Vec<_>>().join(" ");
    refuse_if(given != needed && given != with_rsa, &format!("usages did not match [{described}]"))
}

fn refuse_if(is_wrong: bool, reason: &str) -> Result<(), String> {
    if is_wrong { Err(reason.to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signers_grant_what_they_are_for() {
        let node = |dns_names| Content {
            common_name: "system:node:n1".into(),
            organizations: vec![NODES.into()],
            dns_names,
            ..Content::default()
        };
        let other = Content { common_name: "joe".into(), organizations: vec!["people".into()], ..Content::default() };
        let (client, serving) =
            (["client auth", "digital signature"], ["server auth", "digital signature", "key encipherment"]);
        for (signer, content, usages, expected) in [
            (KUBE_APISERVER_CLIENT, &other, &client[..], Some(None)),
            (KUBE_APISERVER_CLIENT, &other, &["client auth"], Some(None)),
            (KUBE_APISERVER_CLIENT, &other, &serving, Some(Some("invalid usage for client certificate: server auth"))),
            (
                KUBE_APISERVER_CLIENT,
                &other,
                &[],
                Some(Some("missing required usage for client certificate: client auth")),
            ),
            (KUBE_APISERVER_CLIENT_KUBELET, &node(0), &client, Some(None)),
            (KUBE_APISERVER_CLIENT_KUBELET, &node(1), &client, Some(Some("DNS subjectAltNames are not allowed"))),
            (KUBE_APISERVER_CLIENT_KUBELET, &other, &client, Some(Some("subject organization is not system:nodes"))),
            (
                KUBE_APISERVER_CLIENT_KUBELET,
                &node(0),
                &serving,
                Some(Some("usages did not match [client auth digital signature key encipherment]")),
            ),
            (KUBELET_SERVING, &node(1), &serving, Some(None)),
            (KUBELET_SERVING, &node(0), &serving, Some(Some("DNS or IP subjectAltName is required"))),
            (LEGACY_UNKNOWN, &other, &[], Some(None)),
            ("example.com/mine", &other, &client, None),
        ] {
            let usages: Vec<String> = usages.iter().map(ToString::to_string).collect();
            let result = check(signer, content, &usages);
            assert_eq!(
                result.map(Result::err),
                expected.map(|reason| reason.map(ToOwned::to_owned)),
                "{signer} {content:?}"
            );
        }
    }
}
