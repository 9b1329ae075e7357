//! `OpenAPI` documents of Kubernetes' own kinds.

use api::kinds::{served, served_by_default};
use machinery::openapi::{v2, v3, v3_index};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The names of the schemas that a document refers to.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next())
}

fn document(group: &str, version: &str) -> Value {
    serde_json::from_str(&v3(&served_by_default(), group, version).unwrap()).unwrap()
}

#[test]
fn the_index_names_documents_that_exist() {
    let served = served_by_default();
    let index = v3_index(&served);
    let paths = index["paths"].as_object().unwrap();
    assert!(paths["api/v1"]["serverRelativeURL"].as_str().unwrap().starts_with("/openapi/v3/api/v1?hash="));
    assert!(paths.contains_key("apis/apps/v1"));
    assert!(!paths.contains_key("apis/resource.k8s.io/v1beta1"));
    for path in paths.keys().filter_map(|path| path.strip_prefix("apis/")) {
        let (group, version) = path.split_once('/').unwrap();
        assert!(v3(&served, group, version).is_some(), "{path}");
    }
    assert_eq!(v3(&served, "apps", "v7"), None);
}

#[test]
fn kubectl_explain_finds_kind_and_schema() {
    let document = document("apps", "v1");
    let list = &document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments"]["get"];
    let identity = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
    assert_eq!(list["x-kubernetes-group-version-kind"], identity);
    let deployment = &document["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"];
    assert_eq!(deployment["x-kubernetes-group-version-kind"], json!([identity]));
    assert!(deployment["required"].as_array().is_none_or(|required| !required.contains(&json!("metadata"))));
    assert!(deployment["description"].as_str().unwrap().starts_with("Deployment enables"));
    let spec = &deployment["properties"]["spec"];
    assert_eq!(spec["allOf"], json!([{"$ref": "#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec"}]));
}

#[test]
fn kubectl_apply_finds_field_validation_and_merge_keys() {
    let document = document("", "v1");
    let patch = &document["paths"]["/api/v1/namespaces/{namespace}/pods/{name}"]["patch"];
    assert_eq!(patch["x-kubernetes-action"], "patch");
    let mut parameters = patch["parameters"].as_array().unwrap().iter();
    assert!(parameters.any(|parameter| parameter["name"] == "fieldValidation"));
    assert!(patch["requestBody"]["content"]["application/strategic-merge-patch+json"].is_object());
    let containers = &document["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"];
    assert_eq!(containers["x-kubernetes-patch-merge-key"], "name");
    assert_eq!(containers["x-kubernetes-patch-strategy"], "merge");
    assert_eq!(containers["x-kubernetes-list-map-keys"], json!(["name"]));
    let volumes = &document["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"]["volumes"];
    assert_eq!(volumes["x-kubernetes-patch-strategy"], "merge,retainKeys");
    let selector = &document["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"]["nodeSelector"];
    assert_eq!(selector["x-kubernetes-map-type"], "atomic");
}

#[test]
fn references_lead_somewhere_and_operations_are_unique() {
    let mut ids = BTreeSet::new();
    for (group, version) in [("", "v1"), ("apps", "v1"), ("apiextensions.k8s.io", "v1"), ("autoscaling", "v2")] {
        let text = v3(&served_by_default(), group, version).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        for name in references(&text) {
            assert!(document["components"]["schemas"][&name].is_object(), "{name}");
        }
        for item in document["paths"].as_object().unwrap().values() {
            for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters") {
                let id = operation["operationId"].as_str().unwrap().to_owned();
                assert!(ids.insert(id.clone()), "{method} {id} occurs twice");
            }
        }
    }
    assert!(ids.contains("listCoreV1NamespacedPod"));
    assert!(ids.contains("listCoreV1PodForAllNamespaces"));
    assert!(ids.contains("createCoreV1NamespacedPodBinding"));
    assert!(ids.contains("connectGetCoreV1NamespacedPodExec"));
    assert!(ids.contains("replaceAppsV1NamespacedDeploymentScale"));
}

#[test]
fn the_older_document_says_the_same_in_its_way() {
    let text = v2(&served_by_default());
    assert!(!text.contains("#/components/"));
    let document: Value = serde_json::from_str(&text).unwrap();
    let create = &document["paths"]["/api/v1/namespaces/{namespace}/pods"]["post"];
    let pod = json!({"$ref": "#/definitions/io.k8s.api.core.v1.Pod"});
    assert_eq!(create["parameters"][0], json!({"name": "body", "in": "body", "required": true, "schema": pod}));
    assert_eq!(create["parameters"][1]["type"], "string");
    assert_eq!(create["responses"]["200"]["schema"], pod);
    let spec = &document["definitions"]["io.k8s.api.core.v1.Pod"]["properties"]["spec"];
    assert_eq!(spec["$ref"], "#/definitions/io.k8s.api.core.v1.PodSpec");
    let quantity = &document["definitions"]["io.k8s.apimachinery.pkg.api.resource.Quantity"];
    assert_eq!(quantity["type"], "string");
}

#[test]
fn properties_named_like_keywords_are_left_alone() {
    let definition = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
    let v2: Value = serde_json::from_str(&v2(&served_by_default())).unwrap();
    for schema in
        [&document("apiextensions.k8s.io", "v1")["components"]["schemas"][definition], &v2["definitions"][definition]]
    {
        assert_eq!(schema["properties"]["$ref"], json!({"type": "string"}));
        for property in ["oneOf", "allOf", "anyOf"] {
            assert_eq!(schema["properties"][property]["type"], "array", "{property}");
        }
    }
}

/// What `k8s.io/kube-openapi/pkg/util/proto` does not read, and kubectl nothing after it.
fn check(schema: &Value, place: &str) {
    if schema.get("$ref").is_some() {
        assert!(schema.get("type").is_none() && schema.get("properties").is_none(), "{place}: {schema}");
    }
    if schema["type"] == "array" {
        assert!(schema["items"].is_object(), "{place}: {schema}");
    }
    if !schema.is_object() {
        return;
    }
    let below = schema["properties"].as_object().into_iter().flat_map(Map::values);
    for schema in below.chain([&schema["items"], &schema["additionalProperties"]]) {
        check(schema, place);
    }
}

#[test]
fn kubectl_can_read_every_schema() {
    let document: Value = serde_json::from_str(&v2(&served("api/all=true").unwrap())).unwrap();
    for (name, schema) in document["definitions"].as_object().unwrap() {
        check(schema, name);
    }
}

#[test]
fn every_schema_is_json_and_refers_to_schemas_that_exist() {
    let served = served("api/all=true").unwrap();
    for kind in served.iter() {
        let text = v3(&served, &kind.group, &kind.version).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        for name in references(&text) {
            assert!(document["components"]["schemas"][name].is_object(), "{kind} refers to {name}");
        }
    }
}

#[test]
fn a_document_has_what_is_referred_to_and_no_more() {
    let text = v3(&served_by_default(), "coordination.k8s.io", "v1").unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let referred: BTreeSet<&str> = references(&text).collect();
    let names: BTreeSet<&str> =
        document["components"]["schemas"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, referred);
}
