use crate::kinds;
use machinery::strategy;
use serde_json::{Value, json};

/// Applies the defaults and returns what stands at the pointers.
fn defaulted(group: &str, kind: &str, mut object: Value) -> Value {
    strategy::of(kinds::named(group, kind)).default(&mut object);
    let once = object.clone();
    strategy::of(kinds::named(group, kind)).default(&mut object);
    assert_eq!(object, once, "applying defaults twice changes nothing");
    object
}

#[test]
fn a_minimal_pod_is_completed() {
    let pod = json!({"spec": {"containers": [{"name": "a", "image": "busybox"}]}});
    assert_eq!(
        defaulted("", "Pod", pod),
        json!({"spec": {
            "containers": [{
                "name": "a",
                "image": "busybox",
                "imagePullPolicy": "Always",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }],
            "dnsPolicy": "ClusterFirst",
            "enableServiceLinks": true,
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        }})
    );
}

#[test]
fn what_a_pod_says_is_kept_and_completed() {
    let cases = [
        (json!({"restartPolicy": "Never"}), "/restartPolicy", json!("Never")),
        (json!({"restartPolicy": ""}), "/restartPolicy", json!("Always")),
        (json!({"terminationGracePeriodSeconds": 0}), "/terminationGracePeriodSeconds", json!(0)),
        (json!({"enableServiceLinks": false}), "/enableServiceLinks", json!(false)),
        (json!({"serviceAccount": "old"}), "/serviceAccountName", json!("old")),
        (json!({"serviceAccountName": "new"}), "/serviceAccount", json!("new")),
        (json!({"volumes": [{"name": "v"}]}), "/volumes/0/emptyDir", json!({})),
        (json!({"volumes": [{"name": "v", "hostPath": {"path": "/a"}}]}), "/volumes/0/hostPath/type", json!("")),
        (
            json!({"volumes": [{"name": "v", "configMap": {"name": "c"}}]}),
            "/volumes/0/configMap/defaultMode",
            json!(420),
        ),
        (
            json!({"volumes": [{"name": "v", "secret": {"defaultMode": 256}}]}),
            "/volumes/0/secret/defaultMode",
            json!(256),
        ),
        (
            json!({"volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]}),
            "/volumes/0/projected/sources/0/serviceAccountToken/expirationSeconds",
            json!(3600),
        ),
        (
            json!({"volumes": [{"name": "v", "downwardAPI": {"items": [{"fieldRef": {"fieldPath": "metadata.name"}}]}}]}),
            "/volumes/0/downwardAPI/items/0/fieldRef/apiVersion",
            json!("v1"),
        ),
        (json!({"containers": [{"ports": [{"containerPort": 80}]}]}), "/containers/0/ports/0/protocol", json!("TCP")),
        (
            json!({"hostNetwork": true, "containers": [{"ports": [{"containerPort": 80}]}]}),
            "/containers/0/ports/0/hostPort",
            json!(80),
        ),
        (
            json!({"containers": [{"resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}}]}),
            "/containers/0/resources/requests",
            json!({"cpu": "500m", "memory": "1Gi"}),
        ),
        (
            json!({"containers": [{"livenessProbe": {"httpGet": {"port": 80}, "timeoutSeconds": 0}}]}),
            "/containers/0/livenessProbe",
            json!({
                "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
                "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
            }),
        ),
        (
            json!({"containers": [{"readinessProbe": {"grpc": {"port": 80}}}]}),
            "/containers/0/readinessProbe/grpc/service",
            json!(""),
        ),
        (
            json!({"containers": [{"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}]}),
            "/containers/0/env/0/valueFrom/fieldRef/apiVersion",
            json!("v1"),
        ),
        (
            json!({"containers": [{"lifecycle": {"preStop": {"httpGet": {"port": 80}}}}]}),
            "/containers/0/lifecycle/preStop/httpGet/scheme",
            json!("HTTP"),
        ),
        (json!({"initContainers": [{"image": "a:1"}]}), "/initContainers/0/imagePullPolicy", json!("IfNotPresent")),
        (
            json!({"containers": [{"resources": {"limits": {"cpu": "100u", "memory": "1Gi"}}}]}),
            "/containers/0/resources/limits",
            json!({"cpu": "1m", "memory": "1Gi"}),
        ),
        (json!({"overhead": {"cpu": "1500u"}}), "/overhead/cpu", json!("2m")),
        (
            json!({"containers": [{"env": [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}]}]}),
            "/containers/0/env/0/valueFrom/resourceFieldRef/divisor",
            json!("0"),
        ),
        (
            json!({"volumes": [{"name": "v", "projected": {"sources": [{"podCertificate": {"keyType": "ED25519"}}]}}]}),
            "/volumes/0/projected/sources/0/podCertificate/maxExpirationSeconds",
            json!(86400),
        ),
    ];
    for (spec, pointer, expected) in cases {
        let pod = defaulted("", "Pod", json!({"spec": spec}));
        assert_eq!(pod["spec"].pointer(pointer), Some(&expected), "{spec}");
    }
}

#[test]
fn a_template_gets_less_than_a_pod() {
    let spec = json!({"containers": [{"image": "a:1", "resources": {"limits": {"cpu": "1"}}}]});
    let object = defaulted("apps", "ReplicaSet", json!({"spec": {"template": {"spec": spec}}}));
    assert_eq!(object.pointer("/spec/template/spec/enableServiceLinks"), None);
    assert_eq!(object.pointer("/spec/template/spec/containers/0/resources/requests"), None);
    assert_eq!(object.pointer("/spec/template/spec/dnsPolicy"), Some(&json!("ClusterFirst")));
}

#[test]
fn other_kinds_have_their_defaults() {
    let cases = [
        (
            "",
            "Secret",
            json!({"stringData": {"a": "b"}, "data": {"c": "ZA=="}}),
            "/data",
            json!({"a": "Yg==", "c": "ZA=="}),
        ),
        ("", "Secret", json!({}), "/type", json!("Opaque")),
        (
            "",
            "Namespace",
            json!({"metadata": {"name": "n"}}),
            "/metadata/labels/kubernetes.io~1metadata.name",
            json!("n"),
        ),
        ("", "Namespace", json!({"metadata": {"name": "n"}}), "/status/phase", json!("Active")),
        ("", "Node", json!({"status": {"capacity": {"cpu": "1"}}}), "/status/allocatable", json!({"cpu": "1"})),
        ("", "Service", json!({"spec": {"ports": [{"port": 80}]}}), "/spec/ports/0/targetPort", json!(80)),
        ("", "Service", json!({"spec": {"ports": [{"port": 80}]}}), "/spec/ports/0/protocol", json!("TCP")),
        ("", "Service", json!({"spec": {}}), "/spec/type", json!("ClusterIP")),
        ("", "Service", json!({"spec": {}}), "/spec/sessionAffinity", json!("None")),
        ("", "Service", json!({"spec": {}}), "/spec/internalTrafficPolicy", json!("Cluster")),
        ("", "Service", json!({"spec": {"type": "NodePort"}}), "/spec/externalTrafficPolicy", json!("Cluster")),
        (
            "",
            "Service",
            json!({"spec": {"sessionAffinity": "ClientIP"}}),
            "/spec/sessionAffinityConfig/clientIP/timeoutSeconds",
            json!(10800),
        ),
        ("", "PersistentVolumeClaim", json!({"spec": {}}), "/spec/volumeMode", json!("Filesystem")),
        ("", "PersistentVolume", json!({"spec": {}}), "/spec/persistentVolumeReclaimPolicy", json!("Retain")),
        (
            "",
            "ReplicationController",
            json!({"spec": {"template": {"metadata": {"labels": {"a": "b"}}}}}),
            "/spec/selector",
            json!({"a": "b"}),
        ),
        (
            "apps",
            "Deployment",
            json!({"spec": {}}),
            "/spec",
            json!({
                "replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
                "template": {"spec": {
                    "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
                    "securityContext": {}, "terminationGracePeriodSeconds": 30,
                }},
            }),
        ),
        (
            "apps",
            "Deployment",
            json!({"spec": {"strategy": {"type": "Recreate"}}}),
            "/spec/strategy",
            json!({"type": "Recreate"}),
        ),
        (
            "apps",
            "DaemonSet",
            json!({"spec": {}}),
            "/spec/updateStrategy/rollingUpdate",
            json!({"maxUnavailable": 1, "maxSurge": 0}),
        ),
        ("apps", "StatefulSet", json!({"spec": {}}), "/spec/updateStrategy/rollingUpdate/partition", json!(0)),
        ("batch", "Job", json!({"spec": {}}), "/spec/completions", json!(1)),
        ("batch", "Job", json!({"spec": {"parallelism": 2}}), "/spec/completions", Value::Null),
        ("batch", "Job", json!({"spec": {"completions": 3}}), "/spec/parallelism", json!(1)),
        ("batch", "Job", json!({"spec": {}}), "/spec/backoffLimit", json!(6)),
        ("batch", "CronJob", json!({"spec": {}}), "/spec/successfulJobsHistoryLimit", json!(3)),
        ("networking.k8s.io", "NetworkPolicy", json!({"spec": {}}), "/spec/policyTypes", json!(["Ingress"])),
        (
            "networking.k8s.io",
            "NetworkPolicy",
            json!({"spec": {"egress": [{}]}}),
            "/spec/policyTypes",
            json!(["Ingress", "Egress"]),
        ),
        (
            "rbac.authorization.k8s.io",
            "RoleBinding",
            json!({"roleRef": {}, "subjects": [{"kind": "User"}, {"kind": "ServiceAccount"}]}),
            "/subjects",
            json!([{"kind": "User", "apiGroup": "rbac.authorization.k8s.io"}, {"kind": "ServiceAccount"}]),
        ),
        ("storage.k8s.io", "StorageClass", json!({}), "/volumeBindingMode", json!("Immediate")),
        ("rbac.authorization.k8s.io", "ClusterRole", json!({"a": 1}), "/a", json!(1)),
    ];
    for (group, kind, object, pointer, expected) in cases {
        let object = defaulted(group, kind, object);
        assert_eq!(object.pointer(pointer).cloned().unwrap_or_default(), expected, "{kind} {pointer}");
    }
}
