//! Plugin `LimitRanger` (`plugin/pkg/admission/limitranger/admission.go`): what containers, pods and claims of a namespace
//! may ask for, and what they get who ask for nothing.

use crate::pod::resources::{Quantities, limits, quantities, requests};
use k8s_openapi::api::core::v1::{Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod};
use machinery::{
    fields::{Object, child_or_new, items},
    quantity::Quantity,
};
use serde_json::Value;

/// Where a pod notes what it got.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// Gives the containers of a new pod what the ranges of its namespace have for those that ask for nothing.
pub fn admit(pod: &mut Value, ranges: &[Value]) {
    for range in ranges.iter().filter_map(read) {
        let mut notes = Vec::new();
        let spec = pod.get_mut("spec").and_then(Value::as_object_mut);
        let Some(spec) = spec else { continue };
        for (field, what) in [("containers", "container"), ("initContainers", "init container")] {
            for container in items(spec, field) {
                notes.extend(complete(container, &range, what));
            }
        }
        if !notes.is_empty() {
            pod["metadata"]["annotations"][ANNOTATION] = format!("LimitRanger plugin set: {}", notes.join("; ")).into();
        }
    }
}

/// What was filled in, in words.
fn complete(container: &mut Object, range: &LimitRange, what: &str) -> Vec<String> {
    let name = container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut notes = Vec::new();
    for (field, word) in [("requests", "request"), ("limits", "limit")] {
        let mut set = Vec::new();
        for item in of_type(range, "Container") {
            let defaults = if field == "limits" { &item.default } else { &item.default_request };
            for (resource, quantity) in defaults.iter().flatten() {
                let list = child_or_new(container, "resources").and_then(|resources| child_or_new(resources, field));
                let Some(list) = list.filter(|list| !list.contains_key(resource)) else { continue };
                list.insert(resource.clone(), quantity.0.clone().into());
                set.push(resource.clone());
            }
        }
        if !set.is_empty() {
            set.sort();
            notes.push(format!("{} {word} for {what} {name}", set.join(", ")));
        }
    }
    notes
}

/// Why a new pod asks for too much or too little.
pub fn validate_pod(pod: &Value, ranges: &[Value]) -> Result<(), String> {
    let Some(pod) = read::<Pod>(pod) else { return Ok(()) };
    let spec = pod.spec.unwrap_or_default();
    let mut faults = Vec::new();
    for range in ranges.iter().filter_map(read::<LimitRange>) {
        for item in of_type(&range, "Container") {
            for container in spec.containers.iter().chain(spec.init_containers.iter().flatten()) {
                faults.extend(faults_of(item, &of_container(container)));
            }
        }
        for item in of_type(&range, "Pod") {
            faults.extend(faults_of(item, &Asked { requests: requests(&spec), limits: limits(&spec) }));
        }
    }
    told(&faults)
}

/// Why a claim asks for too much or too little.
pub fn validate_claim(claim: &Value, ranges: &[Value]) -> Result<(), String> {
    let Some(claim) = read::<PersistentVolumeClaim>(claim) else { return Ok(()) };
    let resources = claim.spec.and_then(|spec| spec.resources).unwrap_or_default();
    let asked = Asked { requests: quantities(resources.requests.as_ref()), limits: Quantities::new() };
    let mut faults = Vec::new();
    for range in ranges.iter().filter_map(read::<LimitRange>) {
        for item in of_type(&range, "PersistentVolumeClaim") {
            faults.extend(each(item.min.as_ref()).filter_map(|(name, bound)| too_little(item, &name, bound, &asked)));
            faults.extend(
                each(item.max.as_ref()).filter_map(|(name, bound)| too_much(item, &name, bound, &asked, false)),
            );
        }
    }
    told(&faults)
}

/// What somebody asks for.
struct Asked {
    requests: Quantities,
    limits: Quantities,
}

fn of_container(container: &Container) -> Asked {
    let resources = container.resources.as_ref();
    Asked {
        requests: quantities(resources.and_then(|resources| resources.requests.as_ref())),
        limits: quantities(resources.and_then(|resources| resources.limits.as_ref())),
    }
}

fn faults_of(item: &LimitRangeItem, asked: &Asked) -> Vec<String> {
    let mut faults: Vec<String> =
        each(item.min.as_ref()).filter_map(|(name, bound)| too_little(item, &name, bound, asked)).collect();
    faults.extend(each(item.max.as_ref()).filter_map(|(name, bound)| too_much(item, &name, bound, asked, true)));
    let ratios = each(item.max_limit_request_ratio.as_ref());
    faults.extend(ratios.filter_map(|(name, bound)| too_far_apart(item, &name, bound, asked)));
    faults
}

fn too_little(item: &LimitRangeItem, name: &str, bound: Quantity, asked: &Asked) -> Option<String> {
    let rule = format!("minimum {name} usage per {} is {bound}", item.type_);
    match (asked.requests.get(name), asked.limits.get(name)) {
        (None, _) => Some(format!("{rule}.  No request is specified")),
        (Some(request), _) if *request < bound => Some(format!("{rule}, but request is {request}")),
        (_, Some(limit)) if *limit < bound => Some(format!("{rule}, but limit is {limit}")),
        _ => None,
    }
}

/// `limited`: there are limits, and they count.
fn too_much(item: &LimitRangeItem, name: &str, bound: Quantity, asked: &Asked, limited: bool) -> Option<String> {
    let rule = format!("maximum {name} usage per {} is {bound}", item.type_);
    match (asked.requests.get(name), asked.limits.get(name)) {
        (_, None) if limited => Some(format!("{rule}.  No limit is specified")),
        (None, _) if !limited => Some(format!("{rule}.  No request is specified")),
        (_, Some(limit)) if limited && *limit > bound => Some(format!("{rule}, but limit is {limit}")),
        (Some(request), _) if *request > bound => Some(format!("{rule}, but request is {request}")),
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "a ratio is told with six places")]
fn too_far_apart(item: &LimitRangeItem, name: &str, bound: Quantity, asked: &Asked) -> Option<String> {
    let rule = format!("{name} max limit to request ratio per {} is {bound}", item.type_);
    let given = |list: &Quantities| list.get(name).filter(|quantity| !quantity.is_zero()).map(|one| one.milli_value());
    let Some(request) = given(&asked.requests) else {
        return Some(format!("{rule}, but no request is specified or request is 0"));
    };
    let Some(limit) = given(&asked.limits) else {
        return Some(format!("{rule}, but no limit is specified or limit is 0"));
    };
    let ratio = limit as f64 / request as f64;
    (ratio * 1000.0 > bound.milli_value() as f64).then(|| format!("{rule}, but provided ratio is {ratio:.6}"))
}

fn of_type<'a>(range: &'a LimitRange, name: &'static str) -> impl Iterator<Item = &'a LimitRangeItem> {
    range.spec.iter().flat_map(|spec| &spec.limits).filter(move |item| item.type_ == name)
}

fn each(list: Option<&crate::pod::resources::ResourceList>) -> impl Iterator<Item = (String, Quantity)> {
    quantities(list).into_iter()
}

fn read<T: serde::de::DeserializeOwned>(object: &Value) -> Option<T> {
    serde_json::from_value(object.clone()).ok()
}

fn told(faults: &[String]) -> Result<(), String> {
    match faults {
        [] => Ok(()),
        [one] => Err(one.clone()),
        many => Err(format!("[{}]", many.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn range(item: &Value) -> Vec<Value> {
        vec![json!({"metadata": {"name": "r"}, "spec": {"limits": [item]}})]
    }

    fn pod(resources: &Value) -> Value {
        json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "resources": resources}]}})
    }

    #[test]
    fn who_asks_for_nothing_gets_the_default() {
        let ranges = range(
            &json!({"type": "Container", "default": {"cpu": "2", "memory": "1Gi"}, "defaultRequest": {"cpu": "1"}}),
        );
        let mut pod = pod(&json!({"limits": {"memory": "2Gi"}}));
        admit(&mut pod, &ranges);
        let resources = json!({"limits": {"cpu": "2", "memory": "2Gi"}, "requests": {"cpu": "1"}});
        assert_eq!(pod["spec"]["containers"][0]["resources"], resources);
        let note = "LimitRanger plugin set: cpu request for container c; cpu limit for container c";
        assert_eq!(pod["metadata"]["annotations"][ANNOTATION], note);
        let before = pod.clone();
        admit(&mut pod, &ranges);
        assert_eq!(pod, before);
    }

    #[test]
    fn bounds_hold_or_not() {
        let cpu = |request: &str, limit: &str| json!({"requests": {"cpu": request}, "limits": {"cpu": limit}});
        for (item, resources, expected) in [
            (json!({"type": "Container", "min": {"cpu": "100m"}}), cpu("1", "1"), None),
            (
                json!({"type": "Container", "min": {"cpu": "100m"}}),
                json!({}),
                Some("minimum cpu usage per Container is 100m.  No request is specified"),
            ),
            (
                json!({"type": "Container", "min": {"cpu": "100m"}}),
                cpu("50m", "1"),
                Some("minimum cpu usage per Container is 100m, but request is 50m"),
            ),
            (
                json!({"type": "Container", "max": {"cpu": "1"}}),
                json!({}),
                Some("maximum cpu usage per Container is 1.  No limit is specified"),
            ),
            (
                json!({"type": "Pod", "max": {"cpu": "1"}}),
                cpu("1", "2"),
                Some("maximum cpu usage per Pod is 1, but limit is 2"),
            ),
            (
                json!({"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}}),
                cpu("1", "3"),
                Some("cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000"),
            ),
            (json!({"type": "Container", "maxLimitRequestRatio": {"cpu": "4"}}), cpu("1", "3"), None),
        ] {
            let found = validate_pod(&pod(&resources), &range(&item)).err();
            assert_eq!(found.as_deref(), expected, "{item}");
        }
    }

    #[test]
    fn claims_are_bounded_by_what_they_request() {
        let ranges =
            range(&json!({"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}}));
        let claim = |size: &str| json!({"spec": {"resources": {"requests": {"storage": size}}}});
        assert_eq!(validate_claim(&claim("1Gi"), &ranges), Ok(()));
        let fault = "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi";
        assert_eq!(validate_claim(&claim("3Gi"), &ranges).unwrap_err(), fault);
    }
}
