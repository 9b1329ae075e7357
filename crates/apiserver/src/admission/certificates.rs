//! Plugins for requests of certificates: who may approve and sign them, and what nobody gets
//! (`plugin/pkg/admission/certificates`).

use super::Review;
use crate::{authorization::Decision, certificate_request};
use api::{authorization::Attributes, kinds::CERTIFICATE_SIGNING_REQUEST, node_authorizer::node_name};
use machinery::status::Status;
use serde_json::Value;

const API_SERVER_CLIENT: &str = "kubernetes.io/kube-apiserver-client";
const KUBELET_SIGNERS: [&str; 2] = ["kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/kubelet-serving"];

/// Plugin `CertificateApproval`: who approves for a signer needs the right to.
pub(super) fn admit_approval(review: &Review<'_>) -> Result<(), Status> {
    if review.attributes.subresource != "approval" || is_for(review, "approve") {
        return Ok(());
    }
    let cause = format!("user not permitted to approve requests with signerName {:?}", signer(review));
    Err(review.attributes.forbidden(review.object, cause))
}

/// Plugin `CertificateSigning`: who brings certificates or conditions for a signer needs the right to.
pub(super) fn admit_signing(review: &Review<'_>) -> Result<(), Status> {
    let of =
        |object: Option<&Value>, field: &str| object.map(|object| object["status"][field].clone()).unwrap_or_default();
    let changes = |field| of(review.old, field) != of(review.object, field);
    let signs = review.attributes.subresource == "status" && (changes("certificate") || changes("conditions"));
    if !signs || is_for(review, "sign") {
        return Ok(());
    }
    let cause = format!("user not permitted to sign requests with signerName {:?}", signer(review));
    Err(review.attributes.forbidden(review.object, cause))
}

/// Plugin `CertificateSubjectRestriction`: no certificate makes its holder a superuser.
pub(super) fn admit_subject(review: &Review<'_>) -> Result<(), Status> {
    let Some(object) = review.object else { return Ok(()) };
    if object["spec"]["signerName"] != API_SERVER_CLIENT || !review.attributes.subresource.is_empty() {
        return Ok(());
    }
    let refuse = |cause: String| Err(review.attributes.forbidden(Some(object), cause));
    match certificate_request::subject(object) {
        Err(reason) => refuse(format!("failed to parse CSR: {reason}")),
        Ok(subject) if subject.organizations.iter().any(|group| group == "system:masters") => {
            refuse(format!("use of {API_SERVER_CLIENT} signer with system:masters group is not allowed"))
        }
        Ok(_) => Ok(()),
    }
}

/// Of plugin `NodeRestriction`: a node asks for certificates in its own name.
pub(super) fn admit_node(review: &Review<'_>, object: &Value) -> Result<(), Status> {
    let user = review.attributes.user;
    let signer = object["spec"]["signerName"].as_str().unwrap_or_default();
    let Some(node) = node_name(&user.name, &user.groups) else { return Ok(()) };
    if *review.attributes.target.kind.storage() != CERTIFICATE_SIGNING_REQUEST || !KUBELET_SIGNERS.contains(&signer) {
        return Ok(());
    }
    let own = format!("system:node:{node}");
    let refuse = |cause: String| Err(review.attributes.forbidden(Some(object), cause));
    match certificate_request::subject(object) {
        Err(reason) => refuse(format!("unable to parse csr: {reason}")),
        Ok(subject) if subject.common_name.starts_with("system:node:") && subject.common_name != own => {
            refuse(format!("can only create a node CSR with CN={own}, {node} is requesting CN={}", subject.common_name))
        }
        Ok(_) => Ok(()),
    }
}

fn signer<'a>(review: &Review<'a>) -> &'a str {
    review.old.and_then(|old| old["spec"]["signerName"].as_str()).unwrap_or_default()
}

/// Whether the user may do this for the signer, or for all of its domain.
fn is_for(review: &Review<'_>, verb: &str) -> bool {
    let signer = signer(review);
    let all = signer.split_once('/').map(|(domain, _)| format!("{domain}/*")).unwrap_or_default();
    [signer, &all].into_iter().filter(|name| !name.is_empty()).any(|name| {
        let request = Attributes {
            verb,
            group: &CERTIFICATE_SIGNING_REQUEST.group,
            version: "*",
            resource: "signers",
            name,
            ..Attributes::default()
        };
        matches!(review.authorizer.decide_now(review.attributes.user, &request), Decision::Allow(_))
    })
}
