//! The ways in which somebody can be impersonated (`k8s.io/apiserver/pkg/endpoints/filters/impersonation/mode.go`,
//! KEP-5284): four that are limited to what is done on the other's behalf, and the old one, which is not.

use crate::user::{self, User};
use api::authorization::Attributes;
use machinery::format;

const AUTHENTICATION: &str = "authentication.k8s.io";
const NODES: &str = "system:nodes";
/// From so many parts on a right to all of them is asked for first.
const MANY: usize = 4;

/// A way to become somebody else.
#[derive(Debug, PartialEq, Eq)]
pub struct Mode {
    /// What it takes, all of it, in this order.
    pub checks: Vec<Check>,
    /// Whom one becomes.
    pub becomes: User,
}

/// What it takes.
#[derive(Debug, PartialEq, Eq)]
pub enum Check {
    /// The right to the request itself under a verb that begins with this.
    Request { verb: String },
    /// The right to a part of the other identity.
    Part(Part),
    /// The right to all parts at once, or to each of them.
    AnyOf { at_once: Part, one_by_one: Vec<Part> },
    /// Nobody has it.
    Never { part: Part, reason: String },
}

/// A part of an identity, as a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    verb: String,
    group: &'static str,
    resource: &'static str,
    subresource: String,
    namespace: String,
    name: String,
}

impl Part {
    /// As authorizers see it.
    pub fn attributes(&self) -> Attributes<'_> {
        let Self { verb, group, resource, subresource, namespace, name } = self;
        Attributes { verb, group, version: "v1", resource, subresource, namespace, name, ..Attributes::default() }
    }
}

/// All ways in which a caller may become who is asked for, in the order in which they are tried.
pub fn modes(caller: &User, asked: &User) -> Vec<Mode> {
    let (node, account) = (node(&asked.name), user::service_account(&asked.name));
    let only_name = asked.groups.is_empty() && asked.uid.is_empty() && asked.extra.is_empty();
    let own_node = caller.extra.get(user::NODE_NAME).map(Vec::as_slice);
    let is_associated =
        user::service_account(&caller.name).is_some() && node.is_some_and(|node| own_node == Some(&[node.to_owned()]));
    let constrained = [
        ("associated-node", only_name && is_associated),
        ("arbitrary-node", only_name && node.is_some()),
        ("serviceaccount", only_name && account.is_some()),
        ("user-info", node.is_none() && account.is_none()),
    ];
    let applying = constrained.into_iter().filter(|(_, applies)| *applies);
    applying.map(|(name, _)| constrained_mode(name, asked)).chain([legacy_mode(asked)]).collect()
}

fn constrained_mode(name: &str, asked: &User) -> Mode {
    let verb = format!("impersonate:{name}");
    let mut checks = vec![Check::Request { verb: format!("impersonate-on:{name}") }];
    let part = |resource| Part { verb: verb.clone(), group: AUTHENTICATION, resource, ..Part::default() };
    checks.push(Check::Part(match node(&asked.name) {
        // Which node it is does not matter: it is the caller's own.
        Some(_) if name == "associated-node" => Part { name: "*".into(), ..part("nodes") },
        Some(node) => Part { name: node.into(), ..part("nodes") },
        None => named(part("users"), &asked.name),
    }));
    checks.extend(uid(&part("uids"), asked));
    checks.extend(constrained_groups(&part("groups"), asked));
    checks.extend(constrained_extra(&part("userextras"), asked));
    Mode { checks, becomes: with_implied_groups(asked.clone(), node(&asked.name).is_some()) }
}

fn legacy_mode(asked: &User) -> Mode {
    let part = |group, resource| Part { verb: "impersonate".into(), group, resource, ..Part::default() };
    let mut checks = vec![Check::Part(named(part("", "users"), &asked.name))];
    checks.extend(uid(&part(AUTHENTICATION, "uids"), asked));
    checks.extend(groups(&part("", "groups"), asked).into_iter().map(Check::Part));
    checks.extend(extra(&part(AUTHENTICATION, "userextras"), asked).into_iter().map(Check::Part));
    Mode { checks, becomes: with_implied_groups(asked.clone(), false) }
}

/// A user or a service account.
fn named(part: Part, user: &str) -> Part {
    match user::service_account(user) {
        Some((namespace, name)) => {
            Part { resource: "serviceaccounts", namespace: namespace.into(), name: name.into(), ..part }
        }
        None => Part { name: user.into(), ..part },
    }
}

fn uid(part: &Part, asked: &User) -> Option<Check> {
    (!asked.uid.is_empty()).then(|| Check::Part(Part { name: asked.uid.clone(), ..part.clone() }))
}

fn groups(part: &Part, asked: &User) -> Vec<Part> {
    asked.groups.iter().map(|group| Part { name: group.clone(), ..part.clone() }).collect()
}

fn extra(part: &Part, asked: &User) -> Vec<Part> {
    let of_key = |(key, values): (&String, &Vec<String>)| {
        let part = Part { subresource: key.clone(), ..part.clone() };
        values.iter().map(move |value| Part { name: value.clone(), ..part.clone() }).collect::<Vec<_>>()
    };
    asked.extra.iter().flat_map(of_key).collect()
}

fn constrained_groups(part: &Part, asked: &User) -> Vec<Check> {
    if asked.groups.iter().any(String::is_empty) {
        let reason = "impersonating the empty string group is not allowed".into();
        return vec![Check::Never { part: part.clone(), reason }];
    }
    if asked.is_member_of("system:masters") {
        let part = Part { name: "system:masters".into(), ..part.clone() };
        return vec![Check::Never { part, reason: "impersonating the system:masters group is not allowed".into() }];
    }
    all_or_each(Part { name: "*".into(), ..part.clone() }, groups(part, asked))
}

fn constrained_extra(part: &Part, asked: &User) -> Vec<Check> {
    if let Some(reason) = asked.extra.iter().find_map(|(key, values)| extra_error(key, values)) {
        return vec![Check::Never { part: part.clone(), reason }];
    }
    all_or_each(Part { name: "*".into(), subresource: "*".into(), ..part.clone() }, extra(part, asked))
}

/// What is wrong with an extra that is asked for (`validateExtra`).
fn extra_error(key: &str, values: &[String]) -> Option<String> {
    if key.is_empty() {
        return Some("impersonating the empty string key in extra is not allowed".into());
    }
    if !is_domain_prefixed(key) {
        let problem = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        let problem = format!("extra.key: Invalid value: {key:?}: {problem}");
        return Some(format!("impersonating an invalid key in extra is not allowed: {problem}"));
    }
    if key != key.to_lowercase() {
        return Some(format!("impersonating a non-lowercase key in extra is not allowed: {key:?}"));
    }
    let empty = values.iter().any(String::is_empty);
    empty.then(|| "impersonating the empty string value in extra is not allowed".into())
}

/// `IsDomainPrefixedPath` of `k8s.io/apimachinery/pkg/util/validation`.
fn is_domain_prefixed(key: &str) -> bool {
    let is_of_path = |character: char| character.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:".contains(character);
    key.split_once('/').is_some_and(|(domain, path)| {
        format::dns1123_subdomain(domain).is_empty() && !path.is_empty() && path.chars().all(is_of_path)
    })
}

fn all_or_each(at_once: Part, one_by_one: Vec<Part>) -> Vec<Check> {
    if one_by_one.len() >= MANY {
        return vec![Check::AnyOf { at_once, one_by_one }];
    }
    one_by_one.into_iter().map(Check::Part).collect()
}

/// Nodes and service accounts have their groups from their names, and everybody is authenticated or not.
fn with_implied_groups(mut user: User, is_node: bool) -> User {
    if is_node {
        user.groups = vec![NODES.into()];
    } else if user.groups.is_empty()
        && let Some((namespace, _)) = user::service_account(&user.name)
    {
        user.groups = user::service_account_groups(namespace);
    }
    let anonymous = user.name == user::ANONYMOUS;
    let says = |group| user.is_member_of(group);
    if anonymous && !says(user::UNAUTHENTICATED) {
        user.groups.push(user::UNAUTHENTICATED.into());
    } else if !anonymous && !says(user::AUTHENTICATED) && !says(user::UNAUTHENTICATED) {
        user.groups.push(user::AUTHENTICATED.into());
    }
    user
}

/// The node that a user of this name is.
fn node(user: &str) -> Option<&str> {
    user.strip_prefix(user::NODE_PREFIX).filter(|name| format::dns1123_subdomain(name).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str, groups: &[&str], extra: &[(&str, &str)]) -> User {
        let extra = extra.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]));
        let groups = groups.iter().map(ToString::to_string).collect();
        User { name: name.into(), groups, extra: extra.collect(), ..User::default() }
    }

    fn print(check: &Check) -> String {
        let part = |part: &Part| {
            let Part { verb, group, resource, subresource, namespace, name } = part;
            format!("{verb} {group}/{resource}/{subresource} {namespace}/{name}")
        };
        match check {
            Check::Request { verb } => format!("{verb}:*"),
            Check::Part(of) => part(of),
            Check::AnyOf { at_once, one_by_one } => format!("{} or {} more", part(at_once), one_by_one.len()),
            Check::Never { reason, .. } => reason.clone(),
        }
    }

    #[test]
    fn each_identity_has_its_ways() {
        let robot =
            User { extra: [(user::NODE_NAME.into(), vec!["n1".into()])].into(), ..User::service_account("a", "robot") };
        let joe = User::new("joe", Vec::<String>::new());
        for (caller, asked, expected) in [
            (
                &joe,
                asked("ann", &["g"], &[]),
                &[
                    "impersonate-on:user-info:*|impersonate:user-info authentication.k8s.io/users/ /ann|impersonate:user-info authentication.k8s.io/groups/ /g",
                    "impersonate /users/ /ann|impersonate /groups/ /g",
                ][..],
            ),
            (
                &robot,
                asked("system:node:n1", &[], &[]),
                &[
                    "impersonate-on:associated-node:*|impersonate:associated-node authentication.k8s.io/nodes/ /*",
                    "impersonate-on:arbitrary-node:*|impersonate:arbitrary-node authentication.k8s.io/nodes/ /n1",
                    "impersonate /users/ /system:node:n1",
                ],
            ),
            (
                &robot,
                asked("system:node:n2", &[], &[]),
                &[
                    "impersonate-on:arbitrary-node:*|impersonate:arbitrary-node authentication.k8s.io/nodes/ /n2",
                    "impersonate /users/ /system:node:n2",
                ],
            ),
            (
                &joe,
                asked("system:node:n2", &["g"], &[]),
                &["impersonate /users/ /system:node:n2|impersonate /groups/ /g"],
            ),
            (
                &joe,
                asked("system:serviceaccount:a:b", &[], &[]),
                &[
                    "impersonate-on:serviceaccount:*|impersonate:serviceaccount authentication.k8s.io/serviceaccounts/ a/b",
                    "impersonate /serviceaccounts/ a/b",
                ],
            ),
            (
                &joe,
                asked("ann", &["1", "2", "3", "4"], &[]),
                &[
                    "impersonate-on:user-info:*|impersonate:user-info authentication.k8s.io/users/ /ann|impersonate:user-info authentication.k8s.io/groups/ /* or 4 more",
                    "impersonate /users/ /ann|impersonate /groups/ /1|impersonate /groups/ /2|impersonate /groups/ /3|impersonate /groups/ /4",
                ],
            ),
            (
                &joe,
                asked("ann", &["system:masters"], &[("scopes", "x")]),
                &[
                    "impersonate-on:user-info:*|impersonate:user-info authentication.k8s.io/users/ /ann|impersonating the system:masters group is not allowed|impersonating an invalid key in extra is not allowed: extra.key: Invalid value: \"scopes\": must be a domain-prefixed path (such as \"acme.io/foo\")",
                    "impersonate /users/ /ann|impersonate /groups/ /system:masters|impersonate authentication.k8s.io/userextras/scopes /x",
                ],
            ),
        ] {
            let modes = modes(caller, &asked);
            let got: Vec<_> =
                modes.iter().map(|mode| mode.checks.iter().map(print).collect::<Vec<_>>().join("|")).collect();
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn groups_follow_from_the_user_and_what_is_asked_for() {
        for (asked, groups) in [
            (asked("joe", &[], &[]), &["system:authenticated"][..]),
            (asked("joe", &["a", "b"], &[]), &["a", "b", "system:authenticated"]),
            (asked("joe", &["system:unauthenticated"], &[]), &["system:unauthenticated"]),
            (asked("system:anonymous", &[], &[]), &["system:unauthenticated"]),
            (
                asked("system:serviceaccount:a:b", &[], &[]),
                &["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"],
            ),
            (asked("system:serviceaccount:a", &[], &[]), &["system:authenticated"]),
        ] {
            for mode in modes(&User::admin(), &asked) {
                assert_eq!(mode.becomes.groups, groups, "{}", asked.name);
            }
        }
        let node = modes(&User::admin(), &asked("system:node:n", &[], &[]));
        assert_eq!(node[0].becomes.groups, ["system:nodes", "system:authenticated"]);
        assert_eq!(node[1].becomes.groups, ["system:authenticated"], "the old way adds nothing");
    }
}
