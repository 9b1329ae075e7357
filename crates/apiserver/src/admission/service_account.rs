//! Plugin `ServiceAccount`: which account is looked up for which write of a pod.

use super::{Operation, Review};
use api::{
    admission::service_account::{self, New},
    kinds::SERVICE_ACCOUNT,
};
use machinery::status::Status;
use serde_json::Value;
use uuid::Uuid;

/// Gives a new pod its account.
pub(super) fn admit(review: &Review<'_>, pod: &mut Value) -> Result<(), Status> {
    let account = account(review, pod);
    let (random, _) = Uuid::new_v4().as_u64_pair();
    let admitted = service_account::admit(pod, account.as_ref(), random);
    admitted.map_err(|cause| review.attributes.forbidden(Some(pod), cause))
}

/// Whether the account of a pod lets it have the secrets that it names.
pub(super) async fn validate(review: &Review<'_>) -> Result<(), Status> {
    let new = match (review.attributes.operation, review.attributes.subresource) {
        // The account has just been looked up.
        (Operation::Create, "") => New::Pod,
        (Operation::Update, "ephemeralcontainers") => {
            review.lookup.caught_up().await?;
            New::EphemeralContainers
        }
        _ => return Ok(()),
    };
    let Some(pod) = review.object else { return Ok(()) };
    let valid = service_account::validate(pod, account(review, pod).as_ref(), new);
    valid.map_err(|cause| review.attributes.forbidden(Some(pod), cause))
}

fn account(review: &Review<'_>, pod: &Value) -> Option<Value> {
    let namespace = &review.attributes.target.namespace;
    service_account::name(pod).and_then(|name| review.lookup.find(&SERVICE_ACCOUNT, namespace, name))
}
