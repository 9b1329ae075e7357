//! Approves requests of nodes for their own certificates, of whoever has the right to
//! (`pkg/controller/certificates/approver`).

use super::{ACCOUNT, KUBE_APISERVER_CLIENT_KUBELET, has_condition, is_issued, request, request::Content, x509};
use crate::{
    error::Error,
    framework::{Controller, Informer, Key, Next, Row},
};
use futures::future::BoxFuture;
use k8s_openapi::api::{
    authorization::v1::SubjectAccessReview,
    certificates::v1::{CertificateSigningRequest, CertificateSigningRequestCondition},
};
use kube::{Api, Client, ResourceExt, api::PostParams};
use serde_json::json;
use std::sync::Arc;
use x509_parser::prelude::{FromDer, X509CertificationRequest};

/// What a requester needs the right to create, and what is said when it has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Permission {
    subresource: &'static str,
    message: &'static str,
}

const OWN_NODE: Permission = Permission {
    subresource: "selfnodeclient",
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
};
const ANY_NODE: Permission = Permission {
    subresource: "nodeclient",
    message: "Auto approving kubelet client certificate after SubjectAccessReview.",
};

pub(crate) const ROW: Row = Row {
    name: "certificatesigningrequest-approving-controller",
    service_account: ACCOUNT,
    workers: 5,
    start: |setup| {
        let requests = setup.watch::<CertificateSigningRequest>("", |event| vec![Key::of(&**event.object())]);
        Arc::new(Approving { client: setup.client.clone(), requests })
    },
};

struct Approving {
    client: Client,
    requests: Arc<Informer<CertificateSigningRequest>>,
}

impl Controller for Approving {
    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Next, Error>> {
        Box::pin(async move {
            let Some(request) = self.requests.get(key) else { return Ok(Next::Await) };
            for permission in permissions(&request) {
                let failed = |source| Error::Request { action: format!("approve the request {key}"), source };
                if self.has(&request, permission).await.map_err(failed)? {
                    return self.approve(&request, permission).await.map_err(failed);
                }
            }
            Ok(Next::Await)
        })
    }
}

impl Approving {
    /// Whether the requester has the right to.
    async fn has(&self, request: &CertificateSigningRequest, permission: Permission) -> kube::Result<bool> {
        let spec = &request.spec;
        let review = json!({"metadata": {}, "spec": {
            "user": spec.username, "uid": spec.uid, "groups": spec.groups, "extra": spec.extra,
            "resourceAttributes": {
                "group": "certificates.k8s.io", "version": "*", "resource": "certificatesigningrequests",
                "verb": "create", "subresource": permission.subresource,
            },
        }});
        let review: SubjectAccessReview = serde_json::from_value(review).map_err(kube::Error::SerdeError)?;
        let reviews: Api<SubjectAccessReview> = Api::all(self.client.clone());
        let answer = reviews.create(&PostParams::default(), &review).await?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }

    async fn approve(&self, request: &CertificateSigningRequest, permission: Permission) -> kube::Result<Next> {
        let mut approved = request.clone();
        let conditions = &mut approved.status.get_or_insert_default().conditions;
        conditions.get_or_insert_default().push(CertificateSigningRequestCondition {
            type_: "Approved".into(),
            status: "True".into(),
            reason: Some("AutoApproved".into()),
            message: Some(permission.message.into()),
            ..CertificateSigningRequestCondition::default()
        });
        let requests: Api<CertificateSigningRequest> = Api::all(self.client.clone());
        let name = request.name_any();
        match requests.replace_subresource("approval", &name, &PostParams::default(), &approved).await {
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(Next::Retry),
            result => result.map(|_: CertificateSigningRequest| Next::Await),
        }
    }
}

/// Any of these will do; none if the request is not one that is approved without asking anybody.
fn permissions(of: &CertificateSigningRequest) -> Vec<Permission> {
    let is_decided = has_condition(of, "Approved") || has_condition(of, "Denied");
    if is_issued(of) || is_decided || of.spec.signer_name != KUBE_APISERVER_CLIENT_KUBELET {
        return Vec::new();
    }
    let Ok(block) = x509::read(&of.spec.request.0) else { return Vec::new() };
    let Ok((_, parsed)) = X509CertificationRequest::from_der(&block.contents) else { return Vec::new() };
    let content = Content::of(&parsed);
    let usages = of.spec.usages.clone().unwrap_or_default();
    match request::check(&of.spec.signer_name, &content, &usages) {
        Some(Ok(())) if of.spec.username.as_deref() == Some(&content.common_name) => vec![OWN_NODE, ANY_NODE],
        Some(Ok(())) => vec![ANY_NODE],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::ByteString;

    #[test]
    fn nodes_may_have_their_own_certificates_approved() {
        let of = |signer: &str, user: &str, name: &str, status: &str| {
            let mut request: CertificateSigningRequest = serde_json::from_value(json!({
                "metadata": {"name": "r"},
                "spec": {"request": "", "signerName": signer, "username": user, "usages": ["client auth", "digital signature"]},
                "status": {"conditions": [{"type": "Approved", "status": status}]},
            }))
            .unwrap();
            request.spec.request = ByteString(x509::tests::request(name, "system:nodes", &[]).into_bytes());
            request
        };
        let (signer, node) = (KUBE_APISERVER_CLIENT_KUBELET, "system:node:n1");
        for (request, expected) in [
            (of(signer, node, node, "False"), vec![OWN_NODE, ANY_NODE]),
            (of(signer, "system:bootstrap:a", node, "False"), vec![ANY_NODE]),
            (of(signer, node, node, "True"), vec![]),
            (of(signer, "joe", "joe", "False"), vec![]),
            (of("kubernetes.io/kubelet-serving", node, node, "False"), vec![]),
        ] {
            assert_eq!(permissions(&request), expected, "{:?}", request.spec.username);
        }
    }
}
