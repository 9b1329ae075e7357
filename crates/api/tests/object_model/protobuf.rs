//! What clients send of Kubernetes' own kinds in protobuf.

use crate::find_kind;
use api::TABLES;
use base64::{Engine, engine::general_purpose::STANDARD};
use machinery::{decode::FieldValidation, protobuf, serializer::MOST_PARTS, status::Status};
use proptest::prelude::*;
use serde_json::{Value, json};

const MAGIC: &[u8] = b"k8s\0";

fn decode(body: &[u8]) -> Result<Value, Status> {
    protobuf::decode(&TABLES, body)
}

/// What `kubectl create` of Kubernetes 1.33 sends, in base64, and the object that it stands for.
fn captured() -> [(&'static str, Value); 8] {
    [
        // create configmap a --from-literal=b=c
        (
            "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEhsKEQoBYRIAGgAiACoAMgA4AEIAEgYKAWISAWMaACIA",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": "c"}}),
        ),
        // create namespace n1
        (
            "azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhoKEgoCbjESABoAIgAqADIAOABCABIAGgIKABoAIgA=",
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n1"}, "spec": {}, "status": {}}),
        ),
        // create secret generic s --from-literal=user=admin
        (
            "azhzAAoMCgJ2MRIGU2VjcmV0EiQKEQoBcxIAGgAiACoAMgA4AEIAEg0KBHVzZXISBWFkbWluGgAaACIA",
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"user": "YWRtaW4="}}),
        ),
        // create deployment d --image=nginx:1 --replicas=0 --port=80
        (
            "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50ErIBChsKAWQSABoAIgAqADIAOABCAFoICgNhcHASAWQShAEIABIKCggKA2FwcBIBZBpsCho\
             KABIAGgAiACoAMgA4AEIAWggKA2FwcBIBZBJOEjAKBW5naW54EgduZ2lueDoxKgAyCgoAEAAYUCIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADI\
             AQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4ABoAIgA=",
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "labels": {"app": "d"}},
                "spec": {
                    "replicas": 0, "selector": {"matchLabels": {"app": "d"}}, "strategy": {},
                    "template": {
                        "metadata": {"labels": {"app": "d"}},
                        "spec": {"containers": [{
                            "name": "nginx", "image": "nginx:1", "ports": [{"containerPort": 80}], "resources": {},
                        }]},
                    },
                },
                "status": {},
            }),
        ),
        // auth can-i create pods
        (
            "azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSPwoQCgASABoAIgAqADIAOABCABIhCh8\
             KB2RlZmF1bHQSBmNyZWF0ZRoAIgAqBHBvZHMyADoAGggIABIAGgAgABoAIgA=",
            json!({
                "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {},
                "spec": {"resourceAttributes": {"namespace": "default", "verb": "create", "resource": "pods"}},
                "status": {"allowed": false},
            }),
        ),
        // create service clusterip svc --tcp=80:8080
        (
            "azhzAAoNCgJ2MRIHU2VydmljZRJpCh8KA3N2YxIAGgAiACoAMgA4AEIAWgoKA2FwcBIDc3ZjEkIKGwoHODAtODA4MBIDVENQGFAiBwgAEJA\
             /GgAoABIKCgNhcHASA3N2YxoAIglDbHVzdGVySVA6AEIAUgBaAGAAaAAaAgoAGgAiAA==",
            json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": "svc", "labels": {"app": "svc"}},
                "spec": {
                    "ports": [{"name": "80-8080", "protocol": "TCP", "port": 80, "targetPort": 8080}],
                    "selector": {"app": "svc"}, "type": "ClusterIP",
                },
                "status": {"loadBalancer": {}},
            }),
        ),
        // create quota q --hard=cpu=1500m,pods=2
        (
            "azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRI0ChEKAXESABoAIgAqADIAOABCABIdCg4KA2NwdRIHCgUxNTAwbQoLCgRwb2RzEgMKATIaABo\
             AIgA=",
            json!({
                "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"},
                "spec": {"hard": {"cpu": "1500m", "pods": "2"}}, "status": {},
            }),
        ),
        // create poddisruptionbudget pdb --selector=a=b --min-available=50%
        (
            "azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSOAoTCgNwZGISABoAIgAqADIAOABCABIVCgkIARAAGgM1MCUSCAoGCgF\
             hEgFiGgoIABgAIAAoADAAGgAiAA==",
            json!({
                "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "pdb"},
                "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"a": "b"}}},
                "status": {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0},
            }),
        ),
    ]
}

/// An envelope.
fn body(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let field = |number: u8, bytes: &[u8]| [&[number << 3 | 2][..], &varint(bytes.len()), bytes].concat();
    let type_meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [MAGIC.to_vec(), field(1, &type_meta), field(2, raw)].concat()
}

fn varint(number: usize) -> Vec<u8> {
    let byte = u8::try_from(number & 0x7f).unwrap();
    if number < 0x80 { vec![byte] } else { [vec![byte | 0x80], varint(number >> 7)].concat() }
}

#[test]
fn what_kubectl_sends_is_the_object_it_means() {
    for (encoded, object) in captured() {
        assert_eq!(decode(&STANDARD.decode(encoded).unwrap()).unwrap(), object);
    }
}

#[test]
fn what_kubectl_sends_fits_its_kind() {
    for (_, object) in captured() {
        let (group, version) = object["apiVersion"]
            .as_str()
            .unwrap()
            .split_once('/')
            .unwrap_or(("", object["apiVersion"].as_str().unwrap()));
        let kind = find_kind(group, version, object["kind"].as_str().unwrap()).unwrap();
        let decoded = machinery::decode::object(kind, object.clone().into(), FieldValidation::Strict).unwrap();
        assert_eq!(decoded, (object, Vec::new()));
    }
}

#[test]
fn what_is_set_to_zero_stays_and_what_was_not_set_goes() {
    for (version, kind, raw, expected) in [
        // deletion: gracePeriodSeconds, preconditions.uid, propagationPolicy, dryRun
        ("v1", "DeleteOptions", &b"\x08\x00"[..], json!({"gracePeriodSeconds": 0})),
        (
            "apps/v1",
            "DeleteOptions",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            json!({"gracePeriodSeconds": -1}),
        ),
        (
            "policy/v1",
            "DeleteOptions",
            b"\x12\x03\x0a\x01u\x22\x06Orphan\x2a\x03All",
            json!({"preconditions": {"uid": "u"}, "propagationPolicy": "Orphan", "dryRun": ["All"]}),
        ),
        // spec.automountServiceAccountToken (pointer), hostNetwork, restartPolicy
        (
            "v1",
            "Pod",
            b"\x12\x07\xa8\x01\x00\x58\x00\x1a\x00",
            json!({"spec": {"automountServiceAccountToken": false}}),
        ),
        // spec.securityContext.supplementalGroups, packed and not
        (
            "v1",
            "Pod",
            b"\x12\x08\x72\x06\x22\x02\x01\x02\x20\x03",
            json!({"spec": {"securityContext": {"supplementalGroups": [1, 2, 3]}}}),
        ),
        // spec.volumes: an embedded struct; an empty message that Go points to
        (
            "v1",
            "Pod",
            b"\x12\x0b\x0a\x09\x0a\x01v\x12\x04\x12\x02\x0a\x00",
            json!({"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}),
        ),
        // a claim that wants no class has an empty name, not none
        ("v1", "PersistentVolumeClaim", b"\x12\x02\x2a\x00", json!({"spec": {"storageClassName": ""}})),
        // rules of the core group
        (
            "rbac.authorization.k8s.io/v1",
            "Role",
            b"\x12\x07\x0a\x03get\x12\x00",
            json!({"rules": [{"verbs": ["get"], "apiGroups": [""]}]}),
        ),
        // a map of lists, which have a message of their own
        (
            "authorization.k8s.io/v1",
            "SubjectAccessReview",
            b"\x12\x0e\x2a\x0c\x0a\x01k\x12\x07\x0a\x02v1\x0a\x01w",
            json!({"spec": {"extra": {"k": ["v1", "w"]}}}),
        ),
        // the MicroTime of a lease, the Time of an object, and managed fields
        (
            "coordination.k8s.io/v1",
            "Lease",
            b"\x12\x04\x1a\x02\x08\x01",
            json!({"spec": {"acquireTime": "1970-01-01T00:00:01.000000Z"}}),
        ),
        (
            "v1",
            "ConfigMap",
            b"\x0a\x04\x42\x02\x08\x01",
            json!({"metadata": {"creationTimestamp": "1970-01-01T00:00:01Z"}}),
        ),
        (
            "v1",
            "ConfigMap",
            b"\x0a\x0f\x8a\x01\x0c\x3a\x0a\x0a\x08{\"f\":{}}",
            json!({"metadata": {"managedFields": [{"fieldsV1": {"f": {}}}]}}),
        ),
        // a schema, a boolean in the place of one, a list of them, names of properties
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            b"\x12\x20\x3a\x1e\x22\x1c\x0a\x1a\xc2\x01\x02\x12\x00\xf2\x01\x02\x08\x00\x82\x02\x0d\x0a\x01a\x12\x08\x12\x01b\x12\x01c\x12\x00",
            json!({"spec": {"versions": [{"schema": {"openAPIV3Schema": {
                "items": [{}], "additionalProperties": false, "dependencies": {"a": ["b", "c", ""]},
            }}}]}}),
        ),
        // numbers of a newer version
        ("v1", "ConfigMap", b"\xc0\x3e\x01\x12\x06\x0a\x01a\x1a\x01b", json!({"data": {"a": ""}})),
        // entries without key or value
        ("v1", "ConfigMap", b"\x12\x00\x12\x03\x0a\x01k", json!({"data": {"": "", "k": ""}})),
    ] {
        let mut decoded = decode(&body(version, kind, raw)).unwrap();
        let object = decoded.as_object_mut().unwrap();
        assert_eq!(object.remove("apiVersion"), Some(version.into()));
        assert_eq!(object.remove("kind"), Some(kind.into()));
        assert_eq!(decoded, expected, "{kind} {raw:x?}");
    }
}

#[test]
fn what_is_not_understood_is_refused_and_named() {
    let refused = |body: &[u8]| {
        let status = decode(body).unwrap_err();
        assert_eq!(status.code(), 400);
        status.message
    };
    for (body, message) in [
        (b"{}".to_vec(), "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        (MAGIC.to_vec(), "no kind \"\" is registered for version \"\""),
        (body("v1", "Nothing", b""), "no kind \"Nothing\" is registered for version \"v1\""),
        (body("v1", "ConfigMap", b"\x08\x01"), "proto: wrong wireType"),
        (body("v1", "ConfigMap", b"\x0a\x05"), "proto: unexpected EOF"),
        (body("v1", "ConfigMap", b"\x0a\x03\x0a\x01\xff"), "proto: a string is not UTF-8"),
    ] {
        assert_eq!(refused(&body), message);
    }
    let many = [b"\x12\x02\x12\x00".repeat(MOST_PARTS / 2), vec![]].concat();
    assert!(refused(&body("v1", "Pod", &many)).contains("more than"));
    let gzipped = [&body("v1", "ConfigMap", b"")[..], b"\x1a\x04gzip"].concat();
    assert_eq!(refused(&gzipped), "proto: the content of the envelope is encoded (field 3)");
}

proptest! {
    #[test]
    fn any_bytes_are_an_object_or_an_error(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
        for kind in ["Pod", "ConfigMap", "DeleteOptions"] {
            let _ = decode(&body("v1", kind, &raw));
        }
        let _ = decode(&[MAGIC, &raw].concat());
    }

    #[test]
    fn a_damaged_body_is_an_object_or_an_error(place in 0usize..400, byte: u8) {
        for (encoded, _) in captured() {
            let mut body = STANDARD.decode(encoded).unwrap();
            let place = place % body.len();
            body[place] = byte;
            let _ = decode(&body);
            let _ = decode(&body[..place]);
        }
    }
}
