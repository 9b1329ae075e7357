//! Requests for certificates of Kubernetes' own signers: approved where that is a matter of rights, signed once they
//! are approved, and taken away when nobody needs them any more (`pkg/controller/certificates`).

mod approving;
mod cleaning;
mod request;
mod signing;
mod x509;

pub(crate) use approving::ROW as APPROVING;
pub(crate) use cleaning::ROW as CLEANING;
pub(crate) use signing::ROW as SIGNING;

use k8s_openapi::api::certificates::v1::CertificateSigningRequest;

/// The service account of all three.
const ACCOUNT: &str = "certificate-controller";

const KUBE_APISERVER_CLIENT: &str = "kubernetes.io/kube-apiserver-client";
const KUBE_APISERVER_CLIENT_KUBELET: &str = "kubernetes.io/kube-apiserver-client-kubelet";
const KUBELET_SERVING: &str = "kubernetes.io/kubelet-serving";
const LEGACY_UNKNOWN: &str = "kubernetes.io/legacy-unknown";

/// Whether a condition holds.
fn has_condition(request: &CertificateSigningRequest, condition_type: &str) -> bool {
    let conditions = request.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == condition_type && condition.status == "True")
}

/// Whether a certificate was issued.
fn is_issued(request: &CertificateSigningRequest) -> bool {
    certificate(request).is_some_and(|certificate| !certificate.is_empty())
}

/// The certificate, PEM.
fn certificate(request: &CertificateSigningRequest) -> Option<&[u8]> {
    request.status.as_ref()?.certificate.as_ref().map(|certificate| certificate.0.as_slice())
}
