//! Devices of `resource.k8s.io/v1beta1`: a request has the fields of its exact request beside its name, and a device
//! of a slice has its own in `basic` (`pkg/apis/resource/v1beta1/conversion.go`).

use serde_json::{Map, Value};

type Fields = Map<String, Value>;

/// Where claims, their templates and slices have what differs.
const REQUESTS: [&str; 2] = ["/spec/devices/requests", "/spec/spec/devices/requests"];
const DEVICES: [&str; 1] = ["/spec/devices"];

/// Fields of a request in all versions.
const OF_EVERY_REQUEST: [&str; 2] = ["name", "firstAvailable"];

/// To what `v1` and `v1beta2` have.
pub(super) fn from_v1beta1(object: &mut Value) {
    for_each(object, &REQUESTS, |request| {
        let (kept, exact): (Fields, Fields) =
            std::mem::take(request).into_iter().partition(|(field, _)| OF_EVERY_REQUEST.contains(&field.as_str()));
        *request = kept;
        if !exact.is_empty() {
            request.insert("exactly".into(), exact.into());
        }
    });
    for_each(object, &DEVICES, |device| {
        if let Some(Value::Object(basic)) = device.remove("basic") {
            device.extend(basic);
        }
    });
}

/// Back from it.
pub(super) fn to_v1beta1(object: &mut Value) {
    for_each(object, &REQUESTS, |request| {
        if let Some(Value::Object(exact)) = request.remove("exactly") {
            request.extend(exact);
        }
    });
    for_each(object, &DEVICES, |device| {
        let name = device.remove("name").unwrap_or_default();
        let basic = std::mem::take(device);
        device.extend([("name".to_owned(), name), ("basic".to_owned(), basic.into())]);
    });
}

fn for_each(object: &mut Value, lists: &[&str], change: impl Fn(&mut Fields)) {
    for list in lists {
        let items = object.pointer_mut(list).and_then(Value::as_array_mut);
        items.into_iter().flatten().filter_map(Value::as_object_mut).for_each(&change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requests_and_devices_come_back_as_they_were() {
        for (old, new) in [
            (
                json!({"spec": {"devices": {"requests": [
                    {"name": "a", "deviceClassName": "gpu", "count": 2}, {"name": "b", "firstAvailable": [{"name": "c"}]}
                ]}}}),
                json!({"spec": {"devices": {"requests": [
                    {"name": "a", "exactly": {"deviceClassName": "gpu", "count": 2}},
                    {"name": "b", "firstAvailable": [{"name": "c"}]}
                ]}}}),
            ),
            (
                json!({"spec": {"spec": {"devices": {"requests": [{"name": "a", "deviceClassName": "gpu"}]}}}}),
                json!({"spec": {"spec": {"devices": {"requests": [
                    {"name": "a", "exactly": {"deviceClassName": "gpu"}}
                ]}}}}),
            ),
            (
                json!({"spec": {"driver": "d", "devices": [{"name": "a", "basic": {"attributes": {"x": {"int": 1}}}}]}}),
                json!({"spec": {"driver": "d", "devices": [{"name": "a", "attributes": {"x": {"int": 1}}}]}}),
            ),
            (json!({"spec": {}}), json!({"spec": {}})),
        ] {
            let mut object = old.clone();
            from_v1beta1(&mut object);
            assert_eq!(object, new);
            to_v1beta1(&mut object);
            assert_eq!(object, old);
        }
    }
}
