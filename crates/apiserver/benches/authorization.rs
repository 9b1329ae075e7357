//! What a decision costs with many bindings: `cargo bench -p apiserver --bench authorization`.
//!
//! Every request is decided about: the time is to stay far below what answering it takes, however many bindings others
//! have.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a benchmark fails by panicking")]

use api::{
    authorization::Attributes,
    rbac::{Binding, Policy, bootstrap, rules},
};
use machinery::meta;
use serde_json::{Value, json};
use std::{hint::black_box, time::Instant};

const BINDINGS: usize = 1000;
const DECISIONS: u32 = 20_000;

fn main() {
    for (name, subject) in [("of others", None), ("of the user's own", Some("joe"))] {
        let policy = policy(subject);
        for (verb, allowed) in [("get", true), ("delete", false)] {
            let micros = decision(&policy, verb, allowed);
            println!("{BINDINGS} bindings {name}, {}: {micros:.2} µs", if allowed { "allowed" } else { "refused" });
        }
    }
}

/// Kubernetes' own roles, and many bindings, each of a role of its own.
fn policy(subject: Option<&str>) -> Policy {
    let mut policy = Policy::default();
    for object in bootstrap::objects() {
        take_in(&mut policy, &object);
    }
    for index in 0..BINDINGS {
        let (role, user) =
            (format!("role-{index}"), subject.map_or_else(|| format!("user-{index}"), ToOwned::to_owned));
        let allowed =
            json!({"apiGroups": ["apps"], "resources": [format!("kind-{index}")], "verbs": ["get", "list", "watch"]});
        take_in(&mut policy, &json!({"metadata": {"name": role}, "rules": [allowed]}));
        take_in(
            &mut policy,
            &json!({"metadata": {"name": format!("binding-{index}")},
            "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": [{"kind": "User", "name": user}]}),
        );
    }
    let rule = json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]});
    take_in(&mut policy, &json!({"metadata": {"name": "z", "namespace": "n"}, "rules": [rule]}));
    take_in(
        &mut policy,
        &json!({"metadata": {"name": "z", "namespace": "n"},
        "roleRef": {"kind": "Role", "name": "z"}, "subjects": [{"kind": "User", "name": "joe"}]}),
    );
    policy
}

fn take_in(policy: &mut Policy, object: &Value) {
    match Binding::of(object) {
        Some(binding) => policy.put_binding(binding),
        None => policy.put_role(meta::namespace(object), meta::name(object), rules(object)),
    }
}

/// Microseconds a decision takes.
fn decision(policy: &Policy, verb: &str, allowed: bool) -> f64 {
    let groups = ["people".to_owned(), "system:authenticated".to_owned()];
    let request = Attributes { verb, namespace: "n", resource: "pods", name: "p", ..Attributes::default() };
    let started = Instant::now();
    for _ in 0..DECISIONS {
        let binding = policy.allowed_by(black_box("joe"), &groups, black_box(&request));
        assert_eq!(binding.is_some(), allowed);
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(DECISIONS)
}
