//! Kubernetes' own kinds as JSON text.

use api::TABLES;
use machinery::serializer::to_json;
use serde_json::json;

#[test]
fn fields_are_written_in_the_order_of_go() {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"annotations": {"b": "1", "a": "2"}, "uid": "u", "resourceVersion": "7", "name": "n", "labels": {}},
        "spec": {"nodeName": "x", "containers": [{"image": "i", "name": "c", "resources": {}}], "volumes": [
            {"emptyDir": {}, "name": "v"},
        ]},
        "status": {},
    });
    let text = concat!(
        r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"n","uid":"u","resourceVersion":"7","labels":{},"#,
        r#""annotations":{"a":"2","b":"1"}},"spec":{"volumes":[{"name":"v","emptyDir":{}}],"#,
        r#""containers":[{"name":"c","image":"i","resources":{}}],"nodeName":"x"},"status":{}}"#,
    );
    assert_eq!(String::from_utf8(to_json(&TABLES, &pod)).unwrap(), text);
    let list = json!({"apiVersion": "v1", "items": [pod], "kind": "PodList", "metadata": {}});
    let expected = format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":[{text}]}}"#);
    assert_eq!(String::from_utf8(to_json(&TABLES, &list)).unwrap(), expected);
}

#[test]
fn other_objects_are_written_too() {
    for (object, text) in [
        (
            json!({"kind": "Foo", "apiVersion": "a.b/v1", "metadata": {"namespace": "x", "name": "n"}, "a": {"kind": 1}}),
            r#"{"a":{"kind":1},"apiVersion":"a.b/v1","kind":"Foo","metadata":{"name":"n","namespace":"x"}}"#,
        ),
        (
            json!({
                "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "rows": [{"cells": [1], "object": {
                    "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"uid": "u", "name": "n"},
                }}], "columnDefinitions": [],
            }),
            concat!(
                r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},"columnDefinitions":[],"rows":[{"cells":[1],"#,
                r#""object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"n","uid":"u"}}}]}"#,
            ),
        ),
        (json!([{"b": 1, "a": null}, "x"]), r#"[{"a":null,"b":1},"x"]"#),
    ] {
        assert_eq!(String::from_utf8(to_json(&TABLES, &object)).unwrap(), text);
    }
}
