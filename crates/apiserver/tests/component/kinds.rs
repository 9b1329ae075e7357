//! Every built-in kind, in every version: created, read, listed, found in discovery, deleted.

use crate::support::{Caller, authority, signing_request};
use api::kinds::{self, served, served_by_default};
use machinery::{catalog::Catalog, kind::Kind};
use serde_json::{Value, json};

/// A request for a certificate, as it is signed.
const REQUEST: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIYU1JR0JBZ0VBTUI4eER6QU5CZ05WQkFvTUJuQmxiM0JzWlRF\
    TU1Bb0dBMVVFQXd3RGFtOWxNRmt3RXdZSApLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFc0E1ck1ZbXg1NUo4RGY5cE0weEVJ\
    OWR6VkxoUWI3YnpUTTBPCldGeUxxVmtaSHhjdWhNNEJEQW1mSGZtUW9VcjgxenVHOVhCeVE2ejczTkFIRkxLZ0NhQUFNQW9HQ0Nx\
    R1NNNDkKQkFNQ0EwZ0FNRVVDSVFDcy9QZzZTU3llSHlCeVBkbUpvOEZhUnVVMnlnV1d0aFJCR0V2V3VOakVFZ0lnT0JDNwppYmJy\
    cjZLb1JEZFFVYTVibFl0MlpsWlU1VHhuY1lTSFNiSU5rNHM9Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=";

fn everything() -> Catalog {
    served("api/all=true").unwrap()
}

fn root(kind: &Kind) -> String {
    let prefix = if kind.group.is_empty() { "api" } else { "apis" };
    format!("/{prefix}/{}", kind.api_version())
}

fn collection(kind: &Kind) -> String {
    let namespace = if kind.namespaced { "/namespaces/default" } else { "" };
    format!("{}{namespace}/{}", root(kind), kind.plural)
}

/// What the object of a kind in this version is called.
fn name(kind: &Kind) -> String {
    if kind.kind == "IPAddress" { "192.0.2.1".into() } else { format!("of-{}", kind.version) }
}

/// An object as small as validation lets it be.
fn smallest(kind: &Kind) -> Value {
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let selector = json!({"matchLabels": {"a": "b"}});
    let mut job_template = template.clone();
    job_template["spec"]["restartPolicy"] = "Never".into();
    let mut object = match &*kind.kind {
        "Pod" => json!({"spec": template["spec"]}),
        "PodTemplate" => json!({ "template": template }),
        "ReplicationController" => json!({"spec": {"selector": {"a": "b"}, "template": template}}),
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" => {
            json!({"spec": {"selector": selector, "template": template}})
        }
        "Job" => json!({"spec": {"template": job_template}}),
        "CronJob" => json!({"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": job_template}}}}),
        "Service" => json!({"spec": {"clusterIP": "None"}}),
        "PersistentVolumeClaim" => {
            json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}})
        }
        "PodDisruptionBudget" => json!({"spec": {"minAvailable": 1, "selector": selector}}),
        "Event" if kind.group.is_empty() => {
            json!({"involvedObject": {"namespace": "default"}, "source": {"component": "c"}})
        }
        "Event" => json!({"regarding": {"namespace": "default"}, "eventTime": "2026-01-01T00:00:00.000000Z",
            "reportingController": "a/b", "reportingInstance": "i", "action": "a", "reason": "r", "type": "Normal"}),
        "Lease" => json!({"spec": {}}),
        "CertificateSigningRequest" => {
            json!({"spec": {"request": REQUEST, "signerName": "example.com/a", "usages": ["client auth"]}})
        }
        "ClusterTrustBundle" => json!({"spec": {"trustBundle": authority()}}),
        "PodCertificateRequest" => json!({"spec": {"signerName": "example.com/a", "podName": "p", "podUID": "1",
            "serviceAccountName": "a", "serviceAccountUID": "2", "nodeName": "n", "nodeUID": "3",
            "stubPKCS10Request": signing_request()}}),
        "ClusterRoleBinding" | "RoleBinding" => json!({"roleRef": {"kind": "ClusterRole", "name": "r"}}),
        _ => json!({}),
    };
    object["apiVersion"] = kind.api_version().into();
    object["kind"] = (*kind.kind).into();
    object["metadata"] = json!({ "name": name(kind) });
    object
}

#[tokio::test]
async fn every_kind_is_stored_and_served_in_each_of_its_versions() {
    let admin = Caller::admin_of(everything()).await;
    // A definition of a kind does not stay as it was made; it has tests of its own.
    let stays = |kind: &&Kind| **kind != kinds::CUSTOM_RESOURCE_DEFINITION;
    for kind in kinds::all().iter().filter(|kind| kind.has_verb("create") && kind.has_verb("get")).filter(stays) {
        let collection = collection(kind);
        let path = format!("{collection}/{}", name(kind));
        let made = admin.ok("POST", &collection, smallest(kind)).await;
        assert_eq!((&made["kind"], &made["apiVersion"]), (&json!(kind.kind), &json!(kind.api_version())), "{made}");
        assert_eq!(admin.ok("GET", &path, Value::Null).await, made, "{path}");

        let list = admin.ok("GET", &collection, Value::Null).await;
        assert_eq!(list["kind"], format!("{}List", kind.kind), "{collection}");
        assert!(list["items"].as_array().unwrap().iter().any(|item| item["metadata"] == made["metadata"]), "{list}");

        let same = |other: &&Kind| (&other.group, &other.plural) == (&kind.group, &kind.plural);
        for other in kinds::all().iter().filter(same) {
            let read = admin.ok("GET", &format!("{}/{}", self::collection(other), name(kind)), Value::Null).await;
            assert_eq!(read["apiVersion"], other.api_version());
            assert_eq!(read["metadata"]["uid"], made["metadata"]["uid"]);
        }
        admin.ok("DELETE", &path, json!({"gracePeriodSeconds": 0})).await;
    }
}

#[tokio::test]
async fn what_is_served_is_found_and_what_is_not_is_not() {
    for (served, workloads) in [(served_by_default(), true), (served("api/beta=false").unwrap(), false)] {
        let admin = Caller::admin_of(served.clone()).await;
        for kind in kinds::all().iter().filter(|kind| kind.has_verb("list")) {
            let is_served = served.find(&kind.group, &kind.version, &kind.plural).is_some();
            let (code, _) = admin.call("GET", &collection(kind), &Value::Null).await;
            assert_eq!(code.is_success(), is_served, "{kind}");
            let (_, resources) = admin.call("GET", &root(kind), &Value::Null).await;
            let mut resources = resources["resources"].as_array().into_iter().flatten();
            assert_eq!(resources.any(|resource| resource["name"] == *kind.plural), is_served, "{kind}");
        }
        let paths = admin.ok("GET", "/", Value::Null).await["paths"].to_string();
        assert_eq!(paths.contains("/apis/scheduling.k8s.io/v1beta1"), workloads);
    }
}
