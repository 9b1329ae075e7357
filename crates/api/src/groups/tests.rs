use crate::kinds;
use machinery::strategy::{Part, Strategy, of};
use serde_json::{Value, json};

fn strategy(group: &str, plural: &str) -> Strategy<'static> {
    of(kinds::all().iter().find(|kind| kind.group == group && kind.plural == plural).unwrap())
}

fn created(group: &str, plural: &str, mut object: Value) -> Value {
    let strategy = strategy(group, plural);
    strategy.default(&mut object);
    strategy.prepare_for_create(&mut object);
    object
}

#[test]
fn a_new_pod_is_pending_and_admitted() {
    let pod = created(
        "",
        "pods",
        json!({
            "metadata": {"name": "a"},
            "spec": {"containers": [{"name": "a", "image": "i", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}]},
            "status": {"phase": "Running"},
        }),
    );
    assert_eq!(pod["status"], json!({"phase": "Pending", "qosClass": "Guaranteed"}));
    assert_eq!(pod["metadata"]["generation"], 1);
}

#[test]
fn fields_of_disabled_features_are_forgotten() {
    let spec = json!({"volumes": [{"name": "v", "emptyDir": {"mode": 1}}]});
    let cases = [
        ("", "pods", json!({"spec": spec}), "/spec/volumes/0/emptyDir"),
        ("", "podtemplates", json!({"template": {"spec": spec}}), "/template/spec/volumes/0/emptyDir"),
        (
            "apps",
            "deployments",
            json!({"spec": {"template": {"spec": spec}}}),
            "/spec/template/spec/volumes/0/emptyDir",
        ),
        (
            "batch",
            "cronjobs",
            json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}),
            "/spec/jobTemplate/spec/template/spec/volumes/0/emptyDir",
        ),
    ];
    for (group, plural, object, pointer) in cases {
        let mut updated = object.clone();
        assert_eq!(created(group, plural, object.clone()).pointer(pointer), Some(&json!({})), "{plural}");
        strategy(group, plural).prepare_for_update(Part::Whole, &mut updated, &object);
        assert_eq!(updated.pointer(pointer), Some(&json!({"mode": 1})), "{plural}");
    }
}

#[test]
fn what_the_server_gave_a_pod_outlives_clients_that_do_not_know_it() {
    let spec = json!({"resources": {"limits": {"cpu": "1"}}, "priority": 7, "preemptionPolicy": "Never"});
    let old = json!({"metadata": {}, "spec": spec, "status": {}});
    let mut new = json!({"metadata": {}, "spec": {}});
    strategy("", "pods").prepare_for_update(Part::Whole, &mut new, &old);
    for field in ["resources", "priority", "preemptionPolicy"] {
        assert_eq!(new["spec"][field], old["spec"][field], "{field}");
    }
}

#[test]
fn a_pod_s_own_word_goes_before_admission_s() {
    let spec = json!({
        "tolerations": [{"operator": "Exists"}],
        "schedulingGates": [{"name": "wait"}],
    });
    let pod = created("", "pods", json!({"metadata": {"name": "a"}, "spec": spec}));
    assert_eq!(pod["spec"]["tolerations"], json!([{"operator": "Exists"}]));
    assert_eq!(pod["status"]["conditions"][0]["reason"], "SchedulingGated");
}

#[test]
fn new_objects_of_other_kinds() {
    let cases = [
        ("", "namespaces", json!({"metadata": {"name": "n"}}), "/spec/finalizers", json!(["kubernetes"])),
        (
            "",
            "namespaces",
            json!({"metadata": {"name": "n"}, "status": {"phase": "X"}}),
            "/status/phase",
            json!("Active"),
        ),
        ("", "nodes", json!({"status": {"phase": "X"}}), "/status/phase", json!("X")),
        ("", "services", json!({"spec": {"clusterIP": "None"}}), "/spec/clusterIPs", json!(["None"])),
        ("", "services", json!({"spec": {"clusterIP": "None"}}), "/spec/ipFamilyPolicy", json!("RequireDualStack")),
        ("", "services", json!({"spec": {"selector": {"a": "b"}}}), "/spec/ipFamilies", json!(["IPv4"])),
        ("", "services", json!({"spec": {"type": "ExternalName"}}), "/spec/ipFamilies", Value::Null),
        ("apps", "deployments", json!({"spec": {}, "status": {"replicas": 3}}), "/status", json!({})),
        ("apps", "deployments", json!({"spec": {}}), "/metadata/generation", json!(1)),
        ("", "configmaps", json!({"metadata": {}}), "/metadata/generation", Value::Null),
        (
            "batch",
            "jobs",
            json!({"metadata": {"name": "j", "uid": "u"}, "spec": {"template": {}}}),
            "/spec/selector/matchLabels",
            json!({"batch.kubernetes.io/controller-uid": "u"}),
        ),
        (
            "batch",
            "jobs",
            json!({"metadata": {"name": "j", "uid": "u"}, "spec": {"template": {}}}),
            "/spec/template/metadata/labels/job-name",
            json!("j"),
        ),
    ];
    for (group, plural, object, pointer, expected) in cases {
        let object = created(group, plural, object);
        assert_eq!(object.pointer(pointer).cloned().unwrap_or_default(), expected, "{plural} {pointer}");
    }
}

#[test]
fn an_update_keeps_the_status_and_counts_changes() {
    let old = json!({"metadata": {"name": "d", "generation": 3}, "spec": {"replicas": 1}, "status": {"replicas": 1}});
    let deployments = strategy("apps", "deployments");
    let cases = [
        (json!({"metadata": {"name": "d"}, "spec": {"replicas": 1}}), 3),
        (json!({"metadata": {"name": "d", "labels": {"a": "b"}}, "spec": {"replicas": 1}}), 3),
        (json!({"metadata": {"name": "d", "annotations": {"a": "b"}}, "spec": {"replicas": 1}}), 4),
        (json!({"metadata": {"name": "d"}, "spec": {"replicas": 2}, "status": {"replicas": 9}}), 4),
        (json!({"metadata": {"name": "d", "generation": 9}, "spec": {"replicas": 2}}), 4),
    ];
    for (mut new, generation) in cases {
        deployments.prepare_for_update(Part::Whole, &mut new, &old);
        assert_eq!(new["metadata"]["generation"], generation);
        assert_eq!(new["status"], json!({"replicas": 1}));
    }
}

/// What a write of the status leaves of changes in the metadata, by the status strategies of the kinds' registries.
#[test]
fn a_status_update_changes_as_much_of_the_metadata_as_its_kind_lets_it() {
    const ALL: &[&str] = &["annotations", "finalizers", "labels", "ownerReferences"];
    let changing = |kind: &str| match kind {
        "CertificateSigningRequest"
        | "CronJob"
        | "DaemonSet"
        | "HorizontalPodAutoscaler"
        | "Ingress"
        | "Job"
        | "Namespace"
        | "Node"
        | "PersistentVolume"
        | "PersistentVolumeClaim"
        | "PodDisruptionBudget"
        | "ReplicaSet"
        | "ReplicationController"
        | "ResourceQuota"
        | "Service"
        | "StatefulSet" => ALL,
        "Deployment" => &["annotations", "finalizers", "ownerReferences"],
        "Pod" => &["annotations", "finalizers", "labels"],
        _ => &[],
    };
    let old = json!({"metadata": {"name": "a", "generation": 2}, "spec": {"a": 1}, "status": {"b": 1}});
    let metadata = json!({
        "name": "a", "generation": 9, "annotations": {"a": "b"}, "finalizers": ["a/b"], "labels": {"a": "b"},
        "ownerReferences": [{"name": "o"}],
    });
    for kind in kinds::all().iter().filter(|kind| kind.subresource("status").is_some()) {
        let mut new = json!({"metadata": metadata, "spec": {"a": 2}, "status": {"b": 2}});
        of(kind.storage()).prepare_for_update(Part::Status, &mut new, &old);
        assert_eq!((&new["spec"], &new["status"]["b"]), (&json!({"a": 1}), &json!(2)), "{kind}");
        let mut expected = old["metadata"].clone();
        for field in changing(&kind.kind) {
            expected[field] = metadata[field].clone();
        }
        assert_eq!(new["metadata"], expected, "{kind}");
    }
}

#[test]
fn a_status_update_changes_nothing_else() {
    let old = json!({
        "metadata": {"name": "d", "resourceVersion": "1", "labels": {"a": "b"}},
        "spec": {"replicas": 1},
        "status": {"qosClass": "Burstable"},
    });
    let new = json!({
        "metadata": {"name": "d", "resourceVersion": "2", "labels": {"a": "c"}, "ownerReferences": []},
        "spec": {"replicas": 2},
        "status": {"replicas": 2},
    });
    let mut deployment = new.clone();
    strategy("apps", "deployments").prepare_for_update(Part::Status, &mut deployment, &old);
    assert_eq!(
        deployment["metadata"],
        json!({"name": "d", "resourceVersion": "2", "labels": {"a": "b"}, "ownerReferences": []})
    );
    assert_eq!((&deployment["spec"], &deployment["status"]), (&old["spec"], &new["status"]));
    let mut pod = new.clone();
    strategy("", "pods").prepare_for_update(Part::Status, &mut pod, &old);
    assert_eq!(pod["metadata"], json!({"name": "d", "resourceVersion": "2", "labels": {"a": "c"}}));
    assert_eq!(pod["status"], json!({"replicas": 2, "qosClass": "Burstable"}));
}

#[test]
fn a_service_keeps_what_it_was_given() {
    let old = json!({"metadata": {}, "spec": {
        "type": "NodePort", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"],
        "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30000}],
    }});
    let mut new = json!({"metadata": {}, "spec": {"type": "NodePort", "ports": [{"port": 80, "protocol": "TCP"}]}});
    strategy("", "services").prepare_for_update(Part::Whole, &mut new, &old);
    assert_eq!(new["spec"], old["spec"]);
}

#[test]
fn pods_are_given_time_to_end() {
    let pods = strategy("", "pods");
    let pod = |node: &str, phase: &str, seconds: i64| json!({"spec": {"nodeName": node, "terminationGracePeriodSeconds": seconds}, "status": {"phase": phase}});
    let cases = [
        (pod("n", "Running", 30), None, 30),
        (pod("n", "Running", 30), Some(5), 5),
        (pod("n", "Running", 30), Some(0), 0),
        (pod("n", "Running", -1), None, 1),
        (pod("", "Pending", 30), None, 0),
        (pod("n", "Succeeded", 30), Some(60), 0),
        (pod("n", "Failed", 30), None, 0),
    ];
    for (pod, requested, expected) in cases {
        assert_eq!(pods.deletion_grace_period(&pod, requested), Some(expected), "{pod} {requested:?}");
    }
    assert_eq!(strategy("", "configmaps").deletion_grace_period(&json!({}), Some(5)), None);
}

#[test]
fn names_follow_the_kind() {
    let cases = [
        ("", "pods", "a.b", true),
        ("", "namespaces", "a.b", false),
        ("", "services", "0a", false),
        ("rbac.authorization.k8s.io", "roles", "system:node", true),
        ("rbac.authorization.k8s.io", "roles", "a/b", false),
        ("", "nodes", "Node", false),
    ];
    for (group, plural, name, good) in cases {
        assert_eq!(strategy(group, plural).name_errors(name).is_empty(), good, "{plural} {name}");
    }
}

#[test]
fn ephemeral_containers_count_as_changes_and_nothing_else_does() {
    let old = json!({
        "metadata": {"name": "a", "generation": 1, "labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c"}]},
        "status": {"phase": "Running"},
    });
    for (spec, generation) in [
        (json!({"containers": [{"name": "c"}], "ephemeralContainers": [{"name": "e"}]}), 2),
        (json!({"containers": [{"name": "c", "image": "i"}]}), 1),
    ] {
        let mut pod = json!({"metadata": {"name": "a", "resourceVersion": "3", "labels": {}}, "spec": spec});
        let part = Part::of(&kinds::POD, "ephemeralcontainers").unwrap();
        strategy("", "pods").prepare_for_update(part, &mut pod, &old);
        let metadata = json!({"name": "a", "generation": generation, "resourceVersion": "3", "labels": {"a": "b"}});
        assert_eq!((&pod["metadata"], &pod["status"]), (&metadata, &old["status"]), "{pod}");
    }
}
