use super::*;
use serde_json::json;

fn definition(schema: &Value) -> Value {
    let names = json!({"plural": "whales", "singular": "whale", "kind": "Whale", "listKind": "WhaleList"});
    let version = json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}});
    json!({"metadata": {"name": "whales.sea.example.com"}, "spec": {
        "group": "sea.example.com", "names": names, "scope": "Namespaced", "versions": [version],
        "conversion": {"strategy": "None"}}})
}

fn texts(definition: &Value) -> Vec<String> {
    validate(definition).iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_definition_passes() {
    let port = json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]});
    let schema = json!({"type": "object", "properties": {
        "metadata": {"type": "object", "properties": {"name": {"type": "string", "pattern": "^a"}}},
        "spec": {"type": "object", "properties": {
            "port": port,
            "size": {"type": "integer", "default": 3, "minimum": 1},
            "template": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true},
        }, "anyOf": [{"required": ["size"]}, {"properties": {"size": {"minimum": 2}}}]},
    }});
    assert_eq!(texts(&definition(&schema)), [""; 0]);
}

#[test]
fn the_path_of_a_column_begins_with_a_dot_whatever_follows() {
    let paths = [
        ".spec.size",
        ".status.conditions[-1:].type",
        ".status.conditions[?(@.type!=\"Ready\")].type",
        ".spec['a','b']",
        "..name",
        r".metadata.labels.app\.kubernetes\.io/name",
        ".spec[",
    ];
    let column = |path: &str| json!({"name": "a", "type": "string", "jsonPath": path});
    let mut definition = definition(&json!({"type": "object"}));
    definition["spec"]["versions"][0]["additionalPrinterColumns"] = paths.map(column).into();
    assert_eq!(texts(&definition), [""; 0]);
}

#[test]
fn patterns_may_be_all_that_go_reads() {
    for pattern in [r"^\w{1,63}$", r"^[^[]+$", r"^\Qa.b\E$", "a{,2}", r"^\pL{1,10}$", r"^.{1,253}$"] {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}});
        assert_eq!(texts(&definition(&schema)), [""; 0], "{pattern}");
    }
}

#[test]
fn faults_of_a_definition_are_told_as_kubernetes_tells_them() {
    let good = definition(&json!({"type": "object"}));
    for (pointer, value, expected) in [
        (
            "/metadata/name",
            json!("x.y.z"),
            "metadata.name: Invalid value: \"x.y.z\": must be spec.names.plural+\".\"+spec.group",
        ),
        (
            "/spec/scope",
            json!("Galaxy"),
            "spec.scope: Unsupported value: \"Galaxy\": supported values: \"Cluster\", \"Namespaced\"",
        ),
        (
            "/spec/names/listKind",
            json!("Whale"),
            "spec.names.listKind: Invalid value: \"Whale\": kind and listKind may not be the same",
        ),
        (
            "/spec/versions/0/schema",
            json!({}),
            "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required",
        ),
        (
            "/spec/preserveUnknownFields",
            json!(true),
            "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
        ),
        (
            "/spec/versions/0/additionalPrinterColumns",
            json!([{"name": "a", "type": "string", "jsonPath": "spec.a"}]),
            "spec.additionalPrinterColumns[0].jsonPath: Invalid value: \"spec.a\": must be a simple json path starting with .",
        ),
        (
            "/spec/versions/0/subresources",
            json!({"scale": {"specReplicasPath": ".status.x", "statusReplicasPath": ".status.y"}}),
            "spec.subresources.scale.specReplicasPath: Invalid value: \".status.x\": should be a json path under .spec",
        ),
        (
            "/spec/versions/0/selectableFields",
            json!([{"jsonPath": ".spec.nope"}]),
            "spec.selectableFields[0].jsonPath: Invalid value: \".spec.nope\": is an invalid path: does not refer to a valid field",
        ),
        (
            "/spec/conversion",
            json!({"strategy": "Webhook"}),
            "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
        ),
    ] {
        let mut bad = good.clone();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap()[field] = value;
        assert_eq!(texts(&bad).first().map(String::as_str), Some(expected), "{pointer}");
    }
    let mut none = good.clone();
    none["spec"]["versions"] = json!([]);
    assert!(texts(&none)[0].ends_with("must have exactly one version marked as storage version"));
    let mut own = good;
    own["spec"]["group"] = "sea.k8s.io".into();
    own["metadata"]["name"] = "whales.sea.k8s.io".into();
    assert!(texts(&own)[0].starts_with("metadata.annotations[api-approved.kubernetes.io]: Required value"));
}

#[test]
fn faults_of_schemas_are_told_as_kubernetes_tells_them() {
    let at = "spec.validation.openAPIV3Schema";
    for (schema, expected) in [
        (json!({}), "type: Required value: must not be empty at the root"),
        (json!({"type": "string"}), "type: Invalid value: \"string\": must be object at the root"),
        (
            json!({"type": "object", "properties": {"a": {}}}),
            "properties[a].type: Required value: must not be empty for specified object fields",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "array"}}}),
            "properties[a].items: Required value: must be specified",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "array", "items": {}}}}),
            "properties[a].items.type: Required value: must not be empty for specified array items",
        ),
        (json!({"type": "object", "$ref": "x"}), "$ref: Forbidden: $ref is not supported"),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            "additionalProperties: Forbidden: must not be used at the root",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}}),
            "properties[a].pattern: Invalid value: \"(\": must be a valid regular expression, but isn't: ",
        ),
        (
            json!({"type": "object", "anyOf": [{"description": "x"}]}),
            "anyOf[0].description: Forbidden: must be empty to be structural",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}}),
            "properties[a].default: Invalid value: \"string\": ",
        ),
        (
            json!({"type": "object", "properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}}}),
            "properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "string"}}}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["n"]}}}),
            "properties[a].items.properties[n].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
        ),
    ] {
        let found = texts(&definition(&schema));
        assert!(found.iter().any(|text| text.starts_with(&format!("{at}.{expected}"))), "{schema}: {found:?}");
    }
}

#[test]
fn what_objects_hang_on_does_not_change() {
    let mut old = definition(&json!({"type": "object"}));
    old["status"] = json!({"conditions": [{"type": "Established", "status": "True"}], "storedVersions": ["v1"]});
    for (pointer, value, path) in [
        ("/spec/scope", "Cluster", "spec.scope"),
        ("/spec/group", "air.example.com", "spec.group"),
        ("/spec/names/plural", "orcas", "spec.names.plural"),
    ] {
        let mut new = old.clone();
        *new.pointer_mut(pointer).unwrap() = value.into();
        let texts: Vec<String> = validate_update(&new, &old).iter().map(ToString::to_string).collect();
        assert_eq!(texts, [format!("{path}: Invalid value: \"{value}\": field is immutable")]);
    }
    let mut renamed = old.clone();
    renamed["spec"]["versions"][0]["name"] = "v2".into();
    assert!(
        validate_update(&renamed, &old)[0]
            .to_string()
            .starts_with("status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions")
    );
}
