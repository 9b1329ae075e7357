use super::{pod, typed};
use crate::{kinds, validation::pod::pod_warnings};
use machinery::strategy;
use serde_json::{Value, json};

fn assert_warnings(cases: &[(Value, &[&str])]) {
    for (fragment, expected) in cases {
        let pod = typed(&pod(fragment));
        assert_eq!(pod_warnings(&pod.metadata, &pod.spec.unwrap()), *expected, "{fragment}");
    }
}

#[test]
fn containers_and_their_ports() {
    let container = |fragment: Value| {
        let mut container = json!({"name": "c", "image": "i"});
        super::merge(&mut container, &fragment);
        container
    };
    let only = |fragment: Value| json!({"containers": [container(fragment)]});
    let hidden = "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply";
    let twice = |second: Value| only(json!({"env": [{"name": "A", "value": "1"}, second]}));
    assert_warnings(&[
        (json!({}), &[]),
        (twice(json!({"name": "A", "value": "2"})), &[hidden]),
        (twice(json!({"name": "A", "value": "$(A)"})), &[hidden]),
        (twice(json!({"name": "A", "value": "$(A)2"})), &[]),
        (twice(json!({"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}})), &[hidden]),
        (
            only(json!({"resources": {"limits": {"memory": "1500m"}}})),
            &[
                "spec.containers[0].resources.limits[memory]: fractional byte value \"1500m\" is invalid, must be an integer",
                "spec.containers[0].resources.requests[memory]: fractional byte value \"1500m\" is invalid, must be an integer",
            ],
        ),
        (
            json!({"containers": [
                container(json!({"ports": [{"containerPort": 80, "name": "a"}]})),
                container(json!({"name": "d", "ports": [
                    {"containerPort": 80, "name": "a"},
                    {"containerPort": 80, "hostPort": 80, "protocol": "UDP", "hostIP": "1.1.1.1"},
                    {"containerPort": 80, "hostPort": 80, "protocol": "UDP"},
                    {"containerPort": 80, "protocol": "UDP"},
                ]})),
            ]}),
            &[
                "spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]",
                "spec.containers[1].ports[2]: dangerously ambiguous port definition with spec.containers[1].ports[1]",
                "spec.containers[1].ports[3]: overlapping port definition with spec.containers[1].ports[1]",
                "spec.containers[1].ports[3]: overlapping port definition with spec.containers[1].ports[2]",
                "spec.containers[1].ports[0]: duplicate port name \"a\" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]",
            ],
        ),
        (
            only(json!({"ports": [{"containerPort": 80, "hostIP": "1.1.1.1"}]})),
            &[
                "spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:1.1.1.1}",
            ],
        ),
    ]);
}

#[test]
fn places() {
    let node = |kind: &str, term: Value| json!({"affinity": {"nodeAffinity": {kind: term}}});
    let os = json!({"matchExpressions": [{"key": "beta.kubernetes.io/os", "operator": "In", "values": ["-"]}]});
    assert_warnings(&[
        (
            json!({"nodeSelector": {"failure-domain.beta.kubernetes.io/zone": "a"}}),
            &[
                "spec.nodeSelector[failure-domain.beta.kubernetes.io/zone]: deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
            ],
        ),
        (
            node("requiredDuringSchedulingIgnoredDuringExecution", json!({"nodeSelectorTerms": [os]})),
            &[
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use \"kubernetes.io/os\" instead",
            ],
        ),
        (
            node(
                "preferredDuringSchedulingIgnoredDuringExecution",
                json!([{"weight": 1, "preference": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["-"]}]}}]),
            ),
            &[
                "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[0]: - is invalid, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            ],
        ),
        (
            json!({
                "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule"}],
                "affinity": {"podAntiAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"topologyKey": "a"}}],
                }},
            }),
            &[
                "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
                "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod",
            ],
        ),
    ]);
}

#[test]
fn volumes_names_and_addresses() {
    let items = |paths: [&str; 2]| json!([{"key": "k", "path": paths[0]}, {"key": "l", "path": paths[1]}]);
    assert_warnings(&[
        (
            json!({"volumes": [{"name": "v", "rbd": {"monitors": ["m"], "image": "i"}}]}),
            &["spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+"],
        ),
        (json!({"volumes": [{"name": "v", "secret": {"secretName": "s", "items": items(["a", "ab"])}}]}), &[]),
        (
            json!({"volumes": [{"name": "v", "secret": {"secretName": "s", "items": items(["a", "a/b"])}}]}),
            &["volume \"v\" (Secret \"s\"): overlapping paths: \"a/b\" with \"a\""],
        ),
        (
            json!({"volumes": [{"name": "v", "projected": {"sources": [
                {"serviceAccountToken": {"path": "a"}},
                {"configMap": {"name": "c", "items": [{"key": "k", "path": "a/"}]}},
            ]}}]}),
            &["volume \"v\" (Projected): overlapping paths: \"a\" (ConfigMap \"c\") with \"a\" (ServiceAccountToken)"],
        ),
        (
            json!({"imagePullSecrets": [{"name": ""}, {"name": "s"}, {"name": "s"}]}),
            &[
                "spec.imagePullSecrets[2].name: duplicate name \"s\"",
                "spec.imagePullSecrets[0].name: invalid empty name \"\"",
            ],
        ),
        (
            json!({"hostAliases": [{"ip": "FD00::1"}, {"ip": "1.1.1.1"}, {"ip": "1.1.1.1"}]}),
            &[
                "spec.hostAliases[2].ip: duplicate ip \"1.1.1.1\"",
                "spec.hostAliases[0].ip: IPv6 address \"FD00::1\" should be in RFC 5952 canonical format (\"fd00::1\")",
            ],
        ),
        (
            json!({"terminationGracePeriodSeconds": -1}),
            &["spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"],
        ),
    ]);
}

#[test]
fn metadata_of_pods_and_templates() {
    let seccomp = "seccomp.security.alpha.kubernetes.io/pod";
    let template = json!({
        "metadata": {"annotations": {seccomp: "unconfined", "container.apparmor.security.beta.kubernetes.io/c": "unconfined"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    });
    let expected = |prefix: &str| {
        [
            format!(
                r#"{prefix}metadata.annotations[{seccomp}]: non-functional in v1.27+; use the \"seccompProfile\" field instead"#
            ),
            format!(
                r#"{prefix}metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the \"appArmorProfile\" field instead"#
            ),
        ]
    };
    let cases = [
        (kinds::POD_TEMPLATE, json!({"template": template}), "template."),
        (kinds::DEPLOYMENT, json!({"spec": {"template": template}}), "spec.template."),
        (
            kinds::CRON_JOB,
            json!({"spec": {"jobTemplate": {"spec": {"template": template}}}}),
            "spec.jobTemplate.spec.template.",
        ),
    ];
    for (kind, object, prefix) in cases {
        assert_eq!(strategy::of(&kind).warnings(&object), expected(prefix), "{kind}");
    }
    let mut dotted = pod(&json!({}));
    dotted["metadata"]["name"] = json!("a.b");
    let warnings = strategy::of(&kinds::POD).warnings(&dotted);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("metadata.name: this is used in the Pod's hostname"), "{warnings:?}");
}
