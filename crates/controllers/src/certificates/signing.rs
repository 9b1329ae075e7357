//! Signs approved requests (`pkg/controller/certificates/signer`).

use super::{ACCOUNT, has_condition, is_issued, request, request::Content, x509};
use crate::{
    Authority,
    error::Error,
    framework::{Controller, Informer, Key, Next, Row},
};
use futures::future::BoxFuture;
use k8s_openapi::{
    ByteString,
    api::certificates::v1::{CertificateSigningRequest, CertificateSigningRequestCondition},
    jiff::{SignedDuration, Timestamp},
};
use kube::{Api, Client, ResourceExt, api::PostParams};
use std::sync::Arc;
use x509_parser::prelude::{FromDer, X509CertificationRequest};

/// The longest that a certificate lives, and how long if nothing is asked for (`--cluster-signing-duration`).
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 365);
const SHORTEST: SignedDuration = SignedDuration::from_mins(10);

pub(crate) const ROW: Row = Row {
    name: "certificatesigningrequest-signing-controller",
    service_account: ACCOUNT,
    workers: 5,
    start: |setup| {
        let requests = setup.watch::<CertificateSigningRequest>("", |event| vec![Key::of(&**event.object())]);
        let (client, authority) = (setup.client.clone(), setup.context.authority.clone());
        Arc::new(Signing { client, requests, authority })
    },
};

struct Signing {
    client: Client,
    requests: Arc<Informer<CertificateSigningRequest>>,
    authority: Authority,
}

impl Controller for Signing {
    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Next, Error>> {
        Box::pin(async move {
            let Some(request) = self.requests.get(key) else { return Ok(Next::Await) };
            let Some(signed) = decide(&request, &self.authority, Timestamp::now()) else { return Ok(Next::Await) };
            let requests: Api<CertificateSigningRequest> = Api::all(self.client.clone());
            match requests.replace_status(&request.name_any(), &PostParams::default(), &signed).await {
                Ok(_) => Ok(Next::Await),
                Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(Next::Retry),
                Err(source) => Err(Error::Request { action: format!("sign the request {key}"), source }),
            }
        })
    }
}

/// The request with its certificate, or with what is wrong with it; `None` if there is nothing to do.
fn decide(
    request: &CertificateSigningRequest,
    authority: &Authority,
    now: Timestamp,
) -> Option<CertificateSigningRequest> {
    let is_due = has_condition(request, "Approved") && !has_condition(request, "Denied");
    if !is_due || has_condition(request, "Failed") || is_issued(request) {
        return None;
    }
    let usages = request.spec.usages.clone().unwrap_or_default();
    let mut signed = request.clone();
    let status = signed.status.get_or_insert_default();
    match certificate(request, &usages, authority, now)? {
        Ok(certificate) => status.certificate = Some(ByteString(certificate.into_bytes())),
        Err(message) => status.conditions.get_or_insert_default().push(CertificateSigningRequestCondition {
            type_: "Failed".into(),
            status: "True".into(),
            reason: Some("SignerValidationFailure".into()),
            message: Some(message),
            ..CertificateSigningRequestCondition::default()
        }),
    }
    Some(signed)
}

fn certificate(
    of: &CertificateSigningRequest,
    usages: &[String],
    authority: &Authority,
    now: Timestamp,
) -> Option<Result<String, String>> {
    let block = match x509::read(&of.spec.request.0) {
        Ok(block) => block,
        Err(reason) => return Some(Err(reason)),
    };
    let (_, parsed) = X509CertificationRequest::from_der(&block.contents).ok()?;
    let granted = request::check(&of.spec.signer_name, &Content::of(&parsed), usages)?;
    let lifetime = lifetime(of.spec.expiration_seconds);
    Some(granted.and_then(|()| x509::sign(authority, &x509::Order { request: &parsed, usages, lifetime }, now)))
}

fn lifetime(asked: Option<i32>) -> SignedDuration {
    asked.map_or(LONGEST, |seconds| SignedDuration::from_secs(seconds.into()).clamp(SHORTEST, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::{super::certificate, *};
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn request(signer: &str, conditions: &Value) -> CertificateSigningRequest {
        let pem = x509::tests::request("joe", "people", &[]);
        let mut request: CertificateSigningRequest = serde_json::from_value(json!({
            "metadata": {"name": "r"},
            "spec": {"request": "", "signerName": signer, "usages": ["client auth"]},
            "status": {"conditions": conditions},
        }))
        .unwrap();
        request.spec.request = ByteString(pem.into_bytes());
        request
    }

    #[test]
    fn approved_requests_are_signed_or_fail() {
        let authority = x509::tests::authority();
        let approved = json!([{"type": "Approved", "status": "True"}]);
        let client = "kubernetes.io/kube-apiserver-client";
        let failed = json!([{"type": "Approved", "status": "True"}, {"type": "Failed", "status": "True"}]);
        for (signer, conditions, expected) in [
            (client, &json!([]), None),
            (client, &approved, Some(true)),
            (client, &failed, None),
            ("kubernetes.io/kubelet-serving", &approved, Some(false)),
            ("example.com/mine", &approved, None),
        ] {
            let decision = decide(&request(signer, conditions), &authority, NOW);
            let issued = decision.as_ref().map(|signed| certificate(signed).is_some());
            assert_eq!(issued, expected, "{signer} {conditions}");
            assert!(expected != Some(false) || has_condition(&decision.unwrap(), "Failed"));
        }
    }

    #[test]
    fn certificates_live_as_long_as_is_asked_for_within_bounds() {
        for (asked, expected) in [
            (None, LONGEST),
            (Some(3600), SignedDuration::from_hours(1)),
            (Some(1), SHORTEST),
            (Some(i32::MAX), LONGEST),
        ] {
            assert_eq!(lifetime(asked), expected);
        }
    }
}
