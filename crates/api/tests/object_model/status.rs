//! What is answered where something is wrong with objects of Kubernetes' own kinds.

use api::kinds;
use machinery::{
    field::{Error, Path},
    kind::Kind,
    status::{Cause, Status},
};
use serde_json::{Value, json};

fn pod() -> Kind {
    kinds::POD
}

fn deployment() -> Kind {
    kinds::DEPLOYMENT
}

#[test]
fn messages_reasons_and_codes_are_those_of_kubernetes() {
    let modified = "Operation cannot be fulfilled on pods \"x\": the object has been modified; please apply your \
                    changes to the latest version and try again";
    let unknown_format = "the body of the request was in an unknown format - accepted media types include: a/b, c/d";
    let no_patch = "patch is not supported on resources of kind \"pods\"";
    let cases = [
        (Status::not_found(&pod(), "x"), 404, "NotFound", "pods \"x\" not found"),
        (Status::not_found(&deployment(), "x"), 404, "NotFound", "deployments.apps \"x\" not found"),
        (Status::no_such_resource(), 404, "NotFound", "the server could not find the requested resource"),
        (Status::already_exists(&deployment(), "x"), 409, "AlreadyExists", "deployments.apps \"x\" already exists"),
        (Status::modified(&pod(), "x"), 409, "Conflict", modified),
        (Status::bad_request("no"), 400, "BadRequest", "no"),
        (Status::forbidden(&pod(), "x", "no"), 403, "Forbidden", "pods \"x\" is forbidden: no"),
        (Status::forbidden(&pod(), "", "no"), 403, "Forbidden", "pods is forbidden: no"),
        (Status::unauthorized(), 401, "Unauthorized", "Unauthorized"),
        (Status::method_not_supported(&pod(), "patch"), 405, "MethodNotAllowed", no_patch),
        (Status::unsupported_media_type(&["a/b", "c/d"]), 415, "UnsupportedMediaType", unknown_format),
        (Status::expired("too old"), 410, "Expired", "too old"),
        (Status::too_large_resource_version(9, 7), 504, "Timeout", "Too large resource version: 9, current: 7"),
        (Status::too_large(3), 413, "RequestEntityTooLarge", "Request entity too large: limit is 3"),
        (Status::internal("odd"), 500, "InternalError", "Internal error occurred: odd"),
        (Status::timeout("late", 0), 504, "Timeout", "Timeout: late"),
    ];
    for (status, code, reason, message) in cases {
        let value = serde_json::to_value(&status).unwrap();
        assert_eq!(value["message"], message);
        assert_eq!((&value["code"], &value["reason"]), (&json!(code), &json!(reason)), "{message}");
        assert_eq!(value["status"], "Failure");
        assert_eq!(serde_json::from_value::<Status>(value).unwrap(), status);
    }
}

#[test]
fn an_invalid_object_lists_its_faults_as_causes() {
    let spec = Path::new("spec");
    let one = [Error::required(&spec.child("containers"), "")];
    assert_eq!(Status::invalid(&pod(), "x", &one).message, "Pod \"x\" is invalid: spec.containers: Required value");

    let two = [Error::required(&spec.child("selector"), ""), Error::invalid(&spec.child("replicas"), -1, "no")];
    let status = serde_json::to_value(Status::invalid(&deployment(), "x", &two)).unwrap();
    assert_eq!(
        status,
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Invalid", "code": 422,
            "message": "Deployment.apps \"x\" is invalid: [spec.selector: Required value, \
                        spec.replicas: Invalid value: -1: no]",
            "details": {"name": "x", "group": "apps", "kind": "Deployment", "causes": [
                {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.selector"},
                {"reason": "FieldValueInvalid", "message": "Invalid value: -1: no", "field": "spec.replicas"},
            ]},
        })
    );
}

#[test]
fn success_has_no_reason() {
    let value = serde_json::to_value(Status::deleted(&deployment(), "x", "7")).unwrap();
    assert_eq!(value["status"], "Success");
    assert_eq!(value["details"], json!({"name": "x", "group": "apps", "kind": "deployments", "uid": "7"}));
    assert_eq!(value.get("reason"), None::<&Value>);
    assert_eq!(serde_json::to_value(Status::success(201)).unwrap()["code"], 201);
}

#[test]
fn a_refused_eviction_names_its_cause() {
    let cause = Cause { reason: "DisruptionBudget".into(), message: "needs 2".into(), field: String::new() };
    let value = serde_json::to_value(Status::too_many_requests("Cannot evict", 10, Some(cause))).unwrap();
    assert_eq!(value["details"]["retryAfterSeconds"], 10);
    assert_eq!(value["details"]["causes"], json!([{"reason": "DisruptionBudget", "message": "needs 2"}]));
}
