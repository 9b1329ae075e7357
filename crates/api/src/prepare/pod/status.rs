//! What a client that writes a pod's status keeps by not mentioning it.

use serde_json::{Value, json};

/// Fields that older nodes do not know. Lists of claims can still be emptied.
const KEPT: [&str; 4] =
    ["qosClass", "resourceClaimStatuses", "extendedResourceClaimStatus", "nodeAllocatableResourceClaimStatuses"];

/// Puts back what the new status leaves out of the old one.
pub fn keep_status(new: &mut Value, old: &Value) {
    for field in KEPT {
        let was = &old["status"][field];
        if is_unset(&new["status"][field]) && !was.is_null() {
            new["status"][field] = was.clone();
        }
    }
    let Some(status) = new.get_mut("status") else { return };
    keep_observed_generation(status, &old["status"]);
    let mut before: Vec<&Value> = old["status"]["conditions"].as_array().into_iter().flatten().collect();
    for condition in status.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        // Conditions of one type are told apart by their order.
        if let Some(index) = before.iter().position(|old| old["type"] == condition["type"]) {
            keep_observed_generation(condition, before.remove(index));
        }
    }
}

fn keep_observed_generation(new: &mut Value, old: &Value) {
    let generation = old["observedGeneration"].as_i64().filter(|generation| *generation != 0);
    if let Some(generation) = generation.filter(|_| new["observedGeneration"].as_i64().unwrap_or_default() == 0) {
        new["observedGeneration"] = json!(generation);
    }
}

fn is_unset(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

#[cfg(test)]
mod tests {
    use super::keep_status;
    use serde_json::{Value, json};

    #[test]
    fn what_is_not_mentioned_is_kept() {
        let ready = |generation: i64| json!({"type": "Ready", "observedGeneration": generation});
        let cases: [(Value, Value, Value); 6] = [
            (json!({}), json!({"qosClass": "Burstable"}), json!({"qosClass": "Burstable"})),
            (json!({"qosClass": ""}), json!({"qosClass": "Burstable"}), json!({"qosClass": "Burstable"})),
            (
                json!({"resourceClaimStatuses": []}),
                json!({"resourceClaimStatuses": [{"name": "a"}]}),
                json!({"resourceClaimStatuses": []}),
            ),
            (
                json!({"phase": "Running"}),
                json!({"observedGeneration": 2}),
                json!({"phase": "Running", "observedGeneration": 2}),
            ),
            (json!({"observedGeneration": 3}), json!({"observedGeneration": 2}), json!({"observedGeneration": 3})),
            (
                json!({"conditions": [{"type": "Ready"}, {"type": "Ready"}, {"type": "Other"}]}),
                json!({"conditions": [ready(1), ready(2)]}),
                json!({"conditions": [ready(1), ready(2), {"type": "Other"}]}),
            ),
        ];
        for (new, old, expected) in cases {
            let mut pod = json!({"status": new});
            keep_status(&mut pod, &json!({"status": old}));
            assert_eq!(pod["status"], expected, "{new} after {old}");
        }
    }
}
