//! DELETE, of one object or a collection.

use super::{Answer, Call};
use crate::{
    admission::Operation,
    body::RequestBody,
    options::{ListOptions, WriteOptions},
    registry::Deletion,
    response,
};
use api::TABLES;
use machinery::{meta, serializer, status::Status};
use serde_json::json;

pub(super) async fn one(call: &Call<'_>, body: RequestBody) -> Answer {
    let presentation = call.presentation()?;
    let options = call.delete_options(body).await?;
    let write = WriteOptions { dry_run: options.is_dry_run(), ..WriteOptions::default() };
    let attributes = call.attributes(Operation::Delete, &write);
    let (target, name) = (&call.action.target, &call.action.name);
    let deletion = call.backend.registry.delete(&attributes, &options).await?.ok_or_else(|| target.not_found(name))?;
    let (object, code) = match deletion {
        Deletion::Gone(object) if !target.kind.behaviour.deletion.answers_with_object => {
            return Ok(response::status(&Status::deleted(&target.kind, meta::name(&object), meta::uid(&object))));
        }
        Deletion::Gone(object) => (object, 200),
        Deletion::Pending(object) => (object, if options.orphan_dependents == Some(false) { 202 } else { 200 }),
    };
    Ok(response::json(code, presentation.text(object)))
}

pub(super) async fn collection(call: &Call<'_>, body: RequestBody) -> Answer {
    let selection = ListOptions::from_query(&call.query, false)?;
    let options = call.delete_options(body).await?;
    let write = WriteOptions { dry_run: options.is_dry_run(), ..WriteOptions::default() };
    let attributes = call.attributes(Operation::Delete, &write);
    let items = call.backend.registry.delete_collection(&attributes, &selection, &options).await?;
    let kind = call.kind();
    let list = json!({
        "kind": kind.list_kind(), "apiVersion": kind.api_version(), "metadata": {}, "items": items,
    });
    Ok(response::json(200, serializer::to_json(&TABLES, &list)))
}
