//! POST of a `TokenRequest`: a service account's token (`pkg/registry/core/serviceaccount/storage/token.go`).

use super::{Answer, Call, changed};
use crate::{
    admission::Operation,
    body::RequestBody,
    options::{Version, Writing},
    registry::Written,
    target::Target,
    tokens::{Bound, ISSUER, Request, issue},
};
use api::{
    kinds::{NODE, POD, SECRET, TOKEN_REQUEST},
    token_request,
};
use jiff::{SignedDuration, Timestamp};
use machinery::{decode, kind::Kind, meta, status::Status};
use serde_json::{Value, json};
use uuid::Uuid;

/// Issues a token.
pub async fn create(call: &Call<'_>, body: RequestBody) -> Answer {
    let presentation = call.presentation_of(&TOKEN_REQUEST)?;
    let options = call.write_options(Writing::Create)?;
    let (mut request, warnings) = decode::object(&TOKEN_REQUEST, call.document(body).await?, options.field_validation)?;
    let (target, name) = (&call.action.target, &call.action.name);
    token_request::check_name(&request, &target.namespace, name)?;
    let registry = &call.backend.registry;
    let account = registry.get(target, name, Version::MostRecent).await?.value();
    // Plugins see what was asked for, not what it is completed to.
    registry.admit(&call.attributes(Operation::Create, &options), &mut request).await?;
    let now = Timestamp::now();
    token_request::complete(&mut request, &account, &[ISSUER], now)?;
    let bound = Bindings::find(call, &request).await?;
    let audiences: Vec<String> = token_request::audiences(&request);
    let lifetime = token_request::lifetime(&request);
    let id = Uuid::new_v4().to_string();
    let claims =
        issue(&Request { account: &account, bound: bound.as_bound(), audiences: &audiences, lifetime, id: &id }, now);
    let tokens = call.backend.authenticator.tokens();
    let token = tokens.and_then(|tokens| tokens.keys.sign(&claims));
    let token = token.ok_or_else(|| Status::internal("failed to generate token: there is no key"))?;
    request["status"] =
        json!({"token": token, "expirationTimestamp": meta::time(now + SignedDuration::from_secs(lifetime))});
    Ok(changed(Written { object: request, created: true, warnings }, &presentation))
}

/// What a token is to be bound to.
#[derive(Default)]
struct Bindings {
    pod: Option<Value>,
    secret: Option<Value>,
    /// That of the pod, or one by itself.
    node: Option<Value>,
}

impl Bindings {
    async fn find(call: &Call<'_>, request: &Value) -> Result<Self, Status> {
        let reference = &request["spec"]["boundObjectRef"];
        if reference.is_null() {
            return Ok(Self::default());
        }
        let name = reference["name"].as_str().unwrap_or_default();
        let namespace = &call.action.target.namespace;
        let found = match token_request::bound_kind(reference)? {
            kind if kind == POD => {
                let pod = get(call, &POD, namespace, name).await?;
                token_request::check_account(&pod, &call.action.name)?;
                let node = node_of(call, &pod).await?;
                Self { pod: Some(pod), node, ..Self::default() }
            }
            kind if kind == NODE => Self { node: Some(get(call, &NODE, "", name).await?), ..Self::default() },
            _ => Self { secret: Some(get(call, &SECRET, namespace, name).await?), ..Self::default() },
        };
        let object = found.pod.as_ref().or(found.secret.as_ref()).or(found.node.as_ref());
        token_request::check_uid(reference, object.map(meta::uid).unwrap_or_default())?;
        Ok(found)
    }

    fn as_bound(&self) -> Bound<'_> {
        match (&self.pod, &self.secret, &self.node) {
            (Some(pod), _, node) => Bound::Pod(pod, node.as_ref()),
            (None, Some(secret), _) => Bound::Secret(secret),
            (None, None, Some(node)) => Bound::Node(node),
            (None, None, None) => Bound::Nothing,
        }
    }
}

async fn get(call: &Call<'_>, kind: &Kind, namespace: &str, name: &str) -> Result<Value, Status> {
    let target = Target::in_namespace(kind.clone(), namespace);
    Ok(call.backend.registry.get(&target, name, Version::MostRecent).await?.value())
}

/// The node that a pod is on; by its name alone if it is not there.
async fn node_of(call: &Call<'_>, pod: &Value) -> Result<Option<Value>, Status> {
    let Some(name) = pod["spec"]["nodeName"].as_str().filter(|name| !name.is_empty()) else { return Ok(None) };
    let found = call.backend.registry.find(&Target::all(NODE), name, Version::Any).await?;
    Ok(Some(found.map_or_else(|| json!({"metadata": {"name": name}}), |node| node.value())))
}
