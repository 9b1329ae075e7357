//! Reading and writing objects, or parts of them, through the path of a subresource.

use super::{Answer, Call, changed};
use crate::{
    action::Verb,
    admission::Operation,
    body::{self, RequestBody},
    options::{Version, Writing},
    registry::{Patch, PatchType, View},
    response,
};
use machinery::{serializer, status::Status};

/// Answers for a part that looks like the whole, such as the status.
pub async fn answer(call: &Call<'_>, body: RequestBody) -> Answer {
    on_view(call, &View::Object, body).await
}

/// Answers for a part by its own representation.
pub async fn on_view(call: &Call<'_>, view: &View, body: RequestBody) -> Answer {
    match call.action.verb {
        Verb::Get => get(call, view).await,
        Verb::Update => update(call, view, body).await,
        Verb::Patch => patch(call, view, body).await,
        verb => Err(Status::method_not_supported(call.kind(), verb.name())),
    }
}

async fn get(call: &Call<'_>, view: &View) -> Answer {
    let presentation = call.presentation_of(view.kind_of(call.kind()))?;
    let (target, version) = (&call.action.target, Version::from_query(&call.query)?);
    let object = call.backend.registry.get(target, &call.action.name, version).await?;
    let shown = view.show(&target.kind, target.present(object.value()))?;
    Ok(response::json(200, presentation.text(shown)))
}

pub(super) async fn update(call: &Call<'_>, view: &View, body: RequestBody) -> Answer {
    let presentation = call.presentation_of(view.kind_of(call.kind()))?;
    let body = call.document(body).await?;
    let options = call.write_options(Writing::Update)?;
    let attributes = call.attributes(Operation::Update, &options);
    let done = call.backend.registry.update(&attributes, view, body).await?;
    Ok(changed(done, &presentation))
}

pub(super) async fn patch(call: &Call<'_>, view: &View, body: RequestBody) -> Answer {
    if call.media_type() == PatchType::APPLY {
        return apply(call, view, body).await;
    }
    let patch_type = PatchType::from_media_type(&call.action.target.kind, call.media_type())?;
    let presentation = call.presentation_of(view.kind_of(call.kind()))?;
    let body = body::read(body).await?;
    let options = call.write_options(Writing::Patch)?;
    let value =
        serde_json::from_slice(&body).map_err(|error| Status::bad_request(format!("error decoding patch: {error}")))?;
    let attributes = call.attributes(Operation::Update, &options);
    let written = call.backend.registry.patch(&attributes, view, &Patch { patch_type, value }).await?;
    Ok(changed(written, &presentation))
}

async fn apply(call: &Call<'_>, view: &View, body: RequestBody) -> Answer {
    let presentation = call.presentation_of(view.kind_of(call.kind()))?;
    let body = body::read(body).await?;
    let options = call.write_options(Writing::Apply)?;
    let wanted = serializer::parse_yaml(&body)?;
    let attributes = call.attributes(Operation::Update, &options);
    let done = call.backend.registry.apply(&attributes, view, wanted).await?;
    Ok(changed(done, &presentation))
}
