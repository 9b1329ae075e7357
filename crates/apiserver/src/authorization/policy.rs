//! RBAC as an authorizer: its decision in Kubernetes' words, and how the policy follows the objects that it is made of.

use super::Decision;
use crate::{
    cache::{Follow, Object},
    user::User,
};
use api::{
    authorization::Attributes,
    kinds::{CLUSTER_ROLE, ROLE},
    rbac::{self, Binding, Missing, Policy},
};
use machinery::{kind::Kind, meta};
use serde_json::Value;

/// What RBAC says of a request (`plugin/pkg/auth/authorizer/rbac/rbac.go`).
pub fn decide(policy: &Policy, user: &User, request: &Attributes<'_>) -> Decision {
    let User { name, groups, .. } = user;
    if let Some(binding) = policy.allowed_by(name, groups, request) {
        return Decision::Allow(format!("RBAC: allowed by {}", binding.source(name, groups)));
    }
    let (_, missing) = policy.rules_of(name, groups, request.namespace);
    let missing = describe(&missing);
    Decision::NoOpinion(if missing.is_empty() { missing } else { format!("RBAC: {missing}") })
}

/// The roles that were not found, each once; empty if there is none.
pub fn describe(missing: &[Missing]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for role in missing {
        let kind = role.kind.name().to_lowercase();
        let text = format!("{kind}.{} {:?} not found", rbac::GROUP, role.name);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.len() > 1 { format!("[{}]", texts.join(", ")) } else { texts.concat() }
}

impl Follow for Policy {
    fn follow(&mut self, kind: &Kind, before: Option<&Object>, after: Option<&Object>) {
        let (before, after) = (before.map(Object::value), after.map(Object::value));
        if *kind == ROLE || *kind == CLUSTER_ROLE {
            follow_role(self, before.as_ref(), after.as_ref());
        } else {
            before.as_ref().and_then(Binding::of).iter().for_each(|binding| self.remove_binding(binding));
            after.as_ref().and_then(Binding::of).into_iter().for_each(|binding| self.put_binding(binding));
        }
    }
}

fn follow_role(policy: &mut Policy, before: Option<&Value>, after: Option<&Value>) {
    match (before, after) {
        (_, Some(role)) => policy.put_role(meta::namespace(role), meta::name(role), rbac::rules(role)),
        (Some(role), None) => policy.remove_role(meta::namespace(role), meta::name(role)),
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::rbac::RoleKind;

    #[test]
    fn roles_that_are_missing_are_named_once() {
        let missing = |kind, name: &str| Missing { kind, name: name.into() };
        let (a, b) = (missing(RoleKind::Role, "a"), missing(RoleKind::ClusterRole, "b"));
        let one = r#"role.rbac.authorization.k8s.io "a" not found"#;
        for (missing, expected) in [
            (vec![], String::new()),
            (vec![a.clone(), a.clone()], one.to_owned()),
            (vec![a, b], format!("[{one}, clusterrole.rbac.authorization.k8s.io \"b\" not found]")),
        ] {
            assert_eq!(describe(&missing), expected);
        }
    }
}
