//! Questions about identity and permissions, which are answered and not stored
//! (`pkg/registry/authentication`, `pkg/registry/authorization`).

mod access;
mod identity;

use super::{Answer, Call, changed};
use crate::{body::RequestBody, options::Writing, registry::Written};
use api::{
    authorization::review::About,
    kinds::{
        LOCAL_SUBJECT_ACCESS_REVIEW, SELF_SUBJECT_ACCESS_REVIEW, SELF_SUBJECT_REVIEW, SELF_SUBJECT_RULES_REVIEW,
        SUBJECT_ACCESS_REVIEW, TOKEN_REVIEW,
    },
};
use futures::{FutureExt, future::BoxFuture};
use machinery::{decode, kind::Kind, status::Status};
use serde_json::Value;

/// What a question is answered with: its status.
type Verdict = for<'a> fn(&'a Call<'_>, &'a Value) -> BoxFuture<'a, Result<Value, Status>>;

/// Who answers, kind by kind.
const VERDICTS: [(Kind, Verdict); 6] = [
    (SELF_SUBJECT_REVIEW, |call, _| async { Ok(identity::of(call.user)) }.boxed()),
    (TOKEN_REVIEW, |call, review| identity::of_token(call, review).boxed()),
    (SELF_SUBJECT_ACCESS_REVIEW, |call, review| access::decide(call, About::Oneself, review).boxed()),
    (SUBJECT_ACCESS_REVIEW, |call, review| access::decide(call, About::Anybody, review).boxed()),
    (LOCAL_SUBJECT_ACCESS_REVIEW, |call, review| access::decide(call, About::AnybodyHere, review).boxed()),
    (SELF_SUBJECT_RULES_REVIEW, |call, review| access::rules(call, review).boxed()),
];

/// Whether objects of a kind are questions.
pub fn are_answered(kind: &Kind) -> bool {
    verdict(kind).is_some()
}

/// Answers a review.
pub async fn answer(call: &Call<'_>, body: RequestBody) -> Answer {
    let presentation = call.presentation()?;
    let options = call.write_options(Writing::Create)?;
    let (mut review, warnings) = decode::object(call.kind(), call.document(body).await?, options.field_validation)?;
    let verdict = verdict(call.kind()).ok_or_else(Status::no_such_resource)?;
    review["status"] = verdict(call, &review).await?;
    Ok(changed(Written { object: review, created: true, warnings }, &presentation))
}

fn verdict(kind: &Kind) -> Option<Verdict> {
    VERDICTS.iter().find(|(row, _)| row == kind).map(|(_, verdict)| *verdict)
}
