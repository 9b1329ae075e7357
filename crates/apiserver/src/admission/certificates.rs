//! Plugins for requests of certificates: who may approve and sign them, who vouches for a signer, and what nobody gets
//! (`plugin/pkg/admission/certificates`).

use super::{Review, is_all_that_changes};
use crate::{authorization::Decision, certificate_request};
use api::{authorization::Attributes, kinds::CERTIFICATE_SIGNING_REQUEST, node_authorizer::node_name};
use machinery::{
    field::{Error, Path},
    meta,
    status::Status,
};
use serde_json::Value;

const API_SERVER_CLIENT: &str = "kubernetes.io/kube-apiserver-client";
const KUBELET_SIGNERS: [&str; 2] = ["kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/kubelet-serving"];

/// Plugin `CertificateApproval`: who approves for a signer needs the right to.
pub(super) fn admit_approval(review: &Review<'_>) -> Result<(), Status> {
    let signer = signer(review.old);
    if review.attributes.subresource != "approval" || is_for(review, "approve", signer) {
        return Ok(());
    }
    let cause = format!("user not permitted to approve requests with signerName {signer:?}");
    Err(review.attributes.forbidden(review.object, cause))
}

/// Plugin `CertificateSigning`: who brings certificates or conditions for a signer needs the right to.
pub(super) fn admit_signing(review: &Review<'_>) -> Result<(), Status> {
    let of =
        |object: Option<&Value>, field: &str| object.map(|object| object["status"][field].clone()).unwrap_or_default();
    let changes = |field| of(review.old, field) != of(review.object, field);
    let signs = review.attributes.subresource == "status" && (changes("certificate") || changes("conditions"));
    let signer = signer(review.old);
    if !signs || is_for(review, "sign", signer) {
        return Ok(());
    }
    let cause = format!("user not permitted to sign requests with signerName {signer:?}");
    Err(review.attributes.forbidden(review.object, cause))
}

/// The same of requests for certificates of pods, whose whole status is the signer's
/// (`pkg/registry/certificates/podcertificaterequest/strategy.go`).
pub(super) fn admit_pod_signing(review: &Review<'_>) -> Result<(), Status> {
    let status = |object: Option<&Value>| object.map(|object| object["status"].clone()).unwrap_or_default();
    let signs = review.attributes.subresource == "status" && status(review.old) != status(review.object);
    let signer = signer(review.old);
    if !signs || is_for(review, "sign", signer) {
        return Ok(());
    }
    let user = &review.attributes.user.name;
    let detail = format!("User {user:?} is not permitted to \"sign\" for signer {signer:?}");
    let error = Error::forbidden(&Path::new("spec").child("signerName"), detail);
    let name = review.old.map(meta::name).unwrap_or_default();
    Err(Status::invalid(&review.attributes.target.kind, name, &[error]))
}

/// Plugin `ClusterTrustBundleAttest`: who says whom to trust for a signer needs the right to.
pub(super) fn admit_attest(review: &Review<'_>) -> Result<(), Status> {
    // That a bundle stays its signer's, its validation has seen to.
    let signer = signer(review.object);
    let kept = review.old.zip(review.object).is_some_and(|(old, new)| is_all_that_changes(old, new));
    if signer.is_empty() || kept || is_for(review, "attest", signer) {
        return Ok(());
    }
    let cause = format!("user not permitted to attest for signerName {signer:?}");
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

fn signer(object: Option<&Value>) -> &str {
    object.and_then(|object| object["spec"]["signerName"].as_str()).unwrap_or_default()
}

/// Whether the user may do this for the signer, or for all of its domain.
fn is_for(review: &Review<'_>, verb: &str, signer: &str) -> bool {
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
