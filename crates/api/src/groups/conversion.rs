//! Kinds whose versions differ in more than their name: in the names and places of fields (`conversion.go` in
//! `pkg/apis/core/v1`, `pkg/apis/autoscaling/v1` and `pkg/apis/resource/v1beta1`).

mod devices;

use serde_json::{Map, Value, json};

/// Fields of an event: in the core group, in `events.k8s.io`.
const EVENT_FIELDS: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// An event of one group as one of the other.
pub fn event(event: &mut Value, _: &str, to: &str) {
    let Some(fields) = event.as_object_mut() else { return };
    if to == "v1" {
        rename(fields, EVENT_FIELDS.map(|(core, events)| (events, core)));
    } else {
        rename(fields, EVENT_FIELDS);
    }
}

/// A `HorizontalPodAutoscaler` of one version as one of the other.
pub fn autoscaler(autoscaler: &mut Value, _: &str, to: &str) {
    let Some(fields) = autoscaler.as_object_mut() else { return };
    if to == "autoscaling/v1" {
        autoscaler_to_v1(fields);
    } else {
        autoscaler_to_v2(fields);
    }
}

/// What has devices, or wants some.
pub fn devices(object: &mut Value, from: &str, to: &str) {
    if from == "resource.k8s.io/v1beta1" {
        devices::from_v1beta1(object);
    } else if to == "resource.k8s.io/v1beta1" {
        devices::to_v1beta1(object);
    }
}

fn rename<'a>(fields: &mut Map<String, Value>, names: impl IntoIterator<Item = (&'a str, &'a str)>) {
    for (old, new) in names {
        if let Some(value) = fields.remove(old) {
            fields.insert(new.to_owned(), value);
        }
    }
}

fn autoscaler_to_v2(fields: &mut Map<String, Value>) {
    let cpu = |value: &Value, place: &str, kind: &str| {
        let mut utilization = json!({ "averageUtilization": value });
        if place == "target" {
            utilization["type"] = kind.into();
        }
        json!([{"type": "Resource", "resource": {"name": "cpu", place: utilization}}])
    };
    if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut)
        && let Some(target) = spec.remove("targetCPUUtilizationPercentage")
    {
        spec.insert("metrics".into(), cpu(&target, "target", "Utilization"));
    }
    if let Some(status) = fields.get_mut("status").and_then(Value::as_object_mut)
        && let Some(current) = status.remove("currentCPUUtilizationPercentage")
    {
        status.insert("currentMetrics".into(), cpu(&current, "current", ""));
    }
}

fn autoscaler_to_v1(fields: &mut Map<String, Value>) {
    for (part, list, place, old) in [
        ("spec", "metrics", "target", "targetCPUUtilizationPercentage"),
        ("status", "currentMetrics", "current", "currentCPUUtilizationPercentage"),
    ] {
        let Some(part) = fields.get_mut(part).and_then(Value::as_object_mut) else { continue };
        let metrics = part.remove(list).unwrap_or_default();
        let of_cpu = |metric: &&Value| metric["resource"]["name"] == "cpu";
        let utilization = metrics
            .as_array()
            .into_iter()
            .flatten()
            .find(of_cpu)
            .map(|cpu| &cpu["resource"][place]["averageUtilization"]);
        if let Some(utilization) = utilization.filter(|value| value.is_number()) {
            part.insert(old.into(), utilization.clone());
        }
        part.remove("behavior");
        part.remove("conditions");
    }
}

#[cfg(test)]
mod tests {
    use crate::kinds;
    use machinery::conversion::convert;
    use serde_json::json;

    #[test]
    fn events_come_back_as_they_were() {
        let core = &kinds::EVENT;
        let events = &kinds::EVENTS_EVENT;
        let event = json!({"apiVersion": "v1", "kind": "Event", "involvedObject": {"name": "a"}, "message": "m",
            "count": 2, "reportingComponent": "kubelet", "reason": "Started"});
        let converted = convert(event.clone(), events);
        assert_eq!(converted["regarding"]["name"], "a");
        assert_eq!((&converted["note"], &converted["deprecatedCount"]), (&json!("m"), &json!(2)));
        assert_eq!(converted["reportingController"], "kubelet");
        assert_eq!(converted["reason"], "Started");
        assert_eq!(convert(converted, core), event);
    }

    #[test]
    fn autoscalers_come_back_as_they_were() {
        let v1 = &kinds::HORIZONTAL_POD_AUTOSCALER_V1;
        let v2 = &kinds::HORIZONTAL_POD_AUTOSCALER;
        let old = json!({"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler",
            "spec": {"maxReplicas": 3, "targetCPUUtilizationPercentage": 80}, "status": {"currentCPUUtilizationPercentage": 7}});
        let new = convert(old.clone(), v2);
        assert_eq!(
            new["spec"]["metrics"][0]["resource"]["target"],
            json!({"type": "Utilization", "averageUtilization": 80})
        );
        assert_eq!(convert(new, v1), old);
    }

    #[test]
    fn other_versions_differ_in_name_only() {
        let beta = &kinds::RESOURCE_CLAIM_V1BETA2;
        let claim = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "spec": {"x": 1}});
        let converted = convert(claim, beta);
        assert_eq!(
            converted,
            json!({"apiVersion": "resource.k8s.io/v1beta2", "kind": "ResourceClaim", "spec": {"x": 1}})
        );
    }
}
