//! Terms that select pods by the labels of the pod that has them (KEP-3633, KEP-3243): the values of its labels are
//! known once it is created, and are written into the selectors then.

use serde_json::{Value, json};

const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// Adds a requirement for each key in `matchLabelKeys` and `mismatchLabelKeys` of affinities and spread constraints.
pub fn select_own_labels(pod: &mut Value) {
    let labels = pod["metadata"]["labels"].clone();
    for affinity in ["podAffinity", "podAntiAffinity"] {
        let affinity = format!("/spec/affinity/{affinity}");
        for term in items(pod, &format!("{affinity}/{PREFERRED}")) {
            select(&mut term["podAffinityTerm"], &labels);
        }
        items(pod, &format!("{affinity}/{REQUIRED}")).for_each(|term| select(term, &labels));
    }
    items(pod, "/spec/topologySpreadConstraints").for_each(|constraint| select(constraint, &labels));
}

fn items<'pod>(pod: &'pod mut Value, pointer: &str) -> impl Iterator<Item = &'pod mut Value> + use<'pod> {
    pod.pointer_mut(pointer).and_then(Value::as_array_mut).into_iter().flatten()
}

/// A term without a selector selects nothing, with or without its keys.
fn select(term: &mut Value, labels: &Value) {
    let requirement = |key: &Value, operator: &str| {
        let value = labels.get(key.as_str()?)?;
        Some(json!({"key": key, "operator": operator, "values": [value]}))
    };
    let keys = |field: &str| term[field].as_array().cloned().unwrap_or_default();
    let matching = keys("matchLabelKeys").into_iter().filter_map(|key| requirement(&key, "In"));
    let mismatching = keys("mismatchLabelKeys").into_iter().filter_map(|key| requirement(&key, "NotIn"));
    let own: Vec<Value> = matching.chain(mismatching).collect();
    let Some(selector) = term.get_mut("labelSelector").filter(|selector| selector.is_object()) else { return };
    if own.is_empty() {
        return;
    }
    let mut requirements = selector["matchExpressions"].as_array().cloned().unwrap_or_default();
    requirements.extend(own);
    selector["matchExpressions"] = json!(requirements);
}

#[cfg(test)]
mod tests {
    use super::{PREFERRED, REQUIRED, select_own_labels};
    use serde_json::{Value, json};

    #[test]
    fn own_values_are_selected() {
        let selected = |expressions: Value| json!({"matchExpressions": expressions});
        let requirement = |operator: &str| json!({"key": "a", "operator": operator, "values": ["b"]});
        let cases = [
            (json!({"labelSelector": {}, "matchLabelKeys": ["a", "none"]}), selected(json!([requirement("In")]))),
            (json!({"labelSelector": {}, "mismatchLabelKeys": ["a"]}), selected(json!([requirement("NotIn")]))),
            (
                json!({"labelSelector": selected(json!([requirement("Exists")])), "matchLabelKeys": ["a"]}),
                selected(json!([requirement("Exists"), requirement("In")])),
            ),
            (json!({"matchLabelKeys": ["a"]}), Value::Null),
            (json!({"labelSelector": {}}), json!({})),
        ];
        for (term, expected) in cases {
            let mut pod = json!({
                "metadata": {"labels": {"a": "b"}},
                "spec": {
                    "affinity": {
                        "podAffinity": {REQUIRED: [term]},
                        "podAntiAffinity": {PREFERRED: [{"podAffinityTerm": term}]},
                    },
                    "topologySpreadConstraints": [term],
                },
            });
            select_own_labels(&mut pod);
            let places = [
                format!("/spec/affinity/podAffinity/{REQUIRED}/0"),
                format!("/spec/affinity/podAntiAffinity/{PREFERRED}/0/podAffinityTerm"),
                "/spec/topologySpreadConstraints/0".to_owned(),
            ];
            for place in places {
                assert_eq!(pod.pointer(&place).unwrap()["labelSelector"], expected, "{place} {term}");
            }
        }
    }
}
