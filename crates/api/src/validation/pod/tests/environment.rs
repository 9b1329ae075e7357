use super::{assert_container, assert_spec};
use serde_json::{Value, json};

#[test]
fn environment() {
    let from = |source: Value| json!([{"name": "A", "valueFrom": source}]);
    let cases: &[(Value, &[&str])] = &[
        (json!([{"name": "abc", "value": "v"}, {"name": "a.b", "value": ""}, {"name": "1"}]), &[]),
        (json!([{"name": ""}]), &["env[0].name: Required value"]),
        (
            json!([{"name": "a=b"}]),
            &[
                "env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='",
            ],
        ),
        (from(json!({"fieldRef": {"fieldPath": "metadata.name"}})), &[]),
        (from(json!({"fieldRef": {"fieldPath": "metadata.labels['a']"}})), &[]),
        (from(json!({"fieldRef": {"fieldPath": "status.podIP"}})), &[]),
        (
            from(json!({"fieldRef": {"fieldPath": "metadata.labels"}})),
            &[
                "env[0].valueFrom.fieldRef.fieldPath: Unsupported value: \"metadata.labels\": supported values: \"metadata.name\"…",
            ],
        ),
        (
            from(json!({"fieldRef": {"fieldPath": "metadata.whoops"}})),
            &[
                "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.whoops\": error converting fieldPath: field label not supported: metadata.whoops",
            ],
        ),
        (
            from(json!({"fieldRef": {"fieldPath": "spec.nodeName['a']"}})),
            &[
                "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.nodeName['a']\": error converting fieldPath: field label does not support subscript…",
            ],
        ),
        (from(json!({"fieldRef": {"fieldPath": ""}})), &["env[0].valueFrom.fieldRef.fieldPath: Required value"]),
        (from(json!({"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}})), &[]),
        (
            from(json!({"resourceFieldRef": {"resource": "limits.cpu", "divisor": "2"}})),
            &[
                "env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are supported with the cpu resource",
            ],
        ),
        (
            from(json!({"resourceFieldRef": {"resource": "limits.time"}})),
            &[
                "env[0].valueFrom.resourceFieldRef.resource: Unsupported value: \"limits.time\": supported values: \"limits.cpu\"…",
            ],
        ),
        (from(json!({"secretKeyRef": {"name": "s", "key": "k"}})), &[]),
        (
            from(json!({"secretKeyRef": {"name": "s", "key": "a/b"}})),
            &["env[0].valueFrom.secretKeyRef.key: Invalid value: \"a/b\": a valid config key must consist of …"],
        ),
        (from(json!({"configMapKeyRef": {"name": "s"}})), &["env[0].valueFrom.configMapKeyRef.key: Required value"]),
        (
            from(json!({})),
            &[
                "env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
            ],
        ),
        (
            json!([{"name": "A", "value": "v", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
            &["env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"],
        ),
        (
            from(json!({"fieldRef": {"fieldPath": "metadata.name"}, "secretKeyRef": {"name": "s", "key": "k"}})),
            &["env[0].valueFrom: Invalid value: \"\": may not have more than one field specified at a time"],
        ),
        (
            from(json!({"fieldRef": {"apiVersion": "v2", "fieldPath": "metadata.name"}})),
            &[
                "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.name\": error converting fieldPath: unsupported pod version: v2",
            ],
        ),
        (
            from(json!({"fileKeyRef": {"key": "K", "volumeName": "V", "path": "../a"}})),
            &[
                "env[0].valueFrom.fileKeyRef.volumeName: Invalid value: \"V\": a lowercase RFC 1123 label must consist of …",
                "env[0].valueFrom.fileKeyRef.path: Invalid value: \"../a\": must not contain '..'",
                "env[0].valueFrom.fileKeyRef.volumeName: Not found: \"V\"",
            ],
        ),
    ];
    for (env, expected) in cases {
        assert_container(&json!({"env": env}), expected);
    }
    let cases: &[(Value, &[&str])] = &[
        (json!([{"configMapRef": {"name": "c"}}, {"prefix": "p_", "secretRef": {"name": "s"}}]), &[]),
        (json!([{"configMapRef": {"name": ""}}]), &["envFrom[0].configMapRef.name: Required value"]),
        (
            json!([{"secretRef": {"name": "$"}}]),
            &["envFrom[0].secretRef.name: Invalid value: \"$\": a lowercase RFC 1123 subdomain must consist of …"],
        ),
        (json!([{}]), &["envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"]),
        (
            json!([{"configMapRef": {"name": "c"}, "secretRef": {"name": "s"}}]),
            &["envFrom: Invalid value: \"\": may not have more than one field specified at a time"],
        ),
        (json!([{"secretRef": {"name": "s-"}}]), &[]),
    ];
    for (env_from, expected) in cases {
        assert_container(&json!({"envFrom": env_from}), expected);
    }
}

#[test]
fn files_of_variables_are_in_empty_directories() {
    let variable = json!({"name": "A", "valueFrom": {"fileKeyRef": {"key": "K", "volumeName": "v", "path": "p"}}});
    let pod =
        |volume: Value| json!({"volumes": [volume], "containers": [{"name": "c", "image": "i:1", "env": [variable]}]});
    let path = "spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName";
    let cases: &[(Value, &[&str])] = &[
        (pod(json!({"name": "v", "emptyDir": {}})), &[]),
        (pod(json!({"name": "w", "emptyDir": {}})), &[&format!("{path}: Not found: \"v\"")]),
        (
            pod(json!({"name": "v", "secret": {"secretName": "s"}})),
            &[&format!("{path}: Invalid value: \"v\": referenced volume must be of type emptyDir")],
        ),
    ];
    for (fragment, expected) in cases {
        assert_spec(fragment, expected);
    }
}
