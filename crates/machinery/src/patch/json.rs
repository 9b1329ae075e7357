//! JSON patch (RFC 6902), as `gopkg.in/evanphx/json-patch.v4` understands it: `replace` also puts a field where there was
//! none, indexes may count from the end.

mod operation;
mod place;

use crate::status::Status;
use operation::Operation;
use serde_json::Value;

/// More operations are refused (`k8s.io/apiserver/pkg/endpoints/handlers/patch.go`).
const MOST_OPERATIONS: usize = 10_000;

/// The object with all operations of `patch` done in turn. A patch that is none is a 400, one that does not fit the
/// object, or asks for too much work, a 422.
pub fn json_patch(object: &Value, patch: Value) -> Result<Value, Status> {
    let Value::Array(operations) = patch else {
        return Err(Status::bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch"));
    };
    if operations.len() > MOST_OPERATIONS {
        let count = operations.len();
        return Err(Status::too_large_because(format!(
            "The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {count}"
        )));
    }
    let operations: Result<Vec<Operation>, String> = operations.into_iter().map(Operation::read).collect();
    let operations = operations.map_err(|fault| Status::bad_request(format!("error decoding patch: {fault}")))?;
    operation::apply(object.clone(), operations).map_err(Status::unprocessable)
}

#[cfg(test)]
mod tests;
