//! Takes away requests that nobody needs any more (`pkg/controller/certificates/cleaner`).

use super::{ACCOUNT, certificate, is_issued};
use crate::{
    error::Error,
    framework::{Controller, Informer, Key, Next, Row},
};
use futures::future::BoxFuture;
use k8s_openapi::{
    api::certificates::v1::CertificateSigningRequest,
    jiff::{SignedDuration, Timestamp},
};
use kube::{Api, Client, api::DeleteParams};
use std::{sync::Arc, time::Duration};
use x509_parser::pem::parse_x509_pem;

/// How long a request stays after it was approved or denied, and after it was made or approved without an end.
const DECIDED: SignedDuration = SignedDuration::from_hours(1);
const PENDING: SignedDuration = SignedDuration::from_hours(24);
/// How often a request is looked at.
const INTERVAL: Duration = Duration::from_hours(1);

pub(crate) const ROW: Row = Row {
    name: "certificatesigningrequest-cleaner-controller",
    service_account: ACCOUNT,
    workers: 1,
    start: |setup| {
        let requests = setup.watch::<CertificateSigningRequest>("", |event| vec![Key::of(&**event.object())]);
        Arc::new(Cleaning { client: setup.client.clone(), requests })
    },
};

struct Cleaning {
    client: Client,
    requests: Arc<Informer<CertificateSigningRequest>>,
}

impl Controller for Cleaning {
    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Next, Error>> {
        Box::pin(async move {
            let Some(request) = self.requests.get(key) else { return Ok(Next::Await) };
            if !is_over(&request, Timestamp::now()) {
                return Ok(Next::After(INTERVAL));
            }
            let requests: Api<CertificateSigningRequest> = Api::all(self.client.clone());
            match requests.delete(&key.name, &DeleteParams::default()).await {
                Err(kube::Error::Api(status)) if status.code == 404 => Ok(Next::Await),
                Err(source) => Err(Error::Request { action: format!("delete the request {key}"), source }),
                Ok(_) => Ok(Next::Await),
            }
        })
    }
}

/// Whether nobody needs a request any more.
fn is_over(request: &CertificateSigningRequest, now: Timestamp) -> bool {
    let older = |time: Option<Timestamp>, age| time.is_some_and(|time| now.duration_since(time) > age);
    let conditions: Vec<_> = request.status.iter().flat_map(|status| status.conditions.iter().flatten()).collect();
    if conditions.is_empty() && older(request.metadata.creation_timestamp.as_ref().map(|time| time.0), PENDING) {
        return true;
    }
    conditions.into_iter().any(|condition| {
        let since = condition.last_update_time.as_ref().map(|time| time.0);
        match condition.type_.as_str() {
            "Approved" if is_issued(request) => older(since, DECIDED) || has_expired(request, now),
            "Approved" => older(since, PENDING),
            "Denied" | "Failed" => older(since, DECIDED),
            _ => false,
        }
    })
}

fn has_expired(request: &CertificateSigningRequest, now: Timestamp) -> bool {
    let Some(Ok((_, block))) = certificate(request).map(parse_x509_pem) else { return false };
    block.parse_x509().is_ok_and(|certificate| certificate.validity().not_after.timestamp() < now.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requests_go_when_their_time_is_over() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        for (condition, at, certificate, expected) in [
            (None, "2026-01-01T01:00:00Z", "", false),
            (None, "2025-12-31T23:00:00Z", "", true),
            (Some("Approved"), "2026-01-01T22:30:00Z", "", false),
            (Some("Approved"), "2026-01-01T22:30:00Z", "eA==", true),
            (Some("Approved"), "2026-01-01T23:30:00Z", "eA==", false),
            (Some("Approved"), "2025-12-31T23:00:00Z", "", true),
            (Some("Denied"), "2026-01-01T22:30:00Z", "", true),
            (Some("Failed"), "2026-01-01T23:30:00Z", "", false),
        ] {
            let conditions: Vec<_> =
                condition.iter().map(|of| json!({"type": of, "status": "True", "lastUpdateTime": at})).collect();
            let request = serde_json::from_value(json!({
                "metadata": {"name": "r", "creationTimestamp": at},
                "spec": {"request": "", "signerName": "s"},
                "status": {"conditions": conditions, "certificate": certificate},
            }))
            .unwrap();
            assert_eq!(is_over(&request, now), expected, "{condition:?} {at}");
        }
    }
}
