//! Which of the names that it wants a definition gets, and the conditions that say so
//! (`pkg/controller/status/naming_controller.go`, `pkg/controller/apiapproval`).

use super::GROUP;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The annotation without which nobody may define kinds in Kubernetes' own groups.
pub(super) const APPROVAL: &str = "api-approved.kubernetes.io";

/// The names that the other definitions of a group have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    resources: BTreeSet<String>,
    kinds: BTreeSet<String>,
}

impl Names {
    /// Adds the names that a definition has been given.
    pub fn add(&mut self, definition: &Value) {
        let names = &definition["status"]["acceptedNames"];
        let short = names["shortNames"].as_array().into_iter().flatten();
        let resources = [&names["plural"], &names["singular"]].into_iter().chain(short);
        self.resources.extend(resources.filter_map(Value::as_str).map(str::to_owned));
        self.kinds
            .extend([&names["kind"], &names["listKind"]].into_iter().filter_map(Value::as_str).map(str::to_owned));
    }
}

/// The definition with what its status has to say of its names, given those of the others of its group; `now` is when
/// conditions change. Its kinds are served from the moment when it is established.
#[must_use]
pub fn accept(definition: &Value, others: &Names, now: &str) -> Value {
    let mut definition = definition.clone();
    let wanted = definition["spec"]["names"].clone();
    let (accepted, conflict) = accepted_names(&wanted, &definition["status"]["acceptedNames"], others);
    definition["status"]["acceptedNames"] = accepted;
    let conflict = conflict.as_ref().map(|(reason, message)| (*reason, message.as_str()));
    let status = if conflict.is_some() { "False" } else { "True" };
    let why = conflict.unwrap_or(("NoConflicts", "no conflicts found"));
    set_condition(&mut definition, "NamesAccepted", status, why, now);
    if !has_condition(&definition, "Established") {
        let (status, why) = if conflict.is_none() {
            ("True", ("InitialNamesAccepted", "the initial names have been accepted"))
        } else {
            ("False", ("NotAccepted", "not all names are accepted"))
        };
        set_condition(&mut definition, "Established", status, why, now);
    }
    note_approval(&mut definition, now);
    definition
}

/// Each name that is free, and the last conflict.
fn accepted_names(wanted: &Value, accepted: &Value, others: &Names) -> (Value, Option<(&'static str, String)>) {
    let text = |names: &Value, field: &str| names[field].as_str().unwrap_or_default().to_owned();
    let mut result = json!({});
    let mut conflict = None;
    let in_use = |name: &str| format!("{name:?} is already in use");
    let mut take = |field: &str, used: &BTreeSet<String>, reason| {
        let (name, had) = (text(wanted, field), text(accepted, field));
        if name != had && used.contains(&name) {
            result[field] = had.into();
            conflict = Some((reason, in_use(&name)));
        } else {
            result[field] = name.into();
        }
    };
    take("plural", &others.resources, "PluralConflict");
    take("singular", &others.resources, "SingularConflict");
    take("kind", &others.kinds, "KindConflict");
    take("listKind", &others.kinds, "ListKindConflict");
    let list = |names: &Value| names["shortNames"].as_array().cloned().unwrap_or_default();
    let (short, had) = (list(wanted), list(accepted));
    let taken =
        |name: &&Value| !had.contains(name) && name.as_str().is_some_and(|name| others.resources.contains(name));
    let taken: Vec<String> = short.iter().filter(taken).filter_map(Value::as_str).map(in_use).collect();
    let short = if taken.is_empty() { short } else { had };
    match taken.as_slice() {
        [] => {}
        [one] => conflict = Some(("ShortNamesConflict", one.clone())),
        many => conflict = Some(("ShortNamesConflict", format!("[{}]", many.join(", ")))),
    }
    for (field, list) in
        [("shortNames", short), ("categories", wanted["categories"].as_array().cloned().unwrap_or_default())]
    {
        if !list.is_empty() {
            result[field] = list.into();
        }
    }
    (result, conflict)
}

/// Whether a group is one of Kubernetes' own.
pub(super) fn is_protected(group: &str) -> bool {
    ["k8s.io", "kubernetes.io"].iter().any(|owner| group == *owner || group.ends_with(&format!(".{owner}")))
}

/// Says whether a definition in one of Kubernetes' own groups was approved.
fn note_approval(definition: &mut Value, now: &str) {
    let group = definition["spec"]["group"].as_str().unwrap_or_default();
    if !is_protected(group) || group == GROUP {
        return;
    }
    let approval = definition["metadata"]["annotations"][APPROVAL].as_str().unwrap_or_default().to_owned();
    let approved = format!("approved in {approval}");
    let missing = format!(
        "protected groups must have approval annotation \"{APPROVAL}\", see https://github.com/kubernetes/enhancements/pull/1111"
    );
    let not_approved = format!("not approved: \"{approval}\"");
    let (status, why) = match approval.as_str() {
        "" => ("False", ("MissingAnnotation", missing.as_str())),
        text if text.starts_with("unapproved") => ("False", ("UnapprovedAnnotation", not_approved.as_str())),
        _ => ("True", ("ApprovedAnnotation", approved.as_str())),
    };
    set_condition(definition, "KubernetesAPIApprovalPolicyConformant", status, why, now);
}

/// Whether a definition has a condition.
#[must_use]
pub fn has_condition(definition: &Value, name: &str) -> bool {
    conditions(definition).any(|condition| condition["type"] == name && condition["status"] == "True")
}

fn conditions(definition: &Value) -> impl Iterator<Item = &Value> {
    definition["status"]["conditions"].as_array().into_iter().flatten()
}

/// Sets a condition: type, status, reason and message. It keeps the time of its last change if its status is as before.
pub fn set_condition(definition: &mut Value, name: &str, status: &str, (reason, message): (&str, &str), now: &str) {
    let before = conditions(definition).find(|condition| condition["type"] == name);
    let unchanged = before.filter(|before| before["status"] == status);
    let since = unchanged.map_or_else(|| now.into(), |before| before["lastTransitionTime"].clone());
    let condition = json!({
        "type": name, "status": status, "reason": reason, "message": message, "lastTransitionTime": since,
    });
    let list = &mut definition["status"]["conditions"];
    if !list.is_array() {
        *list = json!([]);
    }
    let Some(list) = list.as_array_mut() else { return };
    match list.iter_mut().find(|condition| condition["type"] == name) {
        Some(before) => *before = condition,
        None => list.push(condition),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-02T03:04:05Z";

    fn definition(plural: &str, kind: &str, short: &[&str]) -> Value {
        let names = json!({"plural": plural, "singular": kind.to_lowercase(), "kind": kind, "listKind": format!("{kind}List"), "shortNames": short});
        json!({"metadata": {"name": format!("{plural}.sea.example.com")}, "spec": {"group": "sea.example.com", "names": names}})
    }

    fn condition<'a>(definition: &'a Value, name: &str) -> [&'a Value; 3] {
        let condition = conditions(definition).find(|condition| condition["type"] == name).unwrap();
        [&condition["status"], &condition["reason"], &condition["message"]]
    }

    #[test]
    fn free_names_are_accepted_and_the_kind_is_established() {
        let accepted = accept(&definition("whales", "Whale", &["wh"]), &Names::default(), NOW);
        let names = json!({"plural": "whales", "singular": "whale", "kind": "Whale", "listKind": "WhaleList", "shortNames": ["wh"]});
        assert_eq!(accepted["status"]["acceptedNames"], names);
        assert_eq!(condition(&accepted, "NamesAccepted"), ["True", "NoConflicts", "no conflicts found"]);
        assert_eq!(condition(&accepted, "Established")[..2], ["True", "InitialNamesAccepted"]);
        assert_eq!(accept(&accepted, &Names::default(), "later"), accepted, "there is nothing more to do");
    }

    #[test]
    fn names_of_others_are_refused_one_by_one() {
        let mut others = Names::default();
        others.add(&accept(&definition("whales", "Whale", &["wh", "w"]), &Names::default(), NOW));
        for (plural, kind, short, reason, message) in [
            ("whales", "Whale2", &[][..], "PluralConflict", "\"whales\" is already in use"),
            ("orcas", "Whale", &[], "KindConflict", "\"Whale\" is already in use"),
            ("orcas", "Orca", &["wh"], "ShortNamesConflict", "\"wh\" is already in use"),
            (
                "orcas",
                "Orca",
                &["wh", "w"],
                "ShortNamesConflict",
                "[\"wh\" is already in use, \"w\" is already in use]",
            ),
        ] {
            let refused = accept(&definition(plural, kind, short), &others, NOW);
            let found = condition(&refused, "NamesAccepted");
            let expected = if kind == "Whale" { "ListKindConflict" } else { reason };
            assert_eq!(found[0], "False");
            if kind != "Whale" {
                assert_eq!(found[1..], [expected, message]);
            }
            assert_eq!(condition(&refused, "Established")[..2], ["False", "NotAccepted"]);
        }
    }

    #[test]
    fn who_is_established_stays_so() {
        let mut renamed = accept(&definition("whales", "Whale", &[]), &Names::default(), NOW);
        renamed["spec"]["names"]["shortNames"] = json!(["o"]);
        let mut others = Names::default();
        others.add(&accept(&definition("orcas", "Orca", &["o"]), &Names::default(), NOW));
        let refused = accept(&renamed, &others, NOW);
        assert_eq!(condition(&refused, "NamesAccepted")[0], "False");
        assert!(has_condition(&refused, "Established"));
    }

    #[test]
    fn kubernetes_own_groups_need_approval() {
        for (annotation, status, reason) in [
            (None, "False", "MissingAnnotation"),
            (Some("unapproved, a trial"), "False", "UnapprovedAnnotation"),
            (Some("https://github.com/kubernetes/kubernetes/pull/1"), "True", "ApprovedAnnotation"),
        ] {
            let mut own = definition("whales", "Whale", &[]);
            own["spec"]["group"] = "sea.k8s.io".into();
            if let Some(text) = annotation {
                own["metadata"]["annotations"] = json!({APPROVAL: text});
            }
            let own = accept(&own, &Names::default(), NOW);
            assert_eq!(condition(&own, "KubernetesAPIApprovalPolicyConformant")[..2], [status, reason]);
        }
    }
}
