use super::*;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn operations_are_done_in_turn() {
    let object = json!({"metadata": {"labels": {"a": "1"}}, "spec": {"list": [1, 2]}});
    for (patch, result) in [
        (json!([]), object.clone()),
        (
            json!([{"op": "add", "path": "/metadata/labels/b~1c", "value": "2"}, {"op": "remove", "path": "/spec"}]),
            json!({"metadata": {"labels": {"a": "1", "b/c": "2"}}}),
        ),
        (
            json!([{"op": "test", "path": "/spec/list/0", "value": 1},
                   {"op": "add", "path": "/spec/list/-", "value": 3},
                   {"op": "move", "from": "/spec/list/0", "path": "/spec/first"},
                   {"op": "copy", "from": "/spec/first", "path": "/spec/second"},
                   {"op": "replace", "path": "/metadata", "value": {}}]),
            json!({"metadata": {}, "spec": {"list": [2, 3], "first": 1, "second": 1}}),
        ),
    ] {
        assert_eq!(json_patch(&object, patch).unwrap(), result);
    }
}

/// What Go's library makes of the same patches.
#[test]
fn corners_are_those_of_go() {
    let object = json!({"a": {"b": 1}, "l": [1]});
    for (operation, expected) in [
        (json!({"op": "replace", "path": "/a/c", "value": [1]}), Ok(json!({"a": {"b": 1, "c": [1]}, "l": [1]}))),
        (json!({"op": "copy", "from": "/a/c", "path": "/a/d"}), Ok(json!({"a": {"b": 1, "d": null}, "l": [1]}))),
        (json!({"op": "test", "path": "/a/c", "value": null}), Ok(object.clone())),
        (json!({"op": "add", "path": "/l/-1", "value": 2}), Ok(json!({"a": {"b": 1}, "l": [1, 2]}))),
        (json!({"op": "add", "path": "/l/0", "value": 2}), Ok(json!({"a": {"b": 1}, "l": [2, 1]}))),
        (json!({"op": "remove", "path": "/l/-1"}), Ok(json!({"a": {"b": 1}, "l": []}))),
        (json!({"op": "add", "path": "/x"}), Ok(json!({"a": {"b": 1}, "l": [1], "x": null}))),
        (json!({"op": "replace", "path": "", "value": {"x": 1}}), Ok(json!({"x": 1}))),
        (
            json!({"op": "replace", "path": "/x/c", "value": 1}),
            Err("replace operation does not apply: doc is missing path: /x/c: missing value"),
        ),
        (
            json!({"op": "replace", "path": "/l/3", "value": 1}),
            Err("replace operation does not apply: doc is missing key: /l/3: missing value"),
        ),
        (
            json!({"op": "remove", "path": "/a/c"}),
            Err("error in remove for path: '/a/c': Unable to remove nonexistent key: c: missing value"),
        ),
        (
            json!({"op": "move", "from": "/a/c", "path": "/a/d"}),
            Err("error in move for path: 'c': Unable to remove nonexistent key: c: missing value"),
        ),
        (json!({"op": "test", "path": "/a/b", "value": 2}), Err("testing value /a/b failed: test failed")),
        (json!({"op": "dance"}), Err("Unexpected kind: dance")),
        (json!({"path": "/b"}), Err("Unexpected kind: unknown")),
        (
            json!({"op": "add", "path": "a", "value": 2}),
            Err("add operation does not apply: doc is missing path: \"a\": missing value"),
        ),
        (json!({"op": "add", "value": 2}), Err("add operation failed to decode path: missing value")),
        (
            json!({"op": "copy", "path": "/b"}),
            Err("copy operation failed to decode from: operation, missing from field: missing value"),
        ),
        (
            json!({"op": "add", "path": "/l/9", "value": 2}),
            Err("error in add for path: '/l/9': Unable to access invalid index: 9: invalid index referenced"),
        ),
    ] {
        let found = json_patch(&object, json!([operation])).map_err(|status| {
            assert_eq!(status.code(), 422);
            status.details.unwrap().causes[0].message.clone()
        });
        assert_eq!(found, expected.map_err(String::from), "{operation}");
    }
}

#[test]
fn faults_have_the_codes_of_kubernetes() {
    let object = json!({"a": 1});
    for (patch, code) in [
        (json!({"op": "add"}), 400),
        (json!([1]), 400),
        (json!([{"op": "add", "path": 1}]), 400),
        (json!([{"op": "dance", "path": "/a"}]), 422),
        (json!([{"op": "remove", "path": "/b"}]), 422),
        (Value::Array(vec![json!({"op": "test", "path": "/a", "value": 1}); 10_001]), 413),
    ] {
        assert_eq!(json_patch(&object, patch).unwrap_err().code(), code);
    }
}

#[test]
fn a_small_patch_makes_no_large_work() {
    let mut doubled = vec![json!({"op": "add", "path": "/a", "value": {"x": "y".repeat(100)}})];
    doubled.extend((0..40).map(|number| json!({"op": "copy", "from": "/a", "path": format!("/a/{number}")})));
    let nested = |count| {
        let steps = [
            json!({"op": "add", "path": "/b", "value": {}}),
            json!({"op": "move", "from": "/a", "path": "/b/a"}),
            json!({"op": "move", "from": "/b", "path": "/a"}),
        ];
        let patch: Vec<Value> = steps.iter().cycle().take(count).cloned().collect();
        json_patch(&json!({"a": {}}), Value::Array(patch))
    };
    let crowd = json!({"a": vec![0; 100_000]});
    let moved = vec![json!({"op": "add", "path": "/a/0", "value": 0}); 1000];
    for (result, text) in [
        (json_patch(&json!({}), Value::Array(doubled)), "the accumulated size increase of copy is"),
        (nested(9_999), "too deep"),
        (json_patch(&crowd, Value::Array(moved)), "too many items"),
    ] {
        let status = result.unwrap_err();
        assert_eq!(status.code(), 422);
        let causes = &status.details.as_ref().unwrap().causes;
        assert!(causes[0].message.contains(text), "{causes:?}");
    }
    assert!(nested(300).is_ok());
}

proptest! {
    #[test]
    fn what_is_added_is_there(key in "[a-z]{1,5}", value in "[a-z]{0,5}") {
        let patch = json!([{"op": "add", "path": format!("/{key}"), "value": value}]);
        prop_assert_eq!(&json_patch(&json!({"a": {}}), patch).unwrap()[&key], &json!(value));
    }
}
