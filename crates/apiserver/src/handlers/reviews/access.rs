//! What somebody may do.

use super::Call;
use crate::{authorization::Decision, user::User};
use api::authorization::review::{self, About};
use machinery::status::Status;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The status of an access review.
pub async fn decide(call: &Call<'_>, about: About, asked: &Value) -> Result<Value, Status> {
    check_namespace(call, asked)?;
    let errors = review::errors(about, asked);
    if !errors.is_empty() {
        return Err(Status::invalid(call.kind(), "", &errors));
    }
    let spec = &asked["spec"];
    let user = if about == About::Oneself { Cow::Borrowed(call.user) } else { Cow::Owned(subject(spec)) };
    let (fields, problem) = review::fields(spec);
    let decision = call.backend.registry.authorizer.decide(&user, &review::attributes(spec, &fields)).await?;
    Ok(status(decision, problem))
}

/// A question that is asked in a namespace is about that.
fn check_namespace(call: &Call<'_>, asked: &Value) -> Result<(), Status> {
    let (namespace, given) = (&call.action.target.namespace, machinery::meta::namespace(asked));
    if namespace == given {
        return Ok(());
    }
    Err(Status::bad_request(format!("spec.resourceAttributes.namespace must match namespace: {namespace}")))
}

fn status(decision: Decision, problem: Option<String>) -> Value {
    let (allowed, reason) = match decision {
        Decision::Allow(reason) => (true, reason),
        Decision::NoOpinion(reason) => (false, reason),
    };
    let mut status = json!({"allowed": allowed});
    if !reason.is_empty() {
        status["reason"] = json!(reason);
    }
    if let Some(problem) = problem {
        status["evaluationError"] = json!(problem);
    }
    status
}

/// The user that a question is about.
fn subject(spec: &Value) -> User {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let texts = |values: &Value| values.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
    let extra = spec["extra"].as_object().into_iter().flatten();
    User {
        name: text(&spec["user"]),
        groups: texts(&spec["groups"]),
        uid: text(&spec["uid"]),
        extra: extra.map(|(key, values)| (key.clone(), texts(values))).collect(),
    }
}

/// The status of a `SelfSubjectRulesReview`.
pub async fn rules(call: &Call<'_>, asked: &Value) -> Result<Value, Status> {
    let namespace = asked["spec"]["namespace"].as_str().unwrap_or_default();
    if namespace.is_empty() {
        return Err(Status::bad_request("no namespace on request"));
    }
    let known = call.backend.registry.authorizer.known_rules(call.user, namespace).await?;
    let resources = known.rules.iter().filter(|rule| !rule.resources.is_empty());
    let resources = resources.map(|rule| without(rule.to_json(), "nonResourceURLs"));
    let paths = known.rules.iter().filter(|rule| !rule.non_resource_urls.is_empty());
    let paths = paths.map(|rule| ["apiGroups", "resources", "resourceNames"].into_iter().fold(rule.to_json(), without));
    let mut status = json!({
        "resourceRules": resources.collect::<Vec<_>>(),
        "nonResourceRules": paths.collect::<Vec<_>>(),
        "incomplete": known.incomplete,
    });
    if !known.error.is_empty() {
        status["evaluationError"] = json!(known.error);
    }
    Ok(status)
}

fn without(mut rule: Value, field: &str) -> Value {
    if let Some(rule) = rule.as_object_mut() {
        rule.remove(field);
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_whom_the_question_names() {
        let spec = json!({"user": "joe", "groups": ["g"], "uid": "u", "extra": {"scopes": ["view"]}});
        let extra = [("scopes".to_owned(), vec!["view".to_owned()])].into();
        assert_eq!(subject(&spec), User { name: "joe".into(), groups: vec!["g".into()], uid: "u".into(), extra });
    }

    #[test]
    fn what_there_is_nothing_to_say_about_is_left_out() {
        assert_eq!(status(Decision::Allow("why".into()), None), json!({"allowed": true, "reason": "why"}));
        let refused = status(Decision::NoOpinion(String::new()), Some("p".into()));
        assert_eq!(refused, json!({"allowed": false, "evaluationError": "p"}));
    }
}
