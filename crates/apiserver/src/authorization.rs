//! Who may do what. Until roles are enforced, cluster administrators may do all and others only what
//! Kubernetes opens to everybody.

use crate::{request_info::RequestInfo, user::User};
use machinery::status::Status;

/// Paths that Kubernetes opens to callers without credentials (`ClusterRole` `system:public-info-viewer`).
const PUBLIC: [&str; 4] = ["/healthz", "/livez", "/readyz", "/version"];

/// Paths that every authenticated caller may read (`ClusterRole` `system:discovery`).
const DISCOVERY: [&str; 3] = ["/api", "/apis", "/openapi"];

/// Reviews that every authenticated caller may ask for, being about itself (`ClusterRole` `system:basic-user`).
const SELF_REVIEWS: [(&str, &str); 3] = [
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
];

/// Whether a user may do everything.
pub fn is_administrator(user: &User) -> bool {
    user.is_member_of("system:masters")
}

/// Lets a request through or says why not.
pub fn authorize(user: &User, info: &RequestInfo) -> Result<(), Status> {
    let reads = matches!(info.verb.as_str(), "get" | "head");
    let below = |roots: &[&str]| {
        !info.is_resource()
            && roots
                .iter()
                .any(|root| info.path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    let asks_about_itself =
        info.verb == "create" && SELF_REVIEWS.contains(&(info.group.as_str(), info.resource.as_str()));
    let allowed = is_administrator(user)
        || (asks_about_itself && user.is_member_of("system:authenticated"))
        || (reads && below(&PUBLIC))
        || (reads && below(&DISCOVERY) && user.is_member_of("system:authenticated"));
    if allowed { Ok(()) } else { Err(forbidden(user, info)) }
}

/// The texts of `k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go`.
fn forbidden(user: &User, info: &RequestInfo) -> Status {
    let RequestInfo { verb, group, resource, subresource, name, namespace, path, .. } = info;
    if !info.is_resource() {
        return Status::forbidden_path(format!("forbidden: User {:?} cannot {verb} path {path:?}", user.name));
    }
    let full = if subresource.is_empty() { resource.clone() } else { format!("{resource}/{subresource}") };
    let scope =
        if namespace.is_empty() { "at the cluster scope".into() } else { format!("in the namespace {namespace:?}") };
    let cause = format!("User {:?} cannot {verb} resource {full:?} in API group {group:?} {scope}", user.name);
    Status::forbidden_resource(group, resource, name, cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_info::parse;

    #[test]
    fn only_administrators_reach_resources() {
        let public = ["/healthz", "/healthz/ping", "/version", "/readyz"];
        let discovery = ["/api", "/apis/apps/v1", "/openapi/v3"];
        let closed = ["/api/v1/pods", "/metrics", "/healthzz", "/apis/apps/v1/deployments"];
        let someone = User::new("eve", Vec::<String>::new());
        for (user, allowed) in [
            (User::anonymous(), public.to_vec()),
            (someone, [&public[..], &discovery[..]].concat()),
            (User::admin(), [&public[..], &discovery[..], &closed[..]].concat()),
        ] {
            for path in public.iter().chain(&discovery).chain(&closed) {
                let result = authorize(&user, &parse(&http::Method::GET, path, ""));
                assert_eq!(result.is_ok(), allowed.contains(path), "{} {path}", user.name);
            }
        }
        assert!(authorize(&User::anonymous(), &parse(&http::Method::POST, "/version", "")).is_err());
    }

    #[test]
    fn everybody_authenticated_may_ask_about_itself() {
        let eve = User::new("eve", Vec::<String>::new());
        for (user, path, allowed) in [
            (&eve, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", true),
            (&eve, "/apis/authentication.k8s.io/v1/selfsubjectreviews", true),
            (&eve, "/apis/authorization.k8s.io/v1/subjectaccessreviews", false),
            (&User::anonymous(), "/apis/authentication.k8s.io/v1/selfsubjectreviews", false),
        ] {
            assert_eq!(authorize(user, &parse(&http::Method::POST, path, "")).is_ok(), allowed, "{} {path}", user.name);
        }
    }

    #[test]
    fn a_refusal_reads_like_kubernetes() {
        let info = parse(&http::Method::GET, "/api/v1/namespaces/a/pods/b/log", "");
        let status = authorize(&User::anonymous(), &info).unwrap_err();
        assert_eq!(
            status.to_string(),
            "pods \"b\" is forbidden: User \"system:anonymous\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"a\""
        );
    }
}
