use super::assert_spec;
use serde_json::{Value, json};

#[test]
fn tolerations_and_affinity() {
    let node = |expression: Value| {
        let terms = json!({"nodeSelectorTerms": [{"matchExpressions": [expression]}]});
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}})
    };
    let required = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    let cases: &[(Value, &[&str])] = &[
        (
            json!({"tolerations": [{"operator": "Exists"}, {"key": "a", "effect": "NoExecute", "tolerationSeconds": 5}]}),
            &[],
        ),
        (
            json!({"tolerations": [{"operator": "Equal"}]}),
            &[
                "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            ],
        ),
        (
            json!({"tolerations": [{"key": "a", "operator": "In"}]}),
            &["spec.tolerations[0].operator: Unsupported value: \"In\": supported values: \"Equal\", \"Exists\""],
        ),
        (
            json!({"tolerations": [{"key": "a", "operator": "Exists", "value": "v"}]}),
            &["spec.tolerations[0].operator: Invalid value: \"v\": value must be empty when `operator` is 'Exists'"],
        ),
        (
            json!({"tolerations": [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5}]}),
            &[
                "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set",
            ],
        ),
        (
            json!({"tolerations": [{"key": "a", "effect": "Whatever"}]}),
            &[
                "spec.tolerations[0].effect: Unsupported value: \"Whatever\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"",
            ],
        ),
        (node(json!({"key": "a", "operator": "In", "values": ["b"]})), &[]),
        (
            node(json!({"key": "a", "operator": "In"})),
            &[&format!(
                "{required}[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
            )],
        ),
        (
            node(json!({"key": "a", "operator": "Exists", "values": ["b"]})),
            &[&format!(
                "{required}[0].matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            )],
        ),
        (
            node(json!({"key": "a", "operator": "Is"})),
            &[&format!(
                "{required}[0].matchExpressions[0].operator: Invalid value: \"Is\": not a valid selector operator"
            )],
        ),
        (
            json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}}),
            &[&format!("{required}: Required value: must have at least one node selector term")],
        ),
        (
            json!({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 199, "preference": {}}]}}}),
            &[
                "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 199: must be in the range 1-100",
            ],
        ),
        (
            json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": ""}]}}}),
            &[
                "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty",
                "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must be non-empty",
                "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must consist of …",
            ],
        ),
        (
            json!({"topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "x"}]}),
            &[
                "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
                "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
                "spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"x\": supported values: \"DoNotSchedule\", \"ScheduleAnyway\"",
            ],
        ),
        (
            json!({"topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule"},
                {"maxSkew": 2, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule"},
            ]}),
            &[
                "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: \"{a, DoNotSchedule}\"",
            ],
        ),
        (
            json!({"tolerations": [{"key": "a", "operator": "Gt", "value": "1"}]}),
            &[
                "spec.tolerations[0].operator: Unsupported value: \"Gt\": supported values: \"Equal\", \"Exists\", \"Lt\", \"Gt\"",
            ],
        ),
    ];
    for (fragment, expected) in cases {
        assert_spec(fragment, expected);
    }
}

#[test]
fn keys_of_labels_that_match() {
    let selector = json!({"matchLabels": {"a": "b"}});
    let twice =
        json!({"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]});
    let spread = |fragment: Value| {
        let mut constraint = json!({"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"});
        super::merge(&mut constraint, &fragment);
        json!({"topologySpreadConstraints": [constraint]})
    };
    let path = "spec.topologySpreadConstraints[0]";
    let cases: &[(Value, &[&str])] = &[
        (spread(json!({"labelSelector": selector, "matchLabelKeys": ["c"]})), &[]),
        (
            spread(json!({"matchLabelKeys": ["c"]})),
            &[&format!("{path}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set")],
        ),
        (
            spread(json!({"labelSelector": twice, "matchLabelKeys": ["a"]})),
            &[&format!("{path}[0]: Invalid value: \"a\": exists in both matchLabelKeys and labelSelector")],
        ),
        (
            spread(json!({"minDomains": 0, "whenUnsatisfiable": "ScheduleAnyway"})),
            &[
                &format!("{path}.minDomains: Invalid value: 0: must be greater than zero"),
                &format!(
                    "{path}.minDomains: Invalid value: 0: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"
                ),
            ],
        ),
        (
            spread(json!({"nodeTaintsPolicy": "Maybe"})),
            &[&format!(
                "{path}.nodeTaintsPolicy: Unsupported value: \"Maybe\": supported values: \"Honor\", \"Ignore\""
            )],
        ),
    ];
    for (fragment, expected) in cases {
        assert_spec(fragment, expected);
    }
}
