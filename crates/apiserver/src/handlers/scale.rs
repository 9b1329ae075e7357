//! GET, PUT, PATCH of `…/{name}/scale`: how many replicas a workload has and shall have
//! (`pkg/registry/apps/deployment/storage`, `ScaleREST`).

use super::{Answer, Call, parts};
use crate::{
    body::RequestBody,
    registry::{Representation, View},
};
use api::kinds::SCALE;
use machinery::{
    behaviour::Scale,
    field::{Error, Path},
    kind::Kind,
    meta,
    selector::LabelSelector,
    status::Status,
};
use serde_json::{Map, Value, json};

/// How a workload looks as a `Scale`.
static VIEW: View = View::Representation(Representation { kind: SCALE, show, put, applied });

/// What a `Scale` shows of its workload's metadata.
const SHOWN: [&str; 5] = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"];

/// Answers any verb of the subresource.
pub async fn answer(call: &Call<'_>, body: RequestBody) -> Answer {
    parts::on_view(call, &VIEW, body).await
}

/// Where objects of a kind have their numbers.
fn places(kind: &Kind) -> Result<&Scale, Status> {
    kind.behaviour.scale.as_ref().ok_or_else(Status::no_such_resource)
}

fn show(kind: &Kind, workload: &Value) -> Result<Value, Status> {
    let places = places(kind)?;
    let number = |place: &str| workload.pointer(place).and_then(Value::as_i64).unwrap_or_default();
    let selector = places.selector.as_deref().and_then(|place| workload.pointer(place));
    let selector = selector.map_or(Ok(String::new()), selector_text).map_err(Status::bad_request)?;
    let metadata: Map<String, Value> = SHOWN
        .into_iter()
        .filter_map(|field| Some((field.to_owned(), workload["metadata"].get(field)?.clone())))
        .collect();
    let mut status = json!({"replicas": number(&places.actual)});
    if !selector.is_empty() {
        status["selector"] = selector.into();
    }
    Ok(json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
        "spec": spec(number(&places.wanted)), "status": status,
    }))
}

/// The selector as a text, which it may be already: of a `ReplicationController` a map of labels, else a
/// `LabelSelector`.
fn selector_text(given: &Value) -> Result<String, String> {
    if let Some(text) = given.as_str() {
        return Ok(text.to_owned());
    }
    let is_map = given.as_object().is_some_and(|map| map.values().all(Value::is_string));
    let selector = if is_map { LabelSelector::from_map(given) } else { LabelSelector::from_object(given)? };
    Ok(selector.map(|selector| selector.to_string()).unwrap_or_default())
}

/// A number of nought is left out, as it is the default.
fn spec(replicas: i64) -> Value {
    if replicas == 0 { json!({}) } else { json!({ "replicas": replicas }) }
}

/// The workload with the replicas that its `Scale` asks for.
fn put(kind: &Kind, workload: &Value, scale: &Value) -> Result<Value, Status> {
    let replicas = scale["spec"]["replicas"].as_i64().unwrap_or_default();
    if replicas < 0 {
        let path = Path::new("spec").child("replicas");
        let error = Error::invalid(&path, replicas, "must be greater than or equal to 0");
        return Err(Status::invalid(&SCALE, meta::name(workload), &[error]));
    }
    let mut workload = workload.clone();
    set(&mut workload, &places(kind)?.wanted, replicas.into())?;
    for field in ["uid", "resourceVersion"] {
        match &scale["metadata"][field] {
            Value::Null => meta::remove(&mut workload, &[field]),
            given => meta::set(&mut workload, field, given.clone()),
        }
    }
    Ok(workload)
}

/// An apply of a `Scale` sets the replicas of its workload and nothing else.
fn applied(kind: &Kind, scale: &Value) -> Result<Value, Status> {
    let metadata = json!({"name": meta::name(scale), "namespace": meta::namespace(scale)});
    let mut workload = json!({ "apiVersion": kind.api_version(), "kind": kind.kind, "metadata": metadata });
    set(&mut workload, &places(kind)?.wanted, scale["spec"]["replicas"].clone())?;
    Ok(workload)
}

/// Sets what a JSON pointer to a field names. On the way there are objects, or nothing yet.
fn set(object: &mut Value, pointer: &str, value: Value) -> Result<(), Status> {
    let mut place = object;
    for field in pointer.split('/').skip(1) {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        let Some(fields) = place.as_object_mut() else {
            let path = pointer.replace('/', ".");
            return Err(Status::internal(format!(
                "there is no place for the replicas at {path}: {field} is in no object"
            )));
        };
        place = fields.entry(field).or_insert(Value::Null);
    }
    *place = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::kinds::{DEPLOYMENT, REPLICATION_CONTROLLER};

    fn workload(selector: &Value) -> Value {
        json!({"metadata": {"name": "w", "namespace": "n", "uid": "u", "resourceVersion": "7", "labels": {"a": "b"}},
            "spec": {"replicas": 3, "selector": selector}, "status": {"replicas": 2}})
    }

    #[test]
    fn a_workload_shows_its_replicas_and_its_selector() {
        for (kind, selector, text) in [
            (DEPLOYMENT, json!({"matchLabels": {"b": "2", "a": "1"}}), "a=1,b=2"),
            (
                DEPLOYMENT,
                json!({"matchExpressions": [{"key": "k", "operator": "In", "values": ["y", "x"]}]}),
                "k in (x,y)",
            ),
            (REPLICATION_CONTROLLER, json!({"a": "1"}), "a=1"),
        ] {
            let scale = show(&kind, &workload(&selector)).unwrap();
            assert_eq!((&scale["spec"]["replicas"], &scale["status"]["replicas"]), (&json!(3), &json!(2)));
            assert_eq!(scale["status"]["selector"], text);
            assert_eq!(scale["metadata"], json!({"name": "w", "namespace": "n", "uid": "u", "resourceVersion": "7"}));
        }
        let none = show(&DEPLOYMENT, &json!({"metadata": {"name": "w"}, "spec": {"replicas": 0}})).unwrap();
        assert_eq!((&none["spec"], &none["status"]), (&json!({}), &json!({"replicas": 0})));
    }

    #[test]
    fn a_scale_changes_replicas_only() {
        let old = workload(&json!({"matchLabels": {"a": "b"}}));
        let scale = |metadata: Value, replicas: i64| json!({"metadata": metadata, "spec": {"replicas": replicas}});
        let new = put(&DEPLOYMENT, &old, &scale(json!({"resourceVersion": "6", "labels": {}}), 5)).unwrap();
        assert_eq!((&new["spec"]["replicas"], &new["metadata"]["resourceVersion"]), (&json!(5), &json!("6")));
        assert_eq!(new["metadata"]["labels"], json!({"a": "b"}));
        let refusal = put(&DEPLOYMENT, &old, &scale(json!({}), -1)).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Scale.autoscaling \"w\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
        );
    }
}
