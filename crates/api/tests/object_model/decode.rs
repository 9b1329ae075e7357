//! Bodies of requests, held against Kubernetes' own kinds.

use crate::find_kind;
use api::kinds;
use machinery::{
    decode::{self, FieldValidation},
    serializer::parse_json,
};
use proptest::{collection, prelude::*};
use serde_json::{Value, json};

fn read(kind: &str, body: &Value, validation: FieldValidation) -> Result<(Value, Vec<String>), String> {
    let kind = ["", "apps"].iter().find_map(|group| find_kind(group, "v1", kind)).unwrap();
    decode::object(kind, body.clone().into(), validation).map_err(|status| {
        assert_eq!(status.code(), 400);
        status.message
    })
}

#[test]
fn a_body_is_brought_into_shape() {
    let body = json!({
        "metadata": {"name": "a", "creationTimestamp": null, "labels": {"x": null}},
        "spec": {
            "containers": [{
                "name": "c",
                "resources": {"limits": {"cpu": "0.5", "memory": 1024}},
                "livenessProbe": {"httpGet": {"port": 80}},
                "ports": null,
                "env": [],
                "stdin": false,
                "workingDir": "",
                "securityContext": {},
            }],
            "volumes": [{"name": "v", "emptyDir": {}}],
            "nodeSelector": {},
            "hostNetwork": false,
            "hostIPC": true,
            "automountServiceAccountToken": false,
            "affinity": {},
            "priority": 0,
        },
    });
    let (pod, warnings) = read("Pod", &body, FieldValidation::Strict).unwrap();
    assert_eq!(warnings, [""; 0]);
    assert_eq!(
        pod,
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "labels": {"x": ""}},
            "spec": {"containers": [{
                "name": "c",
                "resources": {"limits": {"cpu": "500m", "memory": "1024"}},
                "livenessProbe": {"httpGet": {"port": 80}},
                "securityContext": {},
            }],
            "volumes": [{"name": "v", "emptyDir": {}}],
            "hostIPC": true,
            "automountServiceAccountToken": false,
            "affinity": {},
            "priority": 0,
            },
            "status": {},
        })
    );
}

#[test]
fn times_are_written_as_kubernetes_does() {
    let body = json!({"metadata": {"creationTimestamp": "2026-01-02T03:04:05.6+01:00"}});
    let (pod, _) = read("Pod", &body, FieldValidation::Strict).unwrap();
    assert_eq!(pod["metadata"]["creationTimestamp"], "2026-01-02T02:04:05Z");
}

#[test]
fn unknown_fields_are_dropped_said_or_refused() {
    let body = json!({"spec": {"foo": 1, "containers": [{"name": "c", "Image": "x"}]}});
    let clean = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {"containers": [{"name": "c", "resources": {}}]},
        "status": {},
    });
    let texts = ["unknown field \"spec.containers[0].Image\"", "unknown field \"spec.foo\""];

    assert_eq!(read("Pod", &body, FieldValidation::Ignore), Ok((clean.clone(), vec![])));
    assert_eq!(read("Pod", &body, FieldValidation::Warn), Ok((clean, texts.map(String::from).to_vec())));
    assert_eq!(
        read("Pod", &body, FieldValidation::Strict).unwrap_err(),
        format!("Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: {}", texts.join(", "))
    );
}

#[test]
fn duplicate_fields_are_said_or_refused() {
    let kind = &kinds::DEPLOYMENT;
    let document = parse_json(br#"{"spec": {"replicas": 1, "replicas": 2}}"#).unwrap();
    let (value, warnings) = decode::object(kind, document.clone(), FieldValidation::Warn).unwrap();
    assert_eq!((&value["spec"]["replicas"], warnings), (&json!(2), vec!["duplicate field \"spec.replicas\"".into()]));
    let status = decode::object(kind, document, FieldValidation::Strict).unwrap_err();
    assert!(status.message.ends_with("strict decoding error: duplicate field \"spec.replicas\""), "{status}");
}

#[test]
fn what_go_always_holds_is_there() {
    for (kind, body, expected) in [
        (
            "Deployment",
            json!({"spec": {"template": {"spec": {"containers": [{"name": "c"}]}}, "paused": false, "minReadySeconds": 0}}),
            json!({
                "metadata": {},
                "spec": {
                    "strategy": {},
                    "template": {"metadata": {}, "spec": {"containers": [{"name": "c", "resources": {}}]}},
                },
                "status": {},
            }),
        ),
        ("ConfigMap", json!({"data": {"a": ""}, "binaryData": {}}), json!({"metadata": {}, "data": {"a": ""}})),
        (
            "Service",
            json!({"metadata": {"finalizers": [], "ownerReferences": [], "labels": {}}}),
            json!({"metadata": {}, "spec": {}, "status": {"loadBalancer": {}}}),
        ),
        (
            "Pod",
            json!({"spec": {"containers": [{"name": "c", "env": [{"name": "E", "valueFrom": {"resourceFieldRef": {
                "resource": "limits.cpu",
            }}}]}]}}),
            json!({
                "metadata": {}, "status": {},
                "spec": {"containers": [{"name": "c", "resources": {}, "env": [{"name": "E", "valueFrom": {
                    "resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"},
                }}]}]},
            }),
        ),
    ] {
        let (mut object, _) = read(kind, &body, FieldValidation::Strict).unwrap();
        object.as_object_mut().unwrap().retain(|key, _| !matches!(key.as_str(), "apiVersion" | "kind"));
        assert_eq!(object, expected);
    }
}

#[test]
fn schemas_of_custom_resources_may_be_something_else() {
    let kind = find_kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition").unwrap();
    let read = |schema: Value| {
        let body = json!({"spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}});
        let (mut object, warnings) =
            decode::object(kind, body.into(), FieldValidation::Warn).map_err(|status| status.message)?;
        Ok::<_, String>((object["spec"]["versions"][0]["schema"]["openAPIV3Schema"].take(), warnings))
    };
    for (schema, expected) in [
        (json!({"items": {"type": "string", "foo": 1, "nullable": false}}), json!({"items": {"type": "string"}})),
        (json!({"items": [{"type": "string"}]}), json!({"items": [{"type": "string"}]})),
        (json!({"additionalProperties": false}), json!({"additionalProperties": false})),
        (json!({"additionalProperties": {"type": ""}}), json!({"additionalProperties": {}})),
        (
            json!({"dependencies": {"a": ["b"]}, "default": {"x": []}}),
            json!({"dependencies": {"a": ["b"]}, "default": {"x": []}}),
        ),
    ] {
        assert_eq!(read(schema).unwrap(), (expected, vec![]));
    }
    for schema in [json!({"items": true}), json!({"additionalProperties": 1}), json!({"dependencies": {"a": 1}})] {
        assert!(read(schema.clone()).is_err(), "{schema}");
    }
}

#[test]
fn wrong_types_are_refused_in_the_words_of_go() {
    let container = |field: &str, value: Value| json!({"spec": {"containers": [{field: value}]}});
    let quantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    let time = "parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" as \"2006\"";
    let cases = [
        (json!({"spec": 1}), "json: cannot unmarshal number into Go struct field Pod.spec of type v1.PodSpec"),
        (
            json!({"spec": {"priority": "x"}}),
            "json: cannot unmarshal string into Go struct field PodSpec.spec.priority of type int32",
        ),
        (
            json!({"spec": {"priority": 3_000_000_000_u32}}),
            "json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32",
        ),
        (
            json!({"spec": {"priority": 1.5}}),
            "json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type int32",
        ),
        (
            container("env", json!([{"value": true}])),
            "json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type string",
        ),
        (
            container("ports", json!({})),
            "json: cannot unmarshal object into Go struct field Container.spec.containers.ports of type []v1.ContainerPort",
        ),
        (
            json!({"metadata": {"labels": {"a": 1}}}),
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        (
            json!({"metadata": {"labels": []}}),
            "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
        ),
        (container("resources", json!({"limits": {"cpu": "1.2.3"}})), quantity),
        (json!({"metadata": {"deletionTimestamp": "x"}}), time),
    ];
    for (body, text) in cases {
        let error = read("Pod", &body, FieldValidation::Ignore).unwrap_err();
        assert_eq!(error, format!("Pod in version \"v1\" cannot be handled as a Pod: {text}"));
    }
    let error = read("Secret", &json!({"data": {"a": "YQ="}}), FieldValidation::Ignore).unwrap_err();
    assert!(error.contains("illegal base64 data at input byte "), "{error}");
}

#[test]
fn a_body_of_another_kind_is_refused() {
    let cases = [
        (
            json!({"apiVersion": "apps/v1", "kind": "Deployment"}),
            "the API version in the data (apps/v1) does not match the expected API version (v1)",
        ),
        (json!({"apiVersion": "v2"}), "the API version in the data (v2) does not match the expected API version (v1)"),
        (
            json!({"apiVersion": "v1", "kind": "ConfigMap"}),
            "ConfigMap in version \"v1\" cannot be handled as a Pod: converting (v1.ConfigMap) to (core.Pod): unknown \
             conversion",
        ),
    ];
    for (body, text) in cases {
        assert_eq!(read("Pod", &body, FieldValidation::Ignore).unwrap_err(), text);
    }
    let error = read("Pod", &json!([1]), FieldValidation::Ignore).unwrap_err();
    assert!(error.starts_with("the object provided is unrecognized (must be of type Pod)"), "{error}");
}

#[test]
fn options_of_a_delete_may_have_any_version() {
    let body = json!({"apiVersion": "apps/v1", "kind": "DeleteOptions", "gracePeriodSeconds": 3});
    let (options, _) = decode::object(&kinds::DELETE_OPTIONS, body.into(), FieldValidation::Strict).unwrap();
    assert_eq!(options["gracePeriodSeconds"], 3);
}

#[test]
fn the_parameter_names_the_validation() {
    assert_eq!(FieldValidation::from_parameter("").unwrap(), FieldValidation::Warn);
    assert_eq!(FieldValidation::from_parameter("Strict").unwrap(), FieldValidation::Strict);
    assert_eq!(FieldValidation::from_parameter("strict"), None);
}

/// JSON with names that pods have, and values of any type.
fn anything() -> impl Strategy<Value = Value> {
    let names = ["metadata", "labels", "spec", "containers", "name", "ports", "resources", "limits", "cpu", "foo"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9.]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let key = prop::sample::select(names.map(String::from).to_vec());
        prop_oneof![
            collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            collection::btree_map(key, inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_was_decoded_decodes_to_itself(body in anything()) {
        let kind = &kinds::POD;
        if let Ok((pod, _)) = decode::object(kind, body.into(), FieldValidation::Ignore) {
            let again = decode::object(kind, pod.clone().into(), FieldValidation::Strict).unwrap();
            prop_assert_eq!(again, (pod, vec![]));
        }
    }
}
