//! One constructor for each way in which a call can end (`k8s.io/apimachinery/pkg/api/errors/errors.go`).

use super::{Cause, Details, Outcome, Reason, Status, quoted};
use crate::{
    field::{self, aggregate},
    kind::Kind,
};
use std::fmt;

impl Status {
    /// The object was deleted: what DELETE answers when nothing is left of it.
    #[must_use]
    pub fn deleted(kind: &Kind, name: &str, uid: &str) -> Self {
        let details = Details { uid: uid.into(), ..object(kind, name) };
        Self { status: Outcome::Success, ..Self::failure(200, Reason::Unknown, "", Some(details)) }
    }

    /// The call succeeded and has nothing to show, such as a binding (201).
    #[must_use]
    pub fn success(code: u16) -> Self {
        Self { status: Outcome::Success, ..Self::failure(code, Reason::Unknown, "", None) }
    }

    /// 404: there is no object of that name.
    #[must_use]
    pub fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {} not found", kind.resource(), quoted(name));
        Self::failure(404, Reason::NotFound, message, Some(object(kind, name)))
    }

    /// 404: there is no such resource or path.
    #[must_use]
    pub fn no_such_resource() -> Self {
        let cause = Cause::new("UnexpectedServerResponse", "404 page not found");
        let details = Details { causes: vec![cause], ..Details::default() };
        let message = "the server could not find the requested resource";
        Self::failure(404, Reason::NotFound, message, Some(details))
    }

    /// 409: an object of that name exists.
    #[must_use]
    pub fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {} already exists", kind.resource(), quoted(name));
        Self::failure(409, Reason::AlreadyExists, message, Some(object(kind, name)))
    }

    /// 409: every name that was generated is taken; the client may try again.
    #[must_use]
    pub fn generated_name_conflict(kind: &Kind, name: &str) -> Self {
        let message = format!(
            "{} {} already exists, the server was not able to generate a unique name for the object",
            kind.resource(),
            quoted(name)
        );
        Self::failure(409, Reason::AlreadyExists, message, Some(object(kind, name)))
    }

    /// 409: the operation cannot be done as the object is now.
    #[must_use]
    pub fn conflict(kind: &Kind, name: &str, cause: impl fmt::Display) -> Self {
        Self::conflict_of(&kind.group, &kind.plural, name, cause)
    }

    /// 409: the same, of something that need not be a resource.
    #[must_use]
    pub fn conflict_of(group: &str, plural: &str, name: &str, cause: impl fmt::Display) -> Self {
        let resource = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
        let message = format!("Operation cannot be fulfilled on {resource} {}: {cause}", quoted(name));
        let details = Details { name: name.into(), group: group.into(), kind: plural.into(), ..Details::default() };
        Self::failure(409, Reason::Conflict, message, Some(details))
    }

    /// 409: the resourceVersion of an update is not the one of the stored object.
    #[must_use]
    pub fn modified(kind: &Kind, name: &str) -> Self {
        Self::conflict(
            kind,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// 409: fields that an apply wants to set belong to other managers.
    #[must_use]
    pub fn apply_conflict(causes: Vec<Cause>, message: impl Into<String>) -> Self {
        Self::failure(409, Reason::Conflict, message, Some(Details { causes, ..Details::default() }))
    }

    /// 422: the object fails validation.
    #[must_use]
    pub fn invalid(kind: &Kind, name: &str, errors: &[field::Error]) -> Self {
        Self::invalid_of(&kind.group, &kind.kind, name, errors)
    }

    /// 422: the options of a request fail validation; `kind` is that of the options, such as `ListOptions`.
    #[must_use]
    pub fn invalid_options(kind: &str, errors: &[field::Error]) -> Self {
        Self::invalid_of("meta.k8s.io", kind, "", errors)
    }

    fn invalid_of(group: &str, kind: &str, name: &str, errors: &[field::Error]) -> Self {
        let causes = errors
            .iter()
            .map(|error| Cause {
                reason: error.error_type.reason().to_owned(),
                message: error.body(),
                field: error.field.clone(),
            })
            .collect();
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut message = format!("{qualified} {} is invalid", quoted(name));
        if !errors.is_empty() {
            message = format!("{message}: {}", aggregate(errors));
        }
        let details =
            Details { name: name.into(), group: group.into(), kind: kind.into(), causes, ..Details::default() };
        Self::failure(422, Reason::Invalid, message, Some(details))
    }

    /// 400: the request makes no sense.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::failure(400, Reason::BadRequest, message, None)
    }

    /// 422: the request is well formed, but its content cannot be used (a patch that does not fit the object).
    #[must_use]
    pub fn unprocessable(cause: impl Into<String>) -> Self {
        let causes = vec![Cause::new("UnexpectedServerResponse", cause)];
        let message = "the server rejected our request due to an error in our request";
        Self::failure(422, Reason::Invalid, message, Some(Details { causes, ..Details::default() }))
    }

    /// 403: an admission step or a limit forbids it.
    #[must_use]
    pub fn forbidden(kind: &Kind, name: &str, cause: impl fmt::Display) -> Self {
        Self::forbidden_resource(&kind.group, &kind.plural, name, cause)
    }

    /// 403: a resource that need not be served, such as the users that one may want to impersonate.
    #[must_use]
    pub fn forbidden_resource(group: &str, plural: &str, name: &str, cause: impl fmt::Display) -> Self {
        let resource = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
        let message = if name.is_empty() {
            format!("{resource} is forbidden: {cause}")
        } else {
            format!("{resource} {} is forbidden: {cause}", quoted(name))
        };
        let details = Details { name: name.into(), group: group.into(), kind: plural.into(), ..Details::default() };
        Self::failure(403, Reason::Forbidden, message, Some(details))
    }

    /// 403: the user may not call a path that is no resource.
    #[must_use]
    pub fn forbidden_path(message: impl Into<String>) -> Self {
        Self::failure(403, Reason::Forbidden, message, Some(Details::default()))
    }

    /// 401: nobody vouches for the caller.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::failure(401, Reason::Unauthorized, "Unauthorized", None)
    }

    /// 405: the resource does not have the verb.
    #[must_use]
    pub fn method_not_supported(kind: &Kind, verb: &str) -> Self {
        let message = format!("{verb} is not supported on resources of kind {}", quoted(&kind.resource()));
        Self::failure(405, Reason::MethodNotAllowed, message, Some(object(kind, "")))
    }

    /// 501: Kubernetes does it, and this server does not (yet).
    #[must_use]
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self::failure(501, Reason::Unknown, message, None)
    }

    /// 405: the path does not have the HTTP method.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::failure(405, Reason::MethodNotAllowed, message, Some(Details::default()))
    }

    /// 406: none of the media types the client accepts can be served.
    #[must_use]
    pub fn not_acceptable(accepted: &[&str]) -> Self {
        let accepted = accepted.join(", ");
        let message = format!("only the following media types are accepted: {accepted}");
        Self::failure(406, Reason::NotAcceptable, message, None)
    }

    /// 415: the body has a media type that cannot be read.
    #[must_use]
    pub fn unsupported_media_type(accepted: &[&str]) -> Self {
        let accepted = accepted.join(", ");
        let message =
            format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
        Self::failure(415, Reason::UnsupportedMediaType, message, None)
    }

    /// 410: a watch starts at, or a list asks for, a resourceVersion that has been compacted away.
    #[must_use]
    pub fn expired(message: impl Into<String>) -> Self {
        Self::failure(410, Reason::Expired, message, None)
    }

    /// 504: the resourceVersion a list or watch asks for has not been reached; the client may try again in a second.
    #[must_use]
    pub fn too_large_resource_version(asked: u64, current: u64) -> Self {
        let cause = Cause::new("ResourceVersionTooLarge", "Too large resource version");
        let details = Details { causes: vec![cause], retry_after_seconds: 1, ..Details::default() };
        let message = format!("Too large resource version: {asked}, current: {current}");
        Self::failure(504, Reason::Timeout, message, Some(details))
    }

    /// 413: the body is larger than the server reads. `limit` is in bytes.
    #[must_use]
    pub fn too_large(limit: u64) -> Self {
        Self::too_large_because(format!("limit is {limit}"))
    }

    /// 413: the request asks for too much at once.
    #[must_use]
    pub fn too_large_because(cause: impl fmt::Display) -> Self {
        let message = format!("Request entity too large: {cause}");
        Self::failure(413, Reason::RequestEntityTooLarge, message, None)
    }

    /// 429: try again later; with a cause when a `PodDisruptionBudget` is what stands in the way.
    #[must_use]
    pub fn too_many_requests(message: impl Into<String>, retry_after_seconds: u32, cause: Option<Cause>) -> Self {
        let details = Details { causes: cause.into_iter().collect(), retry_after_seconds, ..Details::default() };
        Self::failure(429, Reason::TooManyRequests, message, Some(details))
    }

    /// 500: the server failed at its own work.
    #[must_use]
    pub fn internal(cause: impl fmt::Display) -> Self {
        let cause = cause.to_string();
        let details = Details { causes: vec![Cause::new("", cause.as_str())], ..Details::default() };
        let message = format!("Internal error occurred: {cause}");
        Self::failure(500, Reason::InternalError, message, Some(details))
    }

    /// 500: the call cannot be carried out as things are.
    #[must_use]
    pub fn server_failure(message: impl Into<String>) -> Self {
        Self::failure(500, Reason::Unknown, message, None)
    }

    /// 504: the call took too long.
    #[must_use]
    pub fn timeout(message: impl fmt::Display, retry_after_seconds: u32) -> Self {
        let details = Details { retry_after_seconds, ..Details::default() };
        Self::failure(504, Reason::Timeout, format!("Timeout: {message}"), Some(details))
    }

    /// An answer of another server (a node's, an extension's) taken over with its code.
    #[must_use]
    pub fn from_server(code: u16, reason: Reason, message: impl Into<String>) -> Self {
        Self::failure(code, reason, message, None)
    }
}

fn object(kind: &Kind, name: &str) -> Details {
    Details { name: name.into(), group: (*kind.group).into(), kind: (*kind.plural).into(), ..Details::default() }
}
