//! What becomes of an object that every cluster has when it is found changed: it gets back what it lacks and keeps what
//! it has more (`k8s.io/component-helpers/auth/rbac/reconciliation`).

use super::{bootstrap::AUTO_UPDATE, missing, rules};
use serde_json::{Map, Value, json};

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Correction {
    /// Nothing.
    None,
    /// It is to become this.
    Update(Value),
    /// It names another role, which cannot be changed: it is to go and to be made anew.
    Recreate,
}

/// The correction of a role or binding that is to be as `expected`.
#[must_use]
pub fn correct(existing: &Value, expected: &Value) -> Correction {
    if existing["metadata"]["annotations"][AUTO_UPDATE] == "false" {
        return Correction::None;
    }
    if existing["roleRef"] != expected["roleRef"] {
        return Correction::Recreate;
    }
    let mut corrected = existing.clone();
    for field in ["annotations", "labels"] {
        complete(&mut corrected["metadata"][field], &expected["metadata"][field]);
    }
    add_rules(&mut corrected, expected);
    add_items(&mut corrected["subjects"], &expected["subjects"]);
    if expected.get("aggregationRule").is_some() {
        let selectors = "clusterRoleSelectors";
        add_items(&mut corrected["aggregationRule"][selectors], &expected["aggregationRule"][selectors]);
    } else if let Some(role) = corrected.as_object_mut() {
        role.remove("aggregationRule");
    }
    drop_empty(&mut corrected);
    if corrected == *existing { Correction::None } else { Correction::Update(corrected) }
}

/// What the object says itself stays.
fn complete(own: &mut Value, expected: &Value) {
    if own.is_null() {
        *own = json!({});
    }
    if let (Some(own), Some(expected)) = (own.as_object_mut(), expected.as_object()) {
        for (key, value) in expected {
            own.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
}

fn add_rules(role: &mut Value, expected: &Value) {
    let lacking: Vec<Value> = missing(&rules(role), &rules(expected)).iter().map(super::Rule::to_json).collect();
    add_items(&mut role["rules"], &json!(lacking));
}

fn add_items(own: &mut Value, expected: &Value) {
    for item in expected.as_array().into_iter().flatten() {
        match own.as_array_mut() {
            Some(items) if items.contains(item) => {}
            Some(items) => items.push(item.clone()),
            None => *own = json!([item]),
        }
    }
}

/// Looking at a field has made it.
fn drop_empty(object: &mut Value) {
    let keep = |value: &Value| !value.is_null();
    if let Some(fields) = object.as_object_mut() {
        fields.retain(|_, value| keep(value));
    }
    for field in ["annotations", "labels"] {
        if object["metadata"][field] == Value::Object(Map::new())
            && let Some(metadata) = object["metadata"].as_object_mut()
        {
            metadata.remove(field);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(annotations: &Value, resources: &[&str]) -> Value {
        let rules: Vec<_> =
            resources.iter().map(|of| json!({"apiGroups": [""], "resources": [of], "verbs": ["get"]})).collect();
        json!({"metadata": {"name": "r", "annotations": annotations, "labels": {"l": "1"}}, "rules": rules})
    }

    #[test]
    fn a_role_gets_back_what_it_lacks_and_keeps_what_it_has_more() {
        let auto = json!({AUTO_UPDATE: "true"});
        let expected = role(&auto, &["pods", "nodes"]);
        for (existing, correction) in [
            (expected.clone(), Correction::None),
            (role(&auto, &["nodes"]), Correction::Update(role(&auto, &["nodes", "pods"]))),
            (role(&auto, &["secrets"]), Correction::Update(role(&auto, &["secrets", "pods", "nodes"]))),
            (role(&auto, &["nodes", "secrets", "pods"]), Correction::None),
            (role(&json!({AUTO_UPDATE: "false"}), &[]), Correction::None),
            (role(&json!({"own": "1"}), &["pods", "nodes"]), {
                Correction::Update(role(&json!({"own": "1", AUTO_UPDATE: "true"}), &["pods", "nodes"]))
            }),
        ] {
            assert_eq!(correct(&existing, &expected), correction, "{existing}");
        }
    }

    #[test]
    fn an_aggregated_role_keeps_its_rules_and_gets_its_selectors() {
        let selecting = |labels: &[&str]| {
            let selectors: Vec<_> = labels.iter().map(|label| json!({"matchLabels": {*label: "true"}})).collect();
            json!({"clusterRoleSelectors": selectors})
        };
        let with = |aggregation: Option<Value>| {
            let mut whole = role(&json!({AUTO_UPDATE: "true"}), &["pods"]);
            if let Some(aggregation) = aggregation {
                whole["aggregationRule"] = aggregation;
            }
            whole
        };
        let mut expected = with(Some(selecting(&["a"])));
        expected["rules"] = json!([]);
        assert_eq!(correct(&with(Some(selecting(&["a", "own"]))), &expected), Correction::None);
        assert_eq!(correct(&with(None), &expected), Correction::Update(with(Some(selecting(&["a"])))));
        assert_eq!(correct(&with(Some(selecting(&["a"]))), &with(None)), Correction::Update(with(None)));
    }

    #[test]
    fn a_binding_gets_back_its_subjects_and_is_made_anew_if_its_role_is_another() {
        let binding = |role: &str, subjects: &[&str]| {
            let subjects: Vec<_> = subjects.iter().map(|name| json!({"kind": "User", "name": name})).collect();
            json!({"metadata": {"annotations": {AUTO_UPDATE: "true"}, "labels": {"l": "1"}},
                "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": subjects})
        };
        let expected = binding("r", &["a", "b"]);
        for (existing, correction) in [
            (binding("r", &["b", "c", "a"]), Correction::None),
            (binding("r", &["c"]), Correction::Update(binding("r", &["c", "a", "b"]))),
            (binding("other", &["a", "b"]), Correction::Recreate),
        ] {
            assert_eq!(correct(&existing, &expected), correction, "{existing}");
        }
        let mut without = binding("r", &["a"]);
        without.as_object_mut().unwrap().remove("subjects");
        assert_eq!(correct(&without, &expected), Correction::Update(binding("r", &["a", "b"])));
        assert_eq!(correct(&without, &without), Correction::None);
    }
}
