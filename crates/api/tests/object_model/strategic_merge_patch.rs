//! Strategic merge patches of Kubernetes' own kinds.

use crate::find_kind;
use machinery::{patch::strategic_merge_patch, status::Status};
use proptest::{collection, prelude::*};
use serde_json::{Value, json};

fn patched(kind: &str, object: &Value, patch: &Value) -> Result<Value, Status> {
    let kind = ["", "apps", "policy"].iter().find_map(|group| find_kind(group, "v1", kind)).unwrap();
    strategic_merge_patch(kind.definition().unwrap(), object, patch.clone())
}

#[test]
fn objects_merge_like_in_a_merge_patch() {
    let object = json!({"metadata": {"labels": {"a": "1", "b": "2"}}, "spec": {"nodeName": "x"}});
    for (patch, result) in [
        (json!({}), object.clone()),
        (
            json!({"metadata": {"labels": {"a": null, "c": "3", "d": null}}}),
            json!({"metadata": {"labels": {"b": "2", "c": "3"}}, "spec": {"nodeName": "x"}}),
        ),
        (
            json!({"metadata": {"labels": {"$patch": "replace", "z": "0"}}}),
            json!({"metadata": {"labels": {"z": "0"}}, "spec": {"nodeName": "x"}}),
        ),
        (json!({"metadata": {"$patch": "delete"}}), json!({"metadata": {}, "spec": {"nodeName": "x"}})),
        (json!({"$patch": "replace", "spec": {"priority": 1}}), json!({"spec": {"priority": 1}})),
        (json!({"metadata": null, "spec": {"nodeName": null}}), json!({"spec": {}})),
        (
            json!({"status": {"a": null, "conditions": [{"$patch": "delete", "type": "x"}, {"type": "y"}]}}),
            json!({
                "metadata": {"labels": {"a": "1", "b": "2"}}, "spec": {"nodeName": "x"},
                "status": {"conditions": [{"type": "y"}]},
            }),
        ),
    ] {
        assert_eq!(patched("Pod", &object, &patch).unwrap(), result, "{patch}");
    }
}

fn pod(containers: &Value) -> Value {
    json!({"spec": {"containers": containers}})
}

#[test]
fn lists_merge_by_key() {
    let object = pod(&json!([{"name": "a", "image": "1"}, {"name": "b", "image": "2", "env": [{"name": "E"}]}]));
    for (patch, result) in [
        (
            json!([{"name": "b", "image": "3"}]),
            json!([{"name": "a", "image": "1"}, {"name": "b", "image": "3", "env": [{"name": "E"}]}]),
        ),
        (
            json!([{"name": "b", "env": [{"name": "F", "value": "f"}]}]),
            json!([
                {"name": "a", "image": "1"},
                {"name": "b", "image": "2", "env": [{"name": "F", "value": "f"}, {"name": "E"}]},
            ]),
        ),
        (
            json!([{"name": "c"}]),
            json!([{"name": "c"}, {"name": "a", "image": "1"}, {"name": "b", "image": "2", "env": [{"name": "E"}]}]),
        ),
        (json!([{"name": "b", "$patch": "delete"}]), json!([{"name": "a", "image": "1"}])),
        (json!([{"name": "z"}, {"$patch": "replace"}]), json!([{"name": "z"}])),
        (json!([{"name": "b", "$patch": "replace", "image": "9"}]), json!([])),
    ] {
        assert_eq!(patched("Pod", &object, &pod(&patch)).unwrap(), pod(&result), "{patch}");
    }
}

#[test]
fn lists_without_a_strategy_are_replaced() {
    let object = pod(&json!([{"name": "a", "args": ["x", "y"]}]));
    let patch = pod(&json!([{"name": "a", "args": ["z"]}]));
    assert_eq!(patched("Pod", &object, &patch).unwrap(), pod(&json!([{"name": "a", "args": ["z"]}])));
}

#[test]
fn lists_of_primitives_merge_as_sets() {
    let object = json!({"metadata": {"finalizers": ["a", "b"]}});
    for (patch, result) in [
        (json!({"finalizers": ["b", "c"]}), json!(["a", "b", "c"])),
        (json!({"$deleteFromPrimitiveList/finalizers": ["a"]}), json!(["b"])),
        (json!({"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}), json!(["c", "b"])),
        (json!({"$setElementOrder/finalizers": ["b", "a"]}), json!(["b", "a"])),
        (json!({"$setElementOrder/finalizers": ["c", "a", "b"], "finalizers": ["c"]}), json!(["c", "a", "b"])),
    ] {
        let found = patched("Pod", &object, &json!({ "metadata": patch })).unwrap();
        assert_eq!(found["metadata"]["finalizers"], result, "{patch}");
    }
}

#[test]
fn the_patch_may_set_the_order() {
    let object = pod(&json!([{"name": "a"}, {"name": "b"}, {"name": "server"}]));
    let patch = json!({"spec": {
        "$setElementOrder/containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}],
        "containers": [{"name": "c"}, {"name": "a", "image": "1"}],
    }});
    let result = json!([{"name": "c"}, {"name": "b"}, {"name": "a", "image": "1"}, {"name": "server"}]);
    assert_eq!(patched("Pod", &object, &patch).unwrap(), pod(&result));

    let delete = json!({"spec": {
        "$setElementOrder/containers": [{"name": "b"}],
        "containers": [{"$patch": "delete", "name": "a"}],
    }});
    assert_eq!(patched("Pod", &object, &delete).unwrap(), pod(&json!([{"name": "b"}, {"name": "server"}])));

    let mismatch = json!({"spec": {
        "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
        "containers": [{"name": "a"}, {"name": "b"}],
    }});
    let status = patched("Pod", &object, &mismatch).unwrap_err();
    assert!(status.message.contains("doesn't match $setElementOrder list"), "{status}");
}

#[test]
fn keys_may_be_retained() {
    let object = json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}});
    let patch = json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}});
    assert_eq!(patched("Deployment", &object, &patch).unwrap(), json!({"spec": {"strategy": {"type": "Recreate"}}}));

    let volumes = |volume: Value| json!({"spec": {"volumes": [volume]}});
    let object = volumes(json!({"name": "v", "emptyDir": {}}));
    let patch = volumes(json!({"name": "v", "hostPath": {"path": "/x"}, "$retainKeys": ["name", "hostPath"]}));
    assert_eq!(patched("Pod", &object, &patch).unwrap(), volumes(json!({"name": "v", "hostPath": {"path": "/x"}})));

    let wrong = json!({"spec": {"strategy": {"$retainKeys": ["type"], "rollingUpdate": {}}}});
    let status = patched("Deployment", &json!({"spec": {"strategy": {}}}), &wrong).unwrap_err();
    assert_eq!((status.code(), status.message.as_str()), (400, "invalid patch format of retainKeys"));
}

#[test]
fn a_selector_may_be_replaced_as_a_whole() {
    let object = json!({"spec": {"selector": {"matchLabels": {"a": "1"}}}});
    let patch = json!({"spec": {"selector": {"matchLabels": {"b": "2"}}}});
    assert_eq!(patched("PodDisruptionBudget", &object, &patch).unwrap(), patch);
}

/// With a step for each pair of items this would take minutes.
#[test]
fn long_lists_are_merged_in_one_go() {
    let named = |range: std::ops::Range<usize>| Value::Array(range.map(|n| json!({"name": n.to_string()})).collect());
    let object = pod(&named(0..60_000));
    let patch = json!({"spec": {
        "$setElementOrder/containers": named(30_000..90_000), "containers": named(30_000..90_000),
    }});
    let merged = patched("Pod", &object, &patch).unwrap();
    assert_eq!(merged["spec"]["containers"].as_array().unwrap().len(), 90_000);
    let finalizers = |range: std::ops::Range<usize>| Value::from(range.map(|n| n.to_string()).collect::<Vec<_>>());
    let object = json!({"metadata": {"finalizers": finalizers(0..60_000)}});
    let patch = json!({"metadata": {
        "$deleteFromPrimitiveList/finalizers": finalizers(0..30_000), "finalizers": finalizers(50_000..90_000),
    }});
    let merged = patched("Pod", &object, &patch).unwrap();
    assert_eq!(merged["metadata"]["finalizers"].as_array().unwrap().len(), 60_000);
}

#[test]
fn faults_have_the_codes_of_kubernetes() {
    let object = pod(&json!([{"name": "a"}]));
    for (patch, code, text) in [
        (json!([]), 400, "error decoding patch"),
        (json!({"$patch": "dance"}), 422, "unknown patch type: dance in map: "),
        (pod(&json!([{"image": "x"}])), 500, "does not contain declared merge key: name"),
        (pod(&json!([[1]])), 422, "lists of lists are not supported"),
        (pod(&json!([1])), 500, "list element types are not identical"),
        (json!({"spec": {"$setElementOrder/containers": 1}}), 400, "invalid patch format of setElementOrder list"),
    ] {
        let status = patched("Pod", &object, &patch).unwrap_err();
        assert_eq!(status.code(), code, "{patch}");
        let causes = serde_json::to_string(&status).unwrap();
        assert!(causes.contains(text), "{causes}");
    }
}

fn containers() -> impl Strategy<Value = Value> {
    let container = |(name, image): (String, String)| json!({"name": name, "image": image});
    collection::btree_map("[a-e]", "[0-9]", 0..5)
        .prop_map(move |map| Value::Array(map.into_iter().map(container).collect()))
}

proptest! {
    #[test]
    fn an_empty_patch_changes_nothing(list in containers()) {
        let object = pod(&list);
        prop_assert_eq!(patched("Pod", &object, &json!({})).unwrap(), object);
    }

    #[test]
    fn an_object_as_its_own_patch_changes_nothing(list in containers()) {
        let object = pod(&list);
        prop_assert_eq!(patched("Pod", &object, &object).unwrap(), object);
    }

    #[test]
    fn merged_lists_have_the_items_of_both(ours in containers(), theirs in containers()) {
        let merged = patched("Pod", &pod(&ours), &pod(&theirs)).unwrap();
        let names = |list: &Value| -> std::collections::BTreeSet<String> {
            list.as_array().unwrap().iter().map(|item| item["name"].to_string()).collect()
        };
        let union: std::collections::BTreeSet<_> = names(&ours).union(&names(&theirs)).cloned().collect();
        prop_assert_eq!(names(&merged["spec"]["containers"]), union);
    }
}
