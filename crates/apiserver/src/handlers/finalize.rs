//! PUT of `namespaces/{name}/finalize`: the list of what has to happen before a namespace goes
//! (`pkg/registry/core/namespace/storage`).

use super::{Answer, Call, changed};
use crate::{
    admission::Operation,
    body::RequestBody,
    options::Writing,
    registry::{Proposal, Written, settle},
};
use api::{meta, status::Status};
use serde_json::Value;

/// Replaces `spec.finalizers`; a deleted namespace that has none left goes.
pub async fn update(call: &Call<'_>, body: RequestBody) -> Answer {
    let presentation = call.presentation()?;
    let wanted = call.document(body).await?.value;
    let options = call.write_options(Writing::Update)?;
    let attributes = call.attributes(Operation::Update, &options);
    let target = attributes.target;
    let propose = |old: Option<&Value>| {
        let old = old.ok_or_else(|| target.not_found(attributes.name))?;
        let asked_version = meta::resource_version(&wanted);
        if !asked_version.is_empty() && asked_version != meta::resource_version(old) {
            return Err(Status::modified(&target.kind, attributes.name));
        }
        let mut new = old.clone();
        new["spec"]["finalizers"] = wanted.pointer("/spec/finalizers").cloned().unwrap_or_else(|| Value::Array(vec![]));
        Ok(Proposal::Decided(settle(&target.kind, new)))
    };
    let outcome = call.backend.registry.change(&attributes, propose).await?;
    let object = outcome.into_object().ok_or_else(|| target.not_found(attributes.name))?;
    let written = Written { object: target.present(object), created: false, warnings: Vec::new() };
    Ok(changed(written, &presentation))
}
