//! The verbs of objects themselves.

mod delete;
mod read;

use super::{Answer, Call, changed, parts};
use crate::{action::Verb, admission::Operation, body::RequestBody, options::Writing, registry::View};

/// Answers any verb that the kind has.
pub async fn answer(call: &Call<'_>, body: RequestBody) -> Answer {
    match call.action.verb {
        Verb::Get => read::get(call).await,
        Verb::List => read::list(call).await,
        Verb::Watch => read::watch(call).await,
        Verb::Create => create(call, body).await,
        Verb::Update => parts::update(call, &View::Object, body).await,
        Verb::Patch => parts::patch(call, &View::Object, body).await,
        Verb::Delete => delete::one(call, body).await,
        Verb::DeleteCollection => delete::collection(call, body).await,
    }
}

async fn create(call: &Call<'_>, body: RequestBody) -> Answer {
    let presentation = call.presentation()?;
    let body = call.document(body).await?;
    let options = call.write_options(Writing::Create)?;
    let written = call.backend.registry.create(&call.attributes(Operation::Create, &options), body).await?;
    Ok(changed(written, &presentation))
}
