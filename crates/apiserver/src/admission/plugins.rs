//! The chain's rows. What they look up is handed to the decisions in `api::admission`.

use super::{Decide, Operation, Plugin, Review, certificates, namespace_lifecycle, node_restriction, service_account};
use crate::target::Kinds;
use api::{
    admission::{claim_resize, default_class, default_toleration_seconds, limit_ranger, priority, runtime_class},
    kinds::{
        CERTIFICATE_SIGNING_REQUEST, CLUSTER_TRUST_BUNDLE, INGRESS, INGRESS_CLASS, LIMIT_RANGE, NAMESPACE,
        PERSISTENT_VOLUME_CLAIM, POD, POD_CERTIFICATE_REQUEST, PRIORITY_CLASS, RUNTIME_CLASS, SERVICE_ACCOUNT,
        STORAGE_CLASS,
    },
};
use futures::FutureExt;
use machinery::status::Status;
use serde_json::Value;

const WRITE: &[Operation] = &[Operation::Create, Operation::Update];
const CREATE: &[Operation] = &[Operation::Create];
const UPDATE: &[Operation] = &[Operation::Update];
const DELETE: &[Operation] = &[Operation::Delete];

/// All plugins, those that complete before those that judge.
pub(super) static PLUGINS: &[Plugin] = &[
    Plugin {
        name: "NamespaceLifecycle",
        operations: CREATE,
        kinds: Kinds::Every,
        looks_up: &[NAMESPACE],
        decide: Decide::Mutate(namespace_lifecycle::admit),
    },
    Plugin {
        name: "LimitRanger",
        operations: CREATE,
        kinds: Kinds::Of(&[POD]),
        looks_up: &[LIMIT_RANGE],
        decide: Decide::Mutate(|review, pod| {
            limit_ranger::admit(pod, &review.lookup.in_namespace(&LIMIT_RANGE, &review.attributes.target.namespace));
            Ok(())
        }),
    },
    Plugin {
        name: "ServiceAccount",
        operations: CREATE,
        kinds: Kinds::Of(&[POD]),
        looks_up: &[SERVICE_ACCOUNT],
        decide: Decide::Mutate(service_account::admit),
    },
    Plugin {
        name: "NodeRestriction",
        operations: WRITE,
        kinds: Kinds::Every,
        looks_up: node_restriction::KINDS,
        decide: Decide::MutateAsync(|review, object| {
            let admit = async move {
                node_restriction::admit(review, object).await?;
                certificates::admit_node(review, object)
            };
            admit.boxed()
        }),
    },
    Plugin {
        name: "Priority",
        operations: CREATE,
        kinds: Kinds::Of(&[POD]),
        looks_up: &[PRIORITY_CLASS],
        decide: Decide::Mutate(|review, pod| {
            by_cause(review, pod, |pod| priority::admit(pod, &review.lookup.all(&PRIORITY_CLASS)))
        }),
    },
    Plugin {
        name: "DefaultTolerationSeconds",
        operations: WRITE,
        kinds: Kinds::Of(&[POD]),
        looks_up: &[],
        decide: Decide::Mutate(|_, pod| {
            default_toleration_seconds::admit(pod);
            Ok(())
        }),
    },
    Plugin {
        name: "DefaultStorageClass",
        operations: CREATE,
        kinds: Kinds::Of(&[PERSISTENT_VOLUME_CLAIM]),
        looks_up: &[STORAGE_CLASS],
        decide: Decide::Mutate(|review, claim| {
            default_class::admit_claim(claim, &review.lookup.all(&STORAGE_CLASS));
            Ok(())
        }),
    },
    Plugin {
        name: "DefaultIngressClass",
        operations: CREATE,
        kinds: Kinds::Of(&[INGRESS]),
        looks_up: &[INGRESS_CLASS],
        decide: Decide::Mutate(|review, ingress| {
            default_class::admit_ingress(ingress, &review.lookup.all(&INGRESS_CLASS));
            Ok(())
        }),
    },
    Plugin {
        name: "RuntimeClass",
        operations: CREATE,
        kinds: Kinds::Of(&[POD]),
        looks_up: &[RUNTIME_CLASS],
        decide: Decide::MutateAsync(|review, pod| runtime_class(review, pod).boxed()),
    },
    Plugin {
        name: "NamespaceLifecycle",
        operations: DELETE,
        kinds: Kinds::Of(&[NAMESPACE]),
        looks_up: &[],
        decide: Decide::Validate(namespace_lifecycle::admit_deletion),
    },
    Plugin {
        name: "ServiceAccount",
        operations: WRITE,
        kinds: Kinds::PartsOf(&[POD]),
        looks_up: &[SERVICE_ACCOUNT],
        decide: Decide::ValidateAsync(|review| service_account::validate(review).boxed()),
    },
    Plugin {
        name: "NodeRestriction",
        operations: DELETE,
        kinds: Kinds::Every,
        looks_up: node_restriction::KINDS,
        decide: Decide::ValidateAsync(|review| node_restriction::admit_deletion(review).boxed()),
    },
    Plugin {
        name: "CertificateApproval",
        operations: UPDATE,
        kinds: Kinds::PartsOf(&[CERTIFICATE_SIGNING_REQUEST]),
        looks_up: &[],
        decide: Decide::Validate(certificates::admit_approval),
    },
    Plugin {
        name: "CertificateSigning",
        operations: UPDATE,
        kinds: Kinds::PartsOf(&[CERTIFICATE_SIGNING_REQUEST]),
        looks_up: &[],
        decide: Decide::Validate(certificates::admit_signing),
    },
    Plugin {
        name: "PodCertificateSigning",
        operations: UPDATE,
        kinds: Kinds::PartsOf(&[POD_CERTIFICATE_REQUEST]),
        looks_up: &[],
        decide: Decide::Validate(certificates::admit_pod_signing),
    },
    Plugin {
        name: "ClusterTrustBundleAttest",
        operations: WRITE,
        kinds: Kinds::Of(&[CLUSTER_TRUST_BUNDLE]),
        looks_up: &[],
        decide: Decide::Validate(certificates::admit_attest),
    },
    Plugin {
        name: "CertificateSubjectRestriction",
        operations: CREATE,
        kinds: Kinds::Of(&[CERTIFICATE_SIGNING_REQUEST]),
        looks_up: &[],
        decide: Decide::Validate(certificates::admit_subject),
    },
    Plugin {
        name: "LimitRanger",
        operations: WRITE,
        kinds: Kinds::Of(&[POD, PERSISTENT_VOLUME_CLAIM]),
        looks_up: &[LIMIT_RANGE],
        decide: Decide::Validate(within_limits),
    },
    Plugin {
        name: "PersistentVolumeClaimResize",
        operations: UPDATE,
        kinds: Kinds::Of(&[PERSISTENT_VOLUME_CLAIM]),
        looks_up: &[STORAGE_CLASS],
        decide: Decide::Validate(|review| {
            let (Some(new), Some(old)) = (review.object, review.old) else { return Ok(()) };
            let class = claim_resize::class(new).and_then(|name| review.lookup.find(&STORAGE_CLASS, "", name));
            let decided = claim_resize::validate(new, old, class.as_ref());
            decided.map_err(|cause| review.attributes.forbidden(Some(new), cause))
        }),
    },
    Plugin {
        name: "Priority",
        operations: WRITE,
        kinds: Kinds::Of(&[PRIORITY_CLASS]),
        looks_up: &[PRIORITY_CLASS],
        decide: Decide::Validate(|review| {
            let Some(class) = review.object else { return Ok(()) };
            let valid = priority::validate_class(class, &review.lookup.all(&PRIORITY_CLASS));
            valid.map_err(|cause| review.attributes.forbidden(Some(class), cause))
        }),
    },
];

/// Asks the limit ranges of a namespace. What a pod asks for does not change but by its resize.
fn within_limits(review: &Review<'_>) -> Result<(), Status> {
    let Some(object) = review.object else { return Ok(()) };
    let decide = match &review.attributes.target.kind {
        kind if *kind != POD => limit_ranger::validate_claim,
        _ if review.attributes.operation == Operation::Create => limit_ranger::validate_pod,
        _ => return Ok(()),
    };
    let ranges = review.lookup.in_namespace(&LIMIT_RANGE, &review.attributes.target.namespace);
    decide(object, &ranges).map_err(|cause| review.attributes.forbidden(Some(object), cause))
}

/// Few pods name a class: only they wait.
async fn runtime_class(review: &Review<'_>, pod: &mut Value) -> Result<(), Status> {
    let mut class = None;
    if let Some(name) = runtime_class::name(pod) {
        review.lookup.caught_up().await?;
        class = review.lookup.find(&RUNTIME_CLASS, "", name);
    }
    by_cause(review, pod, |pod| runtime_class::admit(pod, class.as_ref()))
}

/// Lets a decision say no more than why not.
fn by_cause(
    review: &Review<'_>,
    object: &mut Value,
    decide: impl FnOnce(&mut Value) -> Result<(), String>,
) -> Result<(), Status> {
    decide(object).map_err(|cause| review.attributes.forbidden(Some(object), cause))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn completing_comes_before_judging() {
        let is_judge = |plugin: &Plugin| plugin.decide.is_validating();
        assert!(PLUGINS.is_sorted_by_key(is_judge));
        let rows: HashSet<_> = PLUGINS.iter().map(|plugin| (plugin.name, is_judge(plugin))).collect();
        assert_eq!(rows.len(), PLUGINS.len(), "a plugin has one row for each of both");
    }
}
