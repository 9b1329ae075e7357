use crate::kinds;
use machinery::{
    field::ErrorList,
    kind::Kind,
    strategy::{Part, of},
};
use serde_json::{Value, json};

fn kind(group: &str, plural: &str) -> &'static Kind {
    kinds::all().iter().find(|kind| kind.group == group && kind.plural == plural).unwrap()
}

fn texts(errors: &ErrorList) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

fn assert_starts(found: &[String], expected: &[&str], case: &Value) {
    let same =
        found.len() == expected.len() && found.iter().zip(expected).all(|(found, start)| found.starts_with(start));
    assert!(same, "{case}\nfound:    {found:#?}\nexpected: {expected:#?}");
}

fn assert_new(cases: &[(&str, &str, Value, &[&str])]) {
    for (group, plural, object, expected) in cases {
        let kind = kind(group, plural);
        let mut object = object.clone();
        of(kind).default(&mut object);
        assert_starts(&texts(&of(kind).validate_content(&object)), expected, &object);
    }
}

#[test]
fn nodes_namespaces_events_and_configuration() {
    let cases: &[(&str, &str, Value, &[&str])] = &[
        (
            "",
            "nodes",
            json!({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}], "podCIDRs": ["10.0.0.0/24"]}}),
            &[],
        ),
        ("", "nodes", json!({"spec": {"taints": [{"key": "a"}]}}), &["metadata.taints[0].effect: Required value"]),
        (
            "",
            "nodes",
            json!({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoSchedule"}]}}),
            &[
                "metadata.taints[1]: Duplicate value: {\"effect\":\"NoSchedule\",\"key\":\"a\"}: taints must be unique by key and effect pair",
            ],
        ),
        (
            "",
            "nodes",
            json!({"spec": {"podCIDRs": ["10.0.0.0"]}}),
            &[
                "spec.podCIDRs[0]: Invalid value: \"10.0.0.0\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
            ],
        ),
        (
            "",
            "nodes",
            json!({"status": {"capacity": {"cpu": "-1"}, "allocatable": {"cpu": "1"}}}),
            &["status.capacity.cpu: Invalid value: \"-1\": must be greater than or equal to 0"],
        ),
        (
            "",
            "namespaces",
            json!({"spec": {"finalizers": ["mine"]}}),
            &[
                "spec.finalizers: Invalid value: \"mine\": name is neither a standard finalizer name nor is it fully qualified",
            ],
        ),
        ("", "events", json!({"metadata": {"namespace": "a"}, "involvedObject": {"namespace": "a"}}), &[]),
        (
            "",
            "events",
            json!({"metadata": {"namespace": "a"}, "involvedObject": {"namespace": "b"}}),
            &["involvedObject.namespace: Invalid value: \"b\": does not match event.namespace"],
        ),
        (
            "",
            "events",
            json!({"metadata": {"namespace": "a"}, "involvedObject": {"namespace": "a"}, "eventTime": "2026-01-01T00:00:00.000000Z", "reportingComponent": "kubelet"}),
            &["reportingInstance: Required value", "action: Required value", "reason: Required value"],
        ),
        ("", "configmaps", json!({"data": {"a.b": "c"}}), &[]),
        ("", "configmaps", json!({"data": {"..": "c"}}), &["data[..]: Invalid value: \"..\": must not be '..'"]),
        (
            "",
            "configmaps",
            json!({"data": {"a": "c"}, "binaryData": {"a": "Yg=="}}),
            &["data[a]: Invalid value: \"a\": duplicate of key present in binaryData"],
        ),
        (
            "",
            "configmaps",
            json!({"data": {"a": "x".repeat(1024 * 1024 + 1)}}),
            &["[]: Too long: may not be more than 1048576 bytes"],
        ),
        ("", "secrets", json!({"data": {"a": "Yg=="}}), &[]),
        (
            "",
            "secrets",
            json!({"type": "kubernetes.io/tls", "data": {"tls.crt": "Yg=="}}),
            &["data[tls.key]: Required value"],
        ),
        (
            "",
            "secrets",
            json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "Yg=="}}),
            &["data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": "],
        ),
        (
            "coordination.k8s.io",
            "leases",
            json!({"spec": {"leaseDurationSeconds": 0}}),
            &["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"],
        ),
    ];
    assert_new(cases);
}

#[test]
fn services() {
    let cases: &[(&str, &str, Value, &[&str])] = &[
        ("", "services", json!({"spec": {"ports": [{"port": 80}]}}), &[]),
        ("", "services", json!({"spec": {}}), &["spec.ports: Required value"]),
        (
            "",
            "services",
            json!({"spec": {"ports": [{"port": 80}, {"port": 81}]}}),
            &["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
        ),
        (
            "",
            "services",
            json!({"spec": {"ports": [{"port": 0, "targetPort": 80}], "type": "Odd"}}),
            &[
                "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "spec.type: Unsupported value: \"Odd\": supported values: \"ClusterIP\"",
            ],
        ),
        (
            "",
            "services",
            json!({"spec": {"ports": [{"port": 80, "nodePort": 30000}]}}),
            &["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
        ),
        ("", "services", json!({"spec": {"type": "ExternalName"}}), &["spec.externalName: Required value"]),
        (
            "",
            "services",
            json!({"spec": {"ports": [{"port": 80}], "externalIPs": ["127.0.0.1"]}}),
            &[
                "spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)",
            ],
        ),
    ];
    assert_new(cases);
}

#[test]
fn workloads() {
    let template =
        |labels: Value| json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let good = template(json!({"a": "b"}));
    let selector = json!({"matchLabels": {"a": "b"}});
    let cases: &[(&str, &str, Value, &[&str])] = &[
        ("apps", "deployments", json!({"spec": {"selector": selector, "template": good}}), &[]),
        (
            "apps",
            "deployments",
            json!({"spec": {"selector": selector, "template": template(json!({"a": "c"}))}}),
            &[
                "spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: `selector` does not match template `labels`",
            ],
        ),
        (
            "apps",
            "deployments",
            json!({"spec": {"replicas": -1, "selector": {}, "template": good}}),
            &[
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
                "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
            ],
        ),
        (
            "apps",
            "deployments",
            json!({"spec": {"selector": selector, "template": good, "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}}}}),
            &["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
        ),
        (
            "batch",
            "jobs",
            json!({"spec": {"template": good}}),
            &["spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""],
        ),
        (
            "",
            "persistentvolumeclaims",
            json!({"spec": {}}),
            &[
                "spec.accessModes: Required value: at least 1 access mode is required",
                "spec.resources[storage]: Required value",
            ],
        ),
    ];
    assert_new(cases);
}

#[test]
fn updates() {
    let cases: &[(&str, &str, Value, Value, &[&str])] = &[
        (
            "",
            "configmaps",
            json!({"immutable": true, "data": {"a": "b"}}),
            json!({"immutable": true, "data": {"a": "c"}}),
            &["data: Forbidden: field is immutable when `immutable` is set"],
        ),
        (
            "",
            "secrets",
            json!({"type": "Opaque"}),
            json!({"type": "mine"}),
            &["type: Invalid value: \"mine\": field is immutable"],
        ),
        (
            "",
            "nodes",
            json!({"spec": {"podCIDRs": ["10.0.0.0/24"], "providerID": "a"}}),
            json!({"spec": {}}),
            &[
                "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid",
                "spec.providerID: Forbidden: node updates may not change providerID except from \"\" to valid",
            ],
        ),
        (
            "",
            "services",
            json!({"spec": {"ports": [{"port": 80}], "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"]}}),
            json!({"spec": {"ports": [{"port": 80}], "clusterIP": "10.0.0.2", "clusterIPs": ["10.0.0.2"]}}),
            &["spec.clusterIPs[0]: Invalid value: [\"10.0.0.2\"]: may not change once set"],
        ),
        (
            "rbac.authorization.k8s.io",
            "rolebindings",
            json!({"roleRef": {"kind": "Role", "name": "a"}}),
            json!({"roleRef": {"kind": "Role", "name": "b"}}),
            &[
                "roleRef: Invalid value: {\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"Role\",\"name\":\"b\"}: cannot change roleRef",
            ],
        ),
    ];
    for (group, plural, old, new, expected) in cases {
        let kind = kind(group, plural);
        let (mut old, mut new) = (old.clone(), new.clone());
        of(kind).default(&mut old);
        of(kind).default(&mut new);
        assert_starts(&texts(&of(kind).validate_content_update(Part::Whole, &new, &old)), expected, &new);
    }
}

#[test]
fn a_namespace_s_phase_follows_its_deletion() {
    let namespace = json!({"status": {"phase": "Terminating"}});
    assert_eq!(
        texts(&of(kind("", "namespaces")).validate_content_update(Part::Status, &namespace, &namespace)),
        ["status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"]
    );
}
