//! Server-side apply on Kubernetes' own kinds.

use crate::find_kind;
use machinery::{
    apply::{Writer, apply, check, record_update},
    schema::Definition,
    serializer::{self},
    status::{Reason, Status},
};
use proptest::{collection, prelude::*};
use serde_json::{Value, json};

fn definition(kind: &str) -> Definition<'static> {
    let kind = ["", "apps"].iter().find_map(|group| find_kind(group, "v1", kind)).unwrap();
    kind.definition().unwrap()
}

fn writer(manager: &str) -> Writer<'_> {
    Writer { manager, subresource: "", now: "2026-01-02T03:04:05Z".parse().unwrap() }
}

fn deployment(spec: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec})
}

/// A specification as Go writes it.
fn written(spec: &Value) -> Value {
    let mut object = deployment(spec);
    serializer::conform(&mut object, definition("Deployment")).unwrap();
    object["spec"].take()
}

fn applied(live: Option<&Value>, spec: &Value, manager: &str, force: bool) -> Result<Value, Status> {
    apply(definition("Deployment"), live, &deployment(spec), writer(manager), force)
}

fn managers(object: &Value) -> Vec<(String, Value)> {
    let entries = object["metadata"]["managedFields"].as_array().unwrap();
    entries.iter().map(|entry| (entry["manager"].as_str().unwrap().to_owned(), entry["fieldsV1"].clone())).collect()
}

fn template(containers: &Value) -> Value {
    json!({"template": {"spec": {"containers": containers}}})
}

#[test]
fn the_first_apply_creates_and_owns() {
    let spec = json!({"replicas": 1, "template": {"spec": {"containers": [{"name": "c", "args": ["a"]}]}}});
    let object = applied(None, &spec, "me", false).unwrap();
    assert_eq!(object["spec"], written(&spec));
    assert_eq!(
        object["metadata"]["managedFields"],
        json!([{
            "manager": "me", "operation": "Apply", "apiVersion": "apps/v1", "time": "2026-01-02T03:04:05Z",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {
                "f:replicas": {},
                "f:template": {"f:spec": {"f:containers": {
                    "k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:args": {}},
                }}},
            }},
        }])
    );
}

#[test]
fn what_is_not_applied_any_more_goes_unless_another_owns_it() {
    let first = applied(None, &json!({"replicas": 1, "paused": true, "minReadySeconds": 3}), "me", false).unwrap();
    let shared = applied(Some(&first), &json!({"paused": true}), "you", false).unwrap();
    let second = applied(Some(&shared), &json!({"minReadySeconds": 3}), "me", false).unwrap();
    assert_eq!(second["spec"], written(&json!({"paused": true, "minReadySeconds": 3})));
    let third = applied(Some(&second), &json!({}), "you", false).unwrap();
    assert_eq!(third["spec"], written(&json!({"minReadySeconds": 3})));
}

#[test]
fn list_items_have_owners_of_their_own() {
    let mine = template(&json!([{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]));
    let first = applied(None, &mine, "me", false).unwrap();
    let yours = template(&json!([{"name": "c", "image": "2"}, {"name": "b", "tty": true}]));
    let second = applied(Some(&first), &yours, "you", false).unwrap();
    let all =
        json!([{"name": "a", "image": "1"}, {"name": "b", "image": "1", "tty": true}, {"name": "c", "image": "2"}]);
    assert_eq!(second["spec"], written(&template(&all)));
    let third = applied(Some(&second), &template(&json!([{"name": "a", "image": "1"}])), "me", false).unwrap();
    let left = json!([{"name": "a", "image": "1"}, {"name": "b", "tty": true}, {"name": "c", "image": "2"}]);
    assert_eq!(third["spec"], written(&template(&left)));
}

#[test]
fn changing_a_field_of_another_is_a_conflict() {
    let first = applied(None, &json!({"replicas": 1, "paused": true}), "me", false).unwrap();
    let same = applied(Some(&first), &json!({"replicas": 1}), "you", false).unwrap();
    assert_eq!(managers(&same).len(), 2, "the same value is shared");

    let status = applied(Some(&first), &json!({"replicas": 2}), "you", false).unwrap_err();
    assert_eq!(status.code(), 409);
    assert_eq!(status.message, "Apply failed with 1 conflict: conflict with \"me\": .spec.replicas");
    let status = applied(Some(&first), &json!({"replicas": 2, "paused": false}), "you", false).unwrap_err();
    assert_eq!(
        status.message,
        "Apply failed with 2 conflicts: conflicts with \"me\":\n- .spec.paused\n- .spec.replicas"
    );
    let causes = &serde_json::to_value(&status).unwrap()["details"]["causes"];
    let cause = json!({"reason": "FieldManagerConflict", "message": "conflict with \"me\"", "field": ".spec.paused"});
    assert_eq!(causes[0], cause);

    let forced = applied(Some(&first), &json!({"replicas": 2}), "you", true).unwrap();
    assert_eq!(forced["spec"], written(&json!({"replicas": 2, "paused": true})));
    assert_eq!(
        managers(&forced),
        [("me".into(), json!({"f:spec": {"f:paused": {}}})), ("you".into(), json!({"f:spec": {"f:replicas": {}}})),]
    );
}

#[test]
fn kubectl_goes_over_to_applying_on_the_server() {
    const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let replicas = |count: i64| json!({"replicas": count, "paused": true});
    let mut live = deployment(&replicas(1));
    live["metadata"]["annotations"] = json!({ANNOTATION: deployment(&replicas(1)).to_string()});
    record_update(definition("Deployment"), None, &mut live, writer("kubectl-client-side-apply"));
    assert_eq!(applied(Some(&live), &replicas(2), "me", false).unwrap_err().code(), 409, "others have no such right");
    let taken = applied(Some(&live), &replicas(2), "kubectl", false).unwrap();
    assert_eq!(taken["spec"]["replicas"], 2);
    let noted: Value = serde_json::from_str(taken["metadata"]["annotations"][ANNOTATION].as_str().unwrap()).unwrap();
    assert_eq!(noted, deployment(&replicas(2)));
    // What somebody else changed since is a conflict still, and the only one.
    let mut scaled = live.clone();
    scaled["spec"]["replicas"] = 5.into();
    record_update(definition("Deployment"), Some(&live), &mut scaled, writer("autoscaler"));
    let wanted = json!({"replicas": 2, "paused": false});
    let status = applied(Some(&scaled), &wanted, "kubectl", false).unwrap_err();
    let fields: Vec<&str> = status.details.as_ref().unwrap().causes.iter().map(|cause| cause.field.as_str()).collect();
    assert_eq!(fields, [".spec.replicas"]);
}

#[test]
fn updates_take_over_what_they_change() {
    let live = applied(None, &json!({"replicas": 1, "paused": true}), "me", false).unwrap();
    let mut new = live.clone();
    new["spec"] = json!({"replicas": 5});
    new["metadata"]["labels"] = json!({"a": "b"});
    new["status"] = json!({"replicas": 1});
    record_update(definition("Deployment"), Some(&live), &mut new, writer("kubectl-scale"));
    assert_eq!(
        managers(&new),
        [(
            "kubectl-scale".into(),
            json!({"f:spec": {"f:replicas": {}}, "f:metadata": {"f:labels": {".": {}, "f:a": {}}}}),
        )]
    );
    let status = applied(Some(&new), &json!({"replicas": 1}), "me", false).unwrap_err();
    assert_eq!(
        status.message,
        "Apply failed with 1 conflict: conflict with \"kubectl-scale\" using apps/v1 at 2026-01-02T03:04:05Z: \
         .spec.replicas"
    );
}

#[test]
fn an_update_that_changes_nothing_leaves_the_managers() {
    let live = applied(None, &json!({"replicas": 1}), "me", false).unwrap();
    let mut new = live.clone();
    record_update(definition("Deployment"), Some(&live), &mut new, writer("you"));
    assert_eq!(new, live);
}

#[test]
fn fields_without_a_manager_belong_to_the_time_before() {
    let live = deployment(&json!({"replicas": 1}));
    let status = applied(Some(&live), &json!({"replicas": 2}), "me", false).unwrap_err();
    assert!(status.message.contains("conflict with \"before-first-apply\" using apps/v1"), "{status}");
}

#[test]
fn ports_without_a_protocol_are_those_of_tcp() {
    let service = |port: Value| json!({"apiVersion": "v1", "kind": "Service", "spec": {"ports": [port]}});
    let definition = definition("Service");
    let live = service(json!({"port": 80, "protocol": "TCP", "targetPort": 80}));
    let object =
        apply(definition, Some(&live), &service(json!({"port": 80, "name": "web"})), writer("me"), false).unwrap();
    let ports = json!([{"port": 80, "protocol": "TCP", "targetPort": 80, "name": "web"}]);
    assert_eq!(object["spec"]["ports"], ports);
}

#[test]
fn applied_objects_name_no_managers() {
    let mut object = deployment(&json!({}));
    object["metadata"]["managedFields"] = json!([{"manager": "x"}]);
    let status = apply(definition("Deployment"), None, &object, writer("me"), false).unwrap_err();
    assert_eq!((status.code(), status.message.as_str()), (400, "metadata.managedFields must be nil"));
}

/// A Deployment as it is once its defaults are in.
fn defaulted() -> Value {
    deployment(&json!({
        "replicas": 1, "progressDeadlineSeconds": 600,
        "selector": {"matchLabels": {"app": "d"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        "template": {
            "metadata": {"labels": {"app": "d"}},
            "spec": {
                "containers": [{
                    "name": "c", "image": "i", "resources": {}, "terminationMessagePath": "/dev/termination-log",
                    "ports": [{"containerPort": 80, "protocol": "TCP"}],
                }],
                "securityContext": {}, "restartPolicy": "Always",
            },
        },
    }))
}

/// As `kubectl create deployment` of Kubernetes has it.
#[test]
fn who_creates_owns_the_defaults() {
    let mut object = defaulted();
    record_update(definition("Deployment"), None, &mut object, writer("kubectl-create"));
    let container = json!({
        ".": {}, "f:name": {}, "f:image": {}, "f:resources": {}, "f:terminationMessagePath": {},
        "f:ports": {".": {}, "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {
            ".": {}, "f:containerPort": {}, "f:protocol": {},
        }},
    });
    assert_eq!(
        managers(&object),
        [(
            "kubectl-create".into(),
            json!({"f:spec": {
                "f:replicas": {}, "f:progressDeadlineSeconds": {}, "f:selector": {},
                "f:strategy": {"f:type": {}, "f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}},
                "f:template": {
                    "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
                    "f:spec": {
                        "f:containers": {"k:{\"name\":\"c\"}": container}, "f:securityContext": {}, "f:restartPolicy": {},
                    },
                },
            }}),
        )]
    );
    let wanted = template(&json!([{"name": "c", "terminationMessagePath": "/dev/null"}]));
    let status = applied(Some(&object), &wanted, "me", false).unwrap_err();
    assert_eq!(
        status.message,
        "Apply failed with 1 conflict: conflict with \"kubectl-create\" using apps/v1 at 2026-01-02T03:04:05Z: \
         .spec.template.spec.containers[name=\"c\"].terminationMessagePath"
    );
}

#[test]
fn what_defaulting_added_goes_with_what_it_was_added_to() {
    let strategy = |strategy: Value| json!({ "strategy": strategy });
    let container = |container: Value| template(&json!([container]));
    let volume = |volume: Value| json!({"template": {"spec": {"volumes": [volume]}}});
    for (first, defaults, second) in [
        (
            strategy(json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}})),
            ("/spec/strategy/rollingUpdate", json!({"maxSurge": 1, "maxUnavailable": "25%"})),
            strategy(json!({"type": "Recreate"})),
        ),
        (
            volume(json!({"name": "v", "hostPath": {"path": "/x"}})),
            ("/spec/template/spec/volumes/0/hostPath", json!({"path": "/x", "type": ""})),
            volume(json!({"name": "v", "emptyDir": {}})),
        ),
        (
            container(json!({"name": "c", "livenessProbe": {"httpGet": {"port": 80}}})),
            (
                "/spec/template/spec/containers/0/livenessProbe/httpGet",
                json!({"port": 80, "path": "/", "scheme": "HTTP"}),
            ),
            container(json!({"name": "c", "livenessProbe": {"exec": {"command": ["true"]}}})),
        ),
    ] {
        let mut live = applied(None, &first, "me", false).unwrap();
        *live.pointer_mut(defaults.0).unwrap() = defaults.1;
        let object = applied(Some(&live), &second, "me", false).unwrap();
        assert_eq!(object["spec"], applied(None, &second, "me", false).unwrap()["spec"]);
    }
}

#[test]
fn what_others_put_into_a_part_keeps_the_part() {
    let first = json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}});
    let live = applied(None, &first, "me", false).unwrap();
    let yours = json!({"strategy": {"rollingUpdate": {"maxUnavailable": 2}}});
    let shared = applied(Some(&live), &yours, "you", false).unwrap();
    let object = applied(Some(&shared), &json!({"strategy": {"type": "RollingUpdate"}}), "me", false).unwrap();
    assert_eq!(object["spec"]["strategy"], json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}));
}

#[test]
fn an_applied_item_takes_the_place_of_all_that_are_alike() {
    let ports = |ports: Value| template(&json!([{"name": "s", "ports": ports}]));
    let mut live = deployment(&ports(json!([
        {"containerPort": 93, "name": "p", "protocol": "TCP"}, {"containerPort": 94, "protocol": "TCP"},
        {"containerPort": 93, "name": "q", "protocol": "TCP"},
    ])));
    record_update(definition("Deployment"), None, &mut live, writer("kubectl-create"));
    let owned =
        &managers(&live)[0].1["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"s\"}"]["f:ports"];
    assert_eq!(
        owned["k:{\"containerPort\":93,\"protocol\":\"TCP\"}"],
        json!({}),
        "of those alike only that there are such"
    );
    let object = applied(Some(&live), &ports(json!([{"containerPort": 93}])), "me", true).unwrap();
    assert_eq!(
        object["spec"]["template"]["spec"]["containers"][0]["ports"],
        json!([{"containerPort": 93}, {"containerPort": 94, "protocol": "TCP"}])
    );
}

#[test]
fn what_is_empty_is_owned_but_not_kept() {
    let object =
        applied(None, &json!({"paused": false, "template": {"spec": {"nodeSelector": {}}}}), "me", false).unwrap();
    assert_eq!(
        (&object["spec"]["paused"], &object["spec"]["template"]["spec"]["nodeSelector"]),
        (&Value::Null, &Value::Null)
    );
    let owned = json!({"f:spec": {"f:paused": {}, "f:template": {"f:spec": {"f:nodeSelector": {}}}}});
    assert_eq!(managers(&object), [("me".into(), owned)]);
    let status = applied(Some(&object), &json!({"paused": true}), "you", false).unwrap_err();
    assert_eq!(status.message, "Apply failed with 1 conflict: conflict with \"me\": .spec.paused");
}

#[test]
fn managers_that_update_are_few() {
    let mut live = deployment(&json!({"replicas": 0}));
    for number in 0..14 {
        let mut new = live.clone();
        new["metadata"]["labels"][format!("l{number}")] = "x".into();
        let now = format!("2026-01-02T03:04:{number:02}Z").parse().unwrap();
        let name = format!("m{number}");
        let writer = Writer { manager: &name, subresource: "", now };
        record_update(definition("Deployment"), Some(&live), &mut new, writer);
        live = new;
    }
    let managers = managers(&live);
    assert_eq!(managers.len(), 10);
    assert_eq!(managers[0].0, "ancient-changes");
    let ancient = managers[0].1["f:metadata"]["f:labels"].as_object().unwrap();
    assert_eq!(ancient.len(), 6, "a dot and the labels of five: {ancient:?}");
}

#[test]
fn managers_can_be_forgotten() {
    let mut live = deployment(&json!({"replicas": 1}));
    record_update(definition("Deployment"), None, &mut live, writer("me"));
    for (wanted, count) in [
        (json!([]), 0),
        (json!([{}]), 0),
        (json!([{"manager": "x", "operation": "Dance"}]), 1),
        (
            json!([{"manager": "x", "operation": "Update", "apiVersion": "apps/v1", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]),
            1,
        ),
        (Value::Null, 1),
    ] {
        let mut new = live.clone();
        new["metadata"]["managedFields"] = wanted.clone();
        record_update(definition("Deployment"), Some(&live), &mut new, writer("you"));
        assert_eq!(new["metadata"]["managedFields"].as_array().map_or(0, Vec::len), count, "{wanted}");
    }
}

fn specs() -> impl Strategy<Value = Value> {
    (0..3_i64, any::<bool>(), collection::btree_map("[a-d]", "[0-9]", 0..4)).prop_map(|(replicas, paused, images)| {
        let containers: Vec<Value> =
            images.into_iter().map(|(name, image)| json!({"name": name, "image": image})).collect();
        json!({"replicas": replicas, "paused": paused, "template": {"spec": {"containers": containers}}})
    })
}

proptest! {
    #[test]
    fn applying_twice_is_applying_once(spec in specs()) {
        let once = applied(None, &spec, "me", false).unwrap();
        prop_assert_eq!(&applied(Some(&once), &spec, "me", false).unwrap(), &once);
    }

    #[test]
    fn one_manager_gets_what_it_applied_last(first in specs(), second in specs()) {
        let once = applied(None, &first, "me", false).unwrap();
        let twice = applied(Some(&once), &second, "me", false).unwrap();
        let names = |spec: &Value| {
            let containers = spec["template"]["spec"]["containers"].as_array();
            let mut names: Vec<String> = containers.into_iter().flatten().map(ToString::to_string).collect();
            names.sort();
            names
        };
        prop_assert_eq!(names(&twice["spec"]), names(&written(&second)));
        prop_assert_eq!(&twice["spec"]["replicas"], &second["replicas"]);
    }
}

fn faults(spec: &Value) -> String {
    let object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "default"}, "spec": spec,
    });
    match check(definition("Deployment"), &object) {
        Ok(()) => String::new(),
        Err(status) => {
            assert_eq!((status.code(), &status.reason), (500, &Reason::Unknown));
            let prefix = "failed to create typed patch object (default/d; apps/v1, Kind=Deployment): ";
            status.message.strip_prefix(prefix).unwrap().to_owned()
        }
    }
}

#[test]
fn objects_are_held_against_their_type() {
    let container = |container: Value| json!({"template": {"spec": {"containers": [container]}}});
    let s = ".spec.template.spec.containers[name=\"s\"]";
    for (spec, expected) in [
        (json!({"replicas": null, "paused": false, "template": {"metadata": {"labels": {"a": "b"}}}}), String::new()),
        (
            container(json!({"name": "s", "ports": [{"containerPort": 93, "name": "p"}, {"containerPort": 93}]})),
            format!("{s}.ports: duplicate entries for key [containerPort=93,protocol=\"TCP\"]"),
        ),
        (
            json!({"template": {"spec": {"containers": [{"name": "s"}, {"name": "s"}]}}}),
            ".spec.template.spec.containers: duplicate entries for key [name=\"s\"]".into(),
        ),
        (
            container(json!({"name": "s", "ports": [{"containerPort": 93}, {"containerPort": 93, "protocol": "UDP"}]})),
            String::new(),
        ),
        (json!({"replica": 1}), ".spec.replica: field not declared in schema".into()),
        (
            container(json!({"name": "s", "env": [{"name": "E", "value": 1}]})),
            format!("{s}.env[name=\"E\"].value: expected string, got &value.valueUnstructured{{Value:1}}"),
        ),
        (json!({"replicas": "1"}), ".spec.replicas: expected numeric (int or float), got string".into()),
        (json!({"template": []}), ".spec.template: expected map, got &{[]}".into()),
        (
            json!({"template": {"spec": {"volumes": [null]}}}),
            ".spec.template.spec.volumes: element 0: associative list with keys may not have a null element".into(),
        ),
        (
            json!({"a": 1, "b": 2}),
            "errors:\n  .spec.a: field not declared in schema\n  .spec.b: field not declared in schema".into(),
        ),
        (container(json!({"name": "s", "resources": {"limits": {"cpu": 0.5}}, "args": ["a", "a"]})), String::new()),
    ] {
        assert_eq!(faults(&spec), expected, "{spec}");
    }
}
