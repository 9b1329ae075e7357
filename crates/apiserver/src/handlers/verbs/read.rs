//! GET, LIST, WATCH.

use super::{Answer, Call};
use crate::{
    options::{ListOptions, Version},
    response,
};
use machinery::status::Status;
use std::time::Duration;

/// The longest a watch lasts if the client names no time, in seconds (`--min-request-timeout` of the
/// kube-apiserver: up to twice as long, at random, so that watches do not end all at once).
const WATCH_SECONDS: u64 = 1800;

pub(super) async fn get(call: &Call<'_>) -> Answer {
    let presentation = call.presentation()?;
    let version = Version::from_query(&call.query)?;
    let object = call.backend.registry.get(&call.action.target, &call.action.name, version).await?;
    Ok(response::json(200, presentation.object(&object)))
}

pub(super) async fn list(call: &Call<'_>) -> Answer {
    let presentation = call.presentation()?;
    let options = ListOptions::from_query(&call.query, false)?;
    let list = call.backend.registry.list(&call.action.target, &options).await?;
    Ok(response::json(200, presentation.list(&list)))
}

pub(super) async fn watch(call: &Call<'_>) -> Answer {
    let presentation = call.presentation()?;
    let mut options = ListOptions::from_query(&call.query, true)?;
    select_by_name(&mut options, &call.action.name)?;
    let spread = u64::try_from(uuid::Uuid::new_v4().as_u128() % u128::from(WATCH_SECONDS)).unwrap_or_default();
    let longest = Duration::from_secs(WATCH_SECONDS + spread);
    let end = call.backend.served.end_of(call.kind());
    let events = call.backend.registry.watch(&call.action.target, &options, longest).await?;
    let lines = call.backend.watch_lines.body(events, presentation, end);
    Ok(response::stream("application/json", lines))
}

/// The watch of one object is that of a selection.
fn select_by_name(options: &mut ListOptions, name: &str) -> Result<(), Status> {
    let selector = format!("metadata.name={name}");
    match options.field_selector.as_str() {
        _ if name.is_empty() => {}
        "" => options.field_selector = selector,
        given if given == selector => {}
        _ => return Err(Status::bad_request("fieldSelector metadata.name doesn't match requested name")),
    }
    Ok(())
}
