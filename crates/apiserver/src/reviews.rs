//! Questions about identity and permissions, which are answered and not stored
//! (`pkg/registry/authentication`, `pkg/registry/authorization`).

use crate::{authorization, request_info::RequestInfo, user::User};
use api::kind::Kind;
use serde_json::{Value, json};

/// The answer to a review, or `None` if the kind is none.
pub fn answer(user: &User, kind: &Kind, review: &Value) -> Option<Value> {
    let status = match (&*kind.group, &*kind.kind) {
        ("authentication.k8s.io", "SelfSubjectReview") => {
            json!({"userInfo": user_info(user)})
        }
        // No tokens are issued: none is valid.
        ("authentication.k8s.io", "TokenReview") => json!({"user": {}}),
        ("authorization.k8s.io", "SelfSubjectAccessReview") => access(user, &review["spec"]),
        ("authorization.k8s.io", "SubjectAccessReview" | "LocalSubjectAccessReview") => {
            access(&subject(&review["spec"]), &review["spec"])
        }
        ("authorization.k8s.io", "SelfSubjectRulesReview") => rules(user),
        _ => return None,
    };
    let mut answer = review.clone();
    answer["status"] = status;
    Some(answer)
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
    use api::kinds;

    #[test]
    fn administrators_may_do_all_and_others_nothing() {
        let kind = &kinds::SELF_SUBJECT_ACCESS_REVIEW;
        let review = json!({"spec": {"resourceAttributes": {"verb": "create", "resource": "pods", "namespace": "a"}}});
        assert_eq!(answer(&User::admin(), kind, &review).unwrap()["status"]["allowed"], true);
        let eve = User::new("eve", Vec::<String>::new());
        assert_eq!(answer(&eve, kind, &review).unwrap()["status"]["allowed"], false);
    }

    #[test]
    fn other_kinds_are_no_reviews() {
        let kind = &kinds::POD;
        assert!(answer(&User::admin(), kind, &json!({})).is_none());
    }
}
