//! Plugin `RuntimeClass` (`plugin/pkg/admission/runtimeclass/admission.go`): what running a pod costs beside its
//! containers and where it can run follow from its runtime class.

use super::tolerations;
use machinery::canonical::canonical;
use serde_json::{Map, Value, json};

/// The runtime class that a pod names.
#[must_use]
pub fn name(pod: &Value) -> Option<&str> {
    pod["spec"]["runtimeClassName"].as_str()
}

/// Gives a new pod overhead, node selector and tolerations of its class, which is `None` if there is none of that name.
pub fn admit(pod: &mut Value, class: Option<&Value>) -> Result<(), String> {
    if let (Some(name), None) = (name(pod), class) {
        return Err(format!("pod rejected: RuntimeClass {name:?} not found"));
    }
    let nothing = Value::Null;
    let class = class.unwrap_or(&nothing);
    set_overhead(&mut pod["spec"], &class["overhead"])?;
    set_scheduling(&mut pod["spec"], &class["scheduling"])
}

fn set_overhead(spec: &mut Value, of_class: &Value) -> Result<(), String> {
    let given = &spec["overhead"];
    if of_class.is_null() {
        return if given.is_null() {
            Ok(())
        } else {
            Err("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead".into())
        };
    }
    let fixed = &of_class["podFixed"];
    let meant = |overhead: &Value| canonical(json!({ "overhead": overhead }));
    if !given.is_null() && meant(given) != meant(fixed) {
        return Err("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead".into());
    }
    spec["overhead"] = fixed.clone();
    Ok(())
}

fn set_scheduling(spec: &mut Value, of_class: &Value) -> Result<(), String> {
    if let Some(wanted) = of_class["nodeSelector"].as_object().filter(|wanted| !wanted.is_empty()) {
        let mut selector: Map<String, Value> = spec["nodeSelector"].as_object().cloned().unwrap_or_default();
        for (key, value) in wanted {
            let (value, given) = (value.as_str().unwrap_or_default(), selector.get(key).and_then(Value::as_str));
            if let Some(given) = given.filter(|given| *given != value) {
                return Err(format!(
                    "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {given}"
                ));
            }
            selector.insert(key.clone(), value.into());
        }
        spec["nodeSelector"] = Value::Object(selector);
    }
    if let Some(wanted) = of_class["tolerations"].as_array().filter(|wanted| !wanted.is_empty()) {
        let own = spec["tolerations"].as_array().map(Vec::as_slice).unwrap_or_default();
        spec["tolerations"] = tolerations::merge(own, wanted).into();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_takes_on_what_its_class_says() {
        let class = json!({"overhead": {"podFixed": {"cpu": "100m"}}, "scheduling": {
            "nodeSelector": {"vm": "yes"}, "tolerations": [{"key": "vm", "operator": "Exists"}]}});
        let plain = json!({"handler": "runc"});
        for (spec, class, expected) in [
            (json!({}), None, Ok(json!({}))),
            (json!({"runtimeClassName": "p"}), Some(&plain), Ok(json!({"runtimeClassName": "p"}))),
            (
                json!({"runtimeClassName": "v", "overhead": {"cpu": "0.1"}, "nodeSelector": {"a": "b"}}),
                Some(&class),
                Ok(
                    json!({"runtimeClassName": "v", "overhead": {"cpu": "100m"}, "nodeSelector": {"a": "b", "vm": "yes"},
                    "tolerations": [{"key": "vm", "operator": "Exists"}]}),
                ),
            ),
            (json!({"runtimeClassName": "x"}), None, Err("pod rejected: RuntimeClass \"x\" not found")),
            (
                json!({"overhead": {"cpu": "1"}}),
                None,
                Err("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"),
            ),
            (
                json!({"runtimeClassName": "v", "overhead": {"cpu": "1"}}),
                Some(&class),
                Err("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"),
            ),
            (
                json!({"runtimeClassName": "v", "nodeSelector": {"vm": "no"}}),
                Some(&class),
                Err("conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no"),
            ),
        ] {
            let mut pod = json!({ "spec": spec });
            let result = admit(&mut pod, class).map(|()| canonical(pod["spec"].take()));
            assert_eq!(result, expected.map_err(str::to_owned), "{spec}");
        }
    }
}
