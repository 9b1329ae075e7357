//! JSON patch (RFC 6902).

use crate::status::Status;
use json_patch::{Patch, PatchErrorKind};
use serde_json::Value;

/// More operations are refused (`k8s.io/apiserver/pkg/endpoints/handlers/patch.go`).
const MOST_OPERATIONS: usize = 10_000;

/// The object with all operations of `patch` done in turn. A patch that is none is a 400, one that does not fit the
/// object a 422.
pub fn json_patch(object: &Value, patch: Value) -> Result<Value, Status> {
    let Patch(operations) = serde_json::from_value(patch).map_err(|error| Status::bad_request(error.to_string()))?;
    if operations.len() > MOST_OPERATIONS {
        let count = operations.len();
        return Err(Status::too_large_because(format!(
            "The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {count}"
        )));
    }
    let mut result = object.clone();
    json_patch::patch(&mut result, &operations).map_err(|error| {
        let operation = match operations.get(error.operation) {
            Some(operation) => operation.to_string(),
            None => error.operation.to_string(),
        };
        let place = &error.path;
        Status::unprocessable(match error.kind {
            PatchErrorKind::TestFailed => format!("testing value {place} failed: test failed"),
            kind => format!("operation {operation}: {kind}"),
        })
    })?;
    Ok(result)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn faults_have_the_codes_of_kubernetes() {
        let object = json!({"a": 1});
        for (patch, code) in [
            (json!({"op": "add"}), 400),
            (json!([{"op": "dance", "path": "/a"}]), 400),
            (json!([{"op": "add", "path": "a", "value": 1}]), 400),
            (json!([{"op": "test", "path": "/a", "value": 2}]), 422),
            (json!([{"op": "remove", "path": "/b"}]), 422),
            (json!([{"op": "replace", "path": "/b/c", "value": 2}]), 422),
            (Value::Array(vec![json!({"op": "test", "path": "/a", "value": 1}); 10_001]), 413),
        ] {
            assert_eq!(json_patch(&object, patch).unwrap_err().code(), code);
        }
    }

    proptest! {
        #[test]
        fn what_is_added_is_there(key in "[a-z]{1,5}", value in "[a-z]{0,5}") {
            let patch = json!([{"op": "add", "path": format!("/{key}"), "value": value}]);
            prop_assert_eq!(&json_patch(&json!({"a": {}}), patch).unwrap()[&key], &json!(value));
        }
    }
}
