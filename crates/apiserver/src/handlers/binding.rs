//! POST of a `Binding`: a pod goes to a node (`pkg/registry/core/pod/storage`, `assignPod`).

use super::{Answer, Call};
use crate::{
    admission::{Attributes, Operation},
    body::RequestBody,
    options::Writing,
    registry::{Next, Proposal},
    response,
    target::Target,
};
use api::{
    kinds::{BINDING, POD},
    validation,
};
use jiff::Timestamp;
use machinery::{decode, meta, status::Status};
use serde_json::{Value, json};

/// Through `pods/{name}/binding`.
pub async fn create(call: &Call<'_>, body: RequestBody) -> Answer {
    bind(call, Some(&call.action.name), body).await
}

/// Through `bindings`: the binding has the name of its pod.
pub async fn post(call: &Call<'_>, body: RequestBody) -> Answer {
    bind(call, None, body).await
}

async fn bind(call: &Call<'_>, name: Option<&str>, body: RequestBody) -> Answer {
    let options = call.write_options(Writing::Create)?;
    let (mut binding, warnings) = decode::object(&BINDING, call.document(body).await?, options.field_validation)?;
    let name = &name.unwrap_or_else(|| meta::name(&binding)).to_owned();
    let errors = validation::validate_binding(&binding);
    if !errors.is_empty() {
        return Err(Status::invalid(&BINDING, name, &errors));
    }
    let pods = Target::in_namespace(POD, &call.action.target.namespace);
    let attributes =
        Attributes { subresource: "binding", ..Attributes::of(call.user, Operation::Create, &pods, name, &options) };
    call.backend.registry.admit(&attributes, &mut binding).await?;
    let now = Timestamp::now();
    let propose = |pod: Option<&Value>| {
        let pod = pod.ok_or_else(|| pods.not_found(name))?;
        Ok(Proposal::Decided(Next::Put(assign(pod, &binding, now)?)))
    };
    call.backend.registry.change(&attributes, propose).await?;
    let mut response = response::status(&Status::success(201));
    response::warn(&mut response, &warnings);
    Ok(response)
}

fn assign(pod: &Value, binding: &Value, now: Timestamp) -> Result<Value, Status> {
    let name = meta::name(pod);
    let refuse = |cause: String| Err(Status::conflict(&POD, name, cause));
    let asked_uid = meta::uid(binding);
    if !asked_uid.is_empty() && asked_uid != meta::uid(pod) {
        return refuse(format!(
            "Precondition failed: UID in precondition: {asked_uid}, UID in object meta: {}",
            meta::uid(pod)
        ));
    }
    if meta::deletion_timestamp(pod).is_some() {
        return refuse(format!("pod {name} is being deleted, cannot be assigned to a host"));
    }
    if let Some(assigned) = pod.pointer("/spec/nodeName").and_then(Value::as_str).filter(|node| !node.is_empty()) {
        return refuse(format!("pod {name} is already assigned to node {assigned:?}"));
    }
    if pod.pointer("/spec/schedulingGates").and_then(Value::as_array).is_some_and(|gates| !gates.is_empty()) {
        return refuse(format!("pod {name} has non-empty .spec.schedulingGates"));
    }
    let mut pod = pod.clone();
    pod["spec"]["nodeName"] = binding.pointer("/target/name").and_then(Value::as_str).unwrap_or_default().into();
    if let Some(annotations) = binding.pointer("/metadata/annotations").and_then(Value::as_object) {
        for (key, value) in annotations {
            pod["metadata"]["annotations"][key] = value.clone();
        }
    }
    mark_scheduled(&mut pod, now);
    Ok(pod)
}

fn mark_scheduled(pod: &mut Value, now: Timestamp) {
    let scheduled = json!({
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": null,
        "lastTransitionTime": meta::time(now),
        "observedGeneration": pod.pointer("/metadata/generation"),
    });
    let conditions = &mut pod["status"]["conditions"];
    match conditions.as_array_mut() {
        Some(list) => {
            list.retain(|condition| condition["type"] != "PodScheduled");
            list.push(scheduled);
        }
        None => *conditions = Value::Array(vec![scheduled]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(pod: &Value, binding: &Value) -> Result<Value, String> {
        assign(pod, binding, Timestamp::UNIX_EPOCH).map_err(|status| status.to_string())
    }

    #[test]
    fn a_free_pod_is_assigned() {
        let pod = json!({"metadata": {"name": "a", "uid": "u"}, "spec": {}, "status": {"conditions": [
            {"type": "PodScheduled", "status": "False"}]}});
        let binding = json!({"metadata": {"annotations": {"k": "v"}}, "target": {"name": "n1"}});
        let bound = bind(&pod, &binding).unwrap();
        assert_eq!(bound["spec"]["nodeName"], "n1");
        assert_eq!(bound["metadata"]["annotations"]["k"], "v");
        assert_eq!(bound["status"]["conditions"].as_array().unwrap().len(), 1);
        assert_eq!(bound["status"]["conditions"][0]["status"], "True");
    }

    #[test]
    fn other_pods_are_refused() {
        let binding = json!({"metadata": {"uid": "u"}});
        for (pod, message) in [
            (json!({"metadata": {"name": "a", "uid": "other"}}), "Precondition failed"),
            (
                json!({"metadata": {"name": "a", "uid": "u", "deletionTimestamp": "2026-01-01T00:00:00Z"}}),
                "is being deleted",
            ),
            (
                json!({"metadata": {"name": "a", "uid": "u"}, "spec": {"nodeName": "n0"}}),
                "already assigned to node \"n0\"",
            ),
            (
                json!({"metadata": {"name": "a", "uid": "u"}, "spec": {"schedulingGates": [{}]}}),
                "non-empty .spec.schedulingGates",
            ),
        ] {
            let refusal = bind(&pod, &binding).unwrap_err();
            assert!(refusal.contains(message), "{refusal}");
        }
    }
}
