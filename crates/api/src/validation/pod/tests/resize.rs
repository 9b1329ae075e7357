use serde_json::{Value, json};

use super::{assert_errors, merge, pod, texts};
use crate::validation::{validate_binding, validate_resize_update};

fn container(resources: &Value) -> Value {
    json!([{"name": "c", "image": "i:1", "resources": resources}])
}

fn assert_resizes(cases: &[(Value, Value, &[&str])]) {
    for (old, new, expected) in cases {
        assert_errors(&validate_resize_update(&pod(new), &pod(old)), expected, &json!([old, new]));
    }
}

#[test]
fn containers_get_other_processors_and_memory() {
    let of = |resources: Value| json!({"containers": container(&resources)});
    let init = |policy: &str, cpu: &str| {
        let policies = json!([{"resourceName": "cpu", "restartPolicy": policy}]);
        let resources = json!({"requests": {"cpu": cpu}});
        json!({
            "containers": container(&json!({"requests": {"cpu": "1"}})),
            "initContainers": [{"name": "i", "image": "i:1", "resizePolicy": policies, "resources": resources}],
        })
    };
    assert_resizes(&[
        (of(json!({"requests": {"cpu": "1"}})), of(json!({"requests": {"cpu": "2", "memory": "1Gi"}})), &[]),
        (init("NotRequired", "1"), init("NotRequired", "2"), &[]),
        (
            of(json!({"requests": {"cpu": "1"}})),
            of(json!({"requests": {"cpu": "1"}, "limits": {"example.com/gpu": "1"}})),
            &["spec: Forbidden: only cpu and memory resources are mutable"],
        ),
        (
            of(json!({"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2"}})),
            of(json!({"requests": {"cpu": "1"}})),
            &[
                "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
                "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed",
            ],
        ),
        (
            of(json!({"requests": {"cpu": "1"}})),
            of(json!({"limits": {"cpu": "1", "memory": "1Gi"}})),
            &["spec: Invalid value: \"\": Pod QOS Class may not change as a result of resizing"],
        ),
        (
            of(json!({})),
            json!({"containers": [{"name": "d", "image": "i:1"}]}),
            &["spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize"],
        ),
        (
            of(json!({})),
            json!({"containers": container(&json!({})), "initContainers": [{"name": "i", "image": "i:1"}]}),
            &["spec.initContainers: Forbidden: initContainers may not be added or removed on resize"],
        ),
        (
            of(json!({})),
            json!({"containers": container(&json!({})), "volumes": [{"name": "v"}]}),
            &[
                "spec.volumes: Forbidden: volumes are immutable on resize when InPlacePodVerticalScalingMemoryBackedVolumes feature gate is disabled",
            ],
        ),
        (
            of(json!({})),
            json!({"containers": container(&json!({})), "hostNetwork": true}),
            &["spec: Forbidden: only cpu and memory resources are mutable"],
        ),
    ]);
}

#[test]
fn pods_get_other_processors_and_memory() {
    let of = |resources: Value| json!({"containers": container(&json!({})), "resources": resources});
    assert_resizes(&[
        (of(json!({"requests": {"cpu": "1"}})), of(json!({"requests": {"cpu": "2"}})), &[]),
        (
            of(json!({"requests": {"cpu": "1"}})),
            json!({"containers": container(&json!({"requests": {"cpu": "1"}}))}),
            &["spec.resources: Forbidden: pod-level resources cannot be removed"],
        ),
        (
            of(json!({"requests": {"cpu": "1"}})),
            of(json!({"requests": {"memory": "1Gi"}})),
            &["spec.resources.requests: Forbidden: pod-level resource requests cannot be removed"],
        ),
        (
            of(json!({"requests": {"cpu": "1"}, "limits": {"hugepages-2Mi": "2Mi"}})),
            of(json!({"requests": {"cpu": "1"}, "limits": {"hugepages-2Mi": "4Mi"}})),
            &["spec: Forbidden: only cpu and memory resources are mutable at pod-level"],
        ),
    ]);
}

#[test]
fn some_pods_cannot_be_resized() {
    let running = |fragment: Value| {
        let mut status = json!({"name": "c", "state": {"running": {}}});
        merge(&mut status, &fragment);
        json!({"status": {"containerStatuses": [status]}})
    };
    let mirror = json!({"metadata": {
        "name": "a", "namespace": "n", "annotations": {"kubernetes.io/config.mirror": ""}},
    });
    let cases: &[(Value, Value, &[&str])] = &[
        (json!({}), running(json!({"resources": {}})), &[]),
        (json!({}), running(json!({})), &["spec: Forbidden: Pod running on node without support for resize"]),
        (json!({"nodeName": "n"}), mirror, &["[]: Forbidden: static pods cannot be resized"]),
        (json!({"os": {"name": "windows"}}), json!({}), &["[]: Forbidden: windows pods cannot be resized"]),
    ];
    for (spec, fragment, expected) in cases {
        let mut pod = pod(spec);
        merge(&mut pod, fragment);
        assert_errors(&validate_resize_update(&pod, &pod), expected, fragment);
    }
}

#[test]
fn bindings_name_nodes() {
    let cases: [(Value, &[&str]); 4] = [
        (json!({"kind": "Node", "name": "n"}), &[]),
        (json!({"name": "n"}), &[]),
        (
            json!({"kind": "Pod"}),
            &[
                "target.kind: Unsupported value: \"Pod\": supported values: \"Node\", \"<empty>\"",
                "target.name: Required value",
            ],
        ),
        (json!({"name": "N"}), &["target.name: Invalid value: \"N\": a lowercase RFC 1123 subdomain must …"]),
    ];
    for (target, expected) in cases {
        let errors = validate_binding(&json!({"metadata": {"name": "p"}, "target": target}));
        assert_errors(&errors, expected, &target);
    }
    assert_eq!(texts(&validate_binding(&json!({"target": {}}))), ["target.name: Required value"]);
}
