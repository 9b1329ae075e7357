//! Questions about identity and permissions, which are answered and not stored
//! (`pkg/registry/authentication`, `pkg/registry/authorization`).

use super::{Answer, Call, changed};
use crate::{
    authorization, body::RequestBody, options::Writing, registry::Written, request_info::RequestInfo, user::User,
};
use api::kinds::{
    LOCAL_SUBJECT_ACCESS_REVIEW, SELF_SUBJECT_ACCESS_REVIEW, SELF_SUBJECT_REVIEW, SELF_SUBJECT_RULES_REVIEW,
    SUBJECT_ACCESS_REVIEW, TOKEN_REVIEW,
};
use machinery::{decode, kind::Kind, status::Status};
use serde_json::{Value, json};

/// What a kind of review is answered with.
type Verdict = fn(&User, &Value) -> Value;

/// Who asks about whom, kind by kind.
const VERDICTS: [(Kind, Verdict); 6] = [
    (SELF_SUBJECT_REVIEW, |user, _| json!({"userInfo": user_info(user)})),
    // No tokens are issued: none is valid.
    (TOKEN_REVIEW, |_, _| json!({"user": {}})),
    (SELF_SUBJECT_ACCESS_REVIEW, |user, spec| access(user, spec)),
    (SUBJECT_ACCESS_REVIEW, |_, spec| access(&subject(spec), spec)),
    (LOCAL_SUBJECT_ACCESS_REVIEW, |_, spec| access(&subject(spec), spec)),
    (SELF_SUBJECT_RULES_REVIEW, |user, _| rules(user)),
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
    review["status"] = verdict(call.user, &review["spec"]);
    Ok(changed(Written { object: review, created: true, warnings }, &presentation))
}

fn verdict(kind: &Kind) -> Option<Verdict> {
    VERDICTS.iter().find(|(row, _)| row == kind).map(|(_, verdict)| *verdict)
}

/// `authentication.k8s.io/v1`, `UserInfo`: what is not known of the user is left out.
fn user_info(user: &User) -> Value {
    let mut info = json!({"username": user.name, "groups": user.groups});
    if !user.uid.is_empty() {
        info["uid"] = json!(user.uid);
    }
    if !user.extra.is_empty() {
        info["extra"] = json!(user.extra);
    }
    info
}

fn subject(spec: &Value) -> User {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let groups = spec["groups"].as_array().into_iter().flatten().map(text).collect();
    User { name: text(&spec["user"]), groups, uid: text(&spec["uid"]), ..User::default() }
}

fn access(user: &User, spec: &Value) -> Value {
    let info = if spec["resourceAttributes"].is_object() {
        let text = |name: &str| spec["resourceAttributes"][name].as_str().unwrap_or_default().to_string();
        RequestInfo {
            verb: text("verb"),
            group: text("group"),
            version: text("version"),
            namespace: text("namespace"),
            resource: text("resource"),
            subresource: text("subresource"),
            name: text("name"),
            ..RequestInfo::default()
        }
    } else {
        let text = |name: &str| spec["nonResourceAttributes"][name].as_str().unwrap_or_default().to_string();
        RequestInfo { verb: text("verb"), path: text("path"), ..RequestInfo::default() }
    };
    match authorization::authorize(user, &info) {
        Ok(()) => json!({"allowed": true}),
        Err(status) => json!({"allowed": false, "reason": status.to_string()}),
    }
}

fn rules(user: &User) -> Value {
    let all = authorization::is_administrator(user);
    let resources = if all { json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]) } else { json!([]) };
    let paths = if all { json!([{"verbs": ["*"], "nonResourceURLs": ["*"]}]) } else { json!([]) };
    json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_may_do_all_and_others_nothing() {
        let verdict = verdict(&SELF_SUBJECT_ACCESS_REVIEW).unwrap();
        let spec = json!({"resourceAttributes": {"verb": "create", "resource": "pods", "namespace": "a"}});
        assert_eq!(verdict(&User::admin(), &spec)["allowed"], true);
        let eve = User::new("eve", Vec::<String>::new());
        assert_eq!(verdict(&eve, &spec)["allowed"], false);
    }
}
