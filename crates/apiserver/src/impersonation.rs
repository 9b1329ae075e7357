//! Requests on behalf of somebody else (`k8s.io/apiserver/pkg/endpoints/filters/impersonation`). Which rights it takes
//! is in [`mode`]: any of the ways that lead there will do.

mod mode;

use crate::{
    authorization::{Authorizer, Decision, forbidden},
    user::User,
};
use api::authorization::Attributes;
use http::{HeaderMap, HeaderValue};
use machinery::status::Status;
use mode::{Check, Mode};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";

/// Whom the headers make of a caller who makes this request.
pub async fn act_as(
    authorizer: &Authorizer,
    caller: User,
    headers: &HeaderMap,
    request: &Attributes<'_>,
) -> Result<User, Status> {
    let Some(asked) = read(headers)? else { return Ok(caller) };
    let mut refusal = None;
    for mode in mode::modes(&caller, &asked) {
        match check(authorizer, &caller, &mode, request).await {
            Ok(()) => return Ok(mode.becomes),
            Err(status) => drop(refusal.get_or_insert(status)),
        }
    }
    Err(refusal.unwrap_or_else(|| Status::internal("all impersonation modes failed")))
}

async fn check(authorizer: &Authorizer, caller: &User, mode: &Mode, request: &Attributes<'_>) -> Result<(), Status> {
    for check in &mode.checks {
        match check {
            Check::Request { verb } => {
                let verb = format!("{verb}:{}", request.verb);
                authorizer.authorize(caller, &Attributes { verb: &verb, ..*request }).await?;
            }
            Check::Part(part) => authorizer.authorize(caller, &part.attributes()).await?,
            Check::AnyOf { at_once, one_by_one } => {
                if matches!(authorizer.decide(caller, &at_once.attributes()).await?, Decision::Allow(_)) {
                    continue;
                }
                for part in one_by_one {
                    authorizer.authorize(caller, &part.attributes()).await?;
                }
            }
            Check::Never { part, reason } => return Err(forbidden(caller, &part.attributes(), reason)),
        }
    }
    Ok(())
}

/// What the headers say, as it stands there; `None` if nobody is asked for.
fn read(headers: &HeaderMap) -> Result<Option<User>, Status> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let first = |name| headers.get(name).map(text).unwrap_or_default();
    let mut asked = User {
        name: first(USER),
        groups: headers.get_all(GROUP).iter().map(text).collect(),
        uid: first(UID),
        ..User::default()
    };
    for (name, value) in headers {
        if let Some(key) = name.as_str().strip_prefix(EXTRA) {
            let key = percent_encoding::percent_decode_str(key).decode_utf8_lossy().into_owned();
            asked.extra.entry(key).or_default().push(text(value));
        }
    }
    if asked == User::default() {
        return Ok(None);
    }
    if asked.name.is_empty() {
        let wanted = in_go(&asked);
        return Err(Status::bad_request(format!("requested {wanted} without impersonating a user name")));
    }
    Ok(Some(asked))
}

/// A user as Go's `%#v` prints it.
fn in_go(user: &User) -> String {
    let list = |texts: &[String]| texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ");
    let texts = |texts: &[String]| {
        if texts.is_empty() { "[]string(nil)".to_owned() } else { format!("[]string{{{}}}", list(texts)) }
    };
    let extra = if user.extra.is_empty() {
        "map[string][]string(nil)".to_owned()
    } else {
        let entries = user.extra.iter().map(|(key, values)| format!("{key:?}:[]string{{{}}}", list(values)));
        format!("map[string][]string{{{}}}", entries.collect::<Vec<_>>().join(", "))
    };
    let (uid, groups) = (&user.uid, texts(&user.groups));
    format!("&user.DefaultInfo{{Name:\"\", UID:{uid:?}, Groups:{groups}, Extra:{extra}}}")
}

#[cfg(test)]
mod tests;
