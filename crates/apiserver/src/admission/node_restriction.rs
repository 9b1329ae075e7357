//! Plugin `NodeRestriction`: what is asked of the decisions in `api::admission::node_restriction`, write by write.

use super::{Operation, Review};
use crate::authorization::Decision;
use api::{
    admission::node_restriction::{
        Audiences, Named, admit_claim_status, admit_csi_node, admit_lease, admit_node, admit_own_pod,
        admit_pod_certificate, admit_pod_creation, admit_pod_status, admit_resource_slice, admit_token, is_shown,
    },
    authorization::Attributes,
    kinds::{CSI_DRIVER, NODE, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD, SERVICE_ACCOUNT},
    node_authorizer::node_name,
};
use machinery::{kind::Kind, meta, status::Status};
use serde_json::Value;

/// What it looks up.
pub(super) const KINDS: &[Kind] = &[CSI_DRIVER, NODE, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD, SERVICE_ACCOUNT];

/// Whether a node may write this.
pub(super) async fn admit(review: &Review<'_>, object: &Value) -> Result<(), Status> {
    judge(review, Some(object)).await
}

/// Whether a node may delete this.
pub(super) async fn admit_deletion(review: &Review<'_>) -> Result<(), Status> {
    judge(review, None).await
}

/// Who is no node waits for nothing.
async fn judge(review: &Review<'_>, new: Option<&Value>) -> Result<(), Status> {
    let user = review.attributes.user;
    let Some(node) = node_name(&user.name, &user.groups) else { return Ok(()) };
    review.lookup.caught_up().await?;
    let decision = if node.is_empty() {
        Err(format!("could not determine node from user {:?}", user.name))
    } else {
        decide(review, node, new)
    };
    decision.map_err(|cause| review.attributes.forbidden(new, cause))
}

fn decide(review: &Review<'_>, node: &str, new: Option<&Value>) -> Result<(), String> {
    let attributes = review.attributes;
    let kind = attributes.target.kind.storage();
    let name = || if attributes.name.is_empty() { new.map(meta::name).unwrap_or_default() } else { attributes.name };
    match (&*kind.group, &*kind.plural) {
        ("", "pods") => pod(review, node, new),
        ("", "nodes") => admit_node(node, name(), review.old, new),
        ("", "persistentvolumeclaims") => claim(review, node, new),
        ("", "serviceaccounts") if attributes.subresource == "token" => {
            new.map_or(Ok(()), |of| token(review, node, of))
        }
        ("coordination.k8s.io", "leases") => admit_lease(node, &attributes.target.namespace, name()),
        ("storage.k8s.io", "csinodes") => admit_csi_node(node, name()),
        ("resource.k8s.io", "resourceslices") => match (attributes.operation, new, review.old) {
            (Operation::Create, Some(slice), _) => admit_resource_slice(node, slice, "create"),
            (Operation::Delete, _, Some(slice)) => admit_resource_slice(node, slice, "delete"),
            _ => Ok(()),
        },
        ("certificates.k8s.io", "podcertificaterequests") => {
            match (attributes.operation, attributes.subresource, new) {
                (Operation::Create, "", Some(request)) => certificate(review, node, request),
                (operation, ..) => Err(format!("unexpected operation {operation:?}")),
            }
        }
        _ => Ok(()),
    }
}

fn certificate(review: &Review<'_>, node: &str, request: &Value) -> Result<(), String> {
    let namespace = &review.attributes.target.namespace;
    let text = |field: &str| request["spec"][field].as_str().unwrap_or_default();
    let (account, signer) = (text("serviceAccountName"), text("signerName"));
    let pod = review.lookup.find(&POD, namespace, text("podName"));
    let of_node = review.lookup.find(&NODE, "", node);
    let of_account = review.lookup.find(&SERVICE_ACCOUNT, namespace, account);
    let named = Named { node: of_node.as_ref(), pod: pod.as_ref(), account: of_account.as_ref() };
    admit_pod_certificate(node, request, named)?;
    if pod.is_some_and(|pod| is_shown(&pod, signer)) {
        return Ok(());
    }
    let kind = &review.attributes.target.kind;
    let asked = Attributes {
        verb: "request-serviceaccounts-podcertificate-signer",
        group: &kind.group,
        version: &kind.version,
        namespace,
        // No resource has a slash in its name.
        resource: &signer.replace('/', ":"),
        name: account,
        ..Attributes::default()
    };
    match review.authorizer.decide_now(review.attributes.user, &asked) {
        Decision::Allow(_) => Ok(()),
        Decision::NoOpinion(_) => Err(format!(
            "pod {:?} does not mount a podCertificate projected volume for signer {signer:?}",
            format!("{namespace}/{}", text("podName"))
        )),
    }
}

fn pod(review: &Review<'_>, node: &str, new: Option<&Value>) -> Result<(), String> {
    let attributes = review.attributes;
    let find = || review.lookup.find(&POD, &attributes.target.namespace, attributes.name);
    let existing = || review.old.cloned().or_else(find).unwrap_or_default();
    match (attributes.subresource, attributes.operation, new) {
        ("", Operation::Create, Some(pod)) => {
            admit_pod_creation(node, pod, review.lookup.find(&NODE, "", node).as_ref())
        }
        ("", Operation::Delete, _) => admit_own_pod(node, &existing(), "delete pods"),
        ("status", Operation::Update, Some(new)) => admit_pod_status(node, &existing(), new),
        ("eviction", Operation::Create, _) => admit_own_pod(node, &existing(), "evict pods"),
        ("", ..) => Err(format!("unexpected operation, node {node:?} can only create and delete mirror pods")),
        (part, ..) => Err(format!("unexpected pod subresource {part:?}, only 'status' and 'eviction' are allowed")),
    }
}

fn claim(review: &Review<'_>, node: &str, new: Option<&Value>) -> Result<(), String> {
    match (review.attributes.subresource, review.old, new) {
        ("status", Some(old), Some(new)) => admit_claim_status(node, old, new),
        _ => Err("may only update PVC status".into()),
    }
}

fn token(review: &Review<'_>, node: &str, request: &Value) -> Result<(), String> {
    let namespace = &review.attributes.target.namespace;
    let bound = request["spec"]["boundObjectRef"]["name"].as_str().unwrap_or_default();
    let pod = review.lookup.find(&POD, namespace, bound);
    let audiences = admit_token(node, request, pod.as_ref(), |volume, audience| {
        driver(review, pod.as_ref(), volume).is_some_and(|driver| asks_for(review, &driver, audience))
    })?;
    let Audiences::Unnamed(audience) = audiences else { return Ok(()) };
    let user = review.attributes.user;
    let asked = Attributes {
        verb: "request-serviceaccounts-token-audience",
        version: &SERVICE_ACCOUNT.version,
        namespace,
        resource: &audience,
        name: review.attributes.name,
        ..Attributes::default()
    };
    match review.authorizer.decide_now(user, &asked) {
        Decision::Allow(_) => Ok(()),
        Decision::NoOpinion(_) => {
            Err(format!("{} is not authorized to request tokens for audience {audience:?}", user.name))
        }
    }
}

/// The CSI driver of a pod's volume.
fn driver(review: &Review<'_>, pod: Option<&Value>, volume: &Value) -> Option<String> {
    if let Some(driver) = volume["csi"]["driver"].as_str() {
        return Some(driver.to_owned());
    }
    let pod = pod?;
    let made = || {
        volume.get("ephemeral").map(|_| format!("{}-{}", meta::name(pod), volume["name"].as_str().unwrap_or_default()))
    };
    let claim = volume["persistentVolumeClaim"]["claimName"].as_str().map(ToOwned::to_owned).or_else(made)?;
    let claim = review.lookup.find(&PERSISTENT_VOLUME_CLAIM, meta::namespace(pod), &claim)?;
    let volume = review.lookup.find(&PERSISTENT_VOLUME, "", claim["spec"]["volumeName"].as_str()?)?;
    volume["spec"]["csi"]["driver"].as_str().map(ToOwned::to_owned)
}

fn asks_for(review: &Review<'_>, driver: &str, audience: &str) -> bool {
    let driver = review.lookup.find(&CSI_DRIVER, "", driver).unwrap_or_default();
    let mut requests = driver["spec"]["tokenRequests"].as_array().into_iter().flatten();
    requests.any(|request| request["audience"].as_str().unwrap_or_default() == audience)
}
