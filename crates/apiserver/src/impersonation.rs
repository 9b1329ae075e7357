//! Requests on behalf of somebody else (`k8s.io/apiserver/pkg/endpoints/filters/impersonation.go`).

use crate::{authorization::authorize, request_info::RequestInfo, user::User};
use http::{HeaderMap, HeaderValue};
use machinery::{format, status::Status};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";

const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";

/// Whom the headers make of a caller. Each part of the other identity needs the right to impersonate it.
pub fn act_as(caller: User, headers: &HeaderMap) -> Result<User, Status> {
    let asked = read(headers);
    if asked.name.is_empty() {
        let rest =
            [("groups", asked.groups.is_empty()), ("uid", asked.uid.is_empty()), ("extra", asked.extra.is_empty())];
        return match rest.into_iter().find(|(_, empty)| !empty) {
            Some((what, _)) => Err(Status::internal(format!("requested {what} without impersonating a user"))),
            None => Ok(caller),
        };
    }
    for part in parts(&asked) {
        authorize(&caller, &part)?;
    }
    Ok(with_implied_groups(asked))
}

/// What the headers say, as it stands there.
fn read(headers: &HeaderMap) -> User {
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
    asked
}

/// The resources that stand for the parts of an identity.
fn parts(asked: &User) -> Vec<RequestInfo> {
    let part = |group: &str, resource: &str, name: &str| RequestInfo {
        verb: "impersonate".into(),
        group: group.into(),
        version: "v1".into(),
        resource: resource.into(),
        name: name.into(),
        ..RequestInfo::default()
    };
    let mut parts = vec![match service_account(&asked.name) {
        Some((namespace, name)) => RequestInfo { namespace: namespace.into(), ..part("", "serviceaccounts", name) },
        None => part("", "users", &asked.name),
    }];
    parts.extend(asked.groups.iter().map(|group| part("", "groups", group)));
    for (key, values) in &asked.extra {
        let of_key = |value: &String| RequestInfo {
            subresource: key.clone(),
            ..part("authentication.k8s.io", "userextras", value)
        };
        parts.extend(values.iter().map(of_key));
    }
    if !asked.uid.is_empty() {
        parts.push(part("authentication.k8s.io", "uids", &asked.uid));
    }
    parts
}

/// Service accounts have their groups from their names, and everybody is authenticated or not.
fn with_implied_groups(mut user: User) -> User {
    if let Some((namespace, _)) = service_account(&user.name)
        && user.groups.is_empty()
    {
        user.groups = vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}")];
    }
    let anonymous = user.name == User::anonymous().name;
    let says = |group| user.is_member_of(group);
    if anonymous && !says(UNAUTHENTICATED) {
        user.groups.push(UNAUTHENTICATED.into());
    } else if !anonymous && !says(AUTHENTICATED) && !says(UNAUTHENTICATED) {
        user.groups.push(AUTHENTICATED.into());
    }
    user
}

/// Namespace and name in `system:serviceaccount:NAMESPACE:NAME`
/// (`k8s.io/apiserver/pkg/authentication/serviceaccount/util.go`, `SplitUsername`).
fn service_account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    (format::dns1123_label(namespace).is_empty() && format::dns1123_subdomain(name).is_empty())
        .then_some((namespace, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn act(caller: User, headers: &[(&str, &str)]) -> Result<User, String> {
        let pairs = headers
            .iter()
            .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap()));
        act_as(caller, &pairs.collect()).map_err(|status| format!("{} {status}", status.code()))
    }

    #[test]
    fn groups_follow_from_the_user_and_the_headers() {
        for (headers, name, groups) in [
            (&[][..], "kubernetes-admin", &["system:masters", AUTHENTICATED][..]),
            (&[("Impersonate-User", "joe")], "joe", &[AUTHENTICATED]),
            (
                &[("Impersonate-User", "joe"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b")],
                "joe",
                &["a", "b", AUTHENTICATED],
            ),
            (&[("Impersonate-User", "joe"), ("Impersonate-Group", UNAUTHENTICATED)], "joe", &[UNAUTHENTICATED]),
            (&[("Impersonate-User", "system:anonymous")], "system:anonymous", &[UNAUTHENTICATED]),
            (
                &[("Impersonate-User", "system:serviceaccount:a:b")],
                "system:serviceaccount:a:b",
                &["system:serviceaccounts", "system:serviceaccounts:a", AUTHENTICATED],
            ),
            (&[("Impersonate-User", "system:serviceaccount:a")], "system:serviceaccount:a", &[AUTHENTICATED]),
        ] {
            let user = act(User::admin(), headers).unwrap();
            assert_eq!((user.name.as_str(), user.groups), (name, groups.iter().map(ToString::to_string).collect()));
        }
    }

    #[test]
    fn uid_and_extra_are_taken_over() {
        let headers = [
            ("Impersonate-User", "joe"),
            ("Impersonate-Uid", "u"),
            ("Impersonate-Extra-Scopes", "view"),
            ("Impersonate-Extra-Scopes", "edit"),
            ("Impersonate-Extra-Acme.com%2fproject", "p"),
        ];
        let user = act(User::admin(), &headers).unwrap();
        assert_eq!(user.uid, "u");
        let extra = [("acme.com/project", vec!["p"]), ("scopes", vec!["view", "edit"])];
        let extra = extra.map(|(key, values)| (key.to_string(), values.iter().map(ToString::to_string).collect()));
        assert_eq!(user.extra, extra.into());
    }

    #[test]
    fn only_who_may_impersonate_does() {
        let eve = || User::new("eve", Vec::<String>::new());
        for (headers, refusal) in [
            (
                &[("Impersonate-User", "joe")][..],
                r#"403 users "joe" is forbidden: User "eve" cannot impersonate resource "users" in API group "" at the cluster scope"#,
            ),
            (
                &[("Impersonate-User", "system:serviceaccount:a:b")],
                r#"403 serviceaccounts "b" is forbidden: User "eve" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "a""#,
            ),
        ] {
            assert_eq!(act(eve(), headers).unwrap_err(), refusal);
        }
        assert!(act(eve(), &[]).is_ok());
    }

    #[test]
    fn all_else_needs_a_user() {
        for name in ["Impersonate-Group", "Impersonate-Uid", "Impersonate-Extra-X"] {
            let refusal = act(User::admin(), &[(name, "x")]).unwrap_err();
            assert!(refusal.starts_with("500 ") && refusal.ends_with("without impersonating a user"), "{refusal}");
        }
    }
}
