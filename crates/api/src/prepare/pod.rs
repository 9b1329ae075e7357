//! Pods (`pkg/registry/core/pod/strategy.go`), and what admission plugins do to them that need no other object.

mod app_armor;
mod disabled;
mod ephemeral;
mod labels;
mod resources;
mod status;

use self::{
    app_armor::copy_profiles, disabled::drop_disabled_status, labels::select_own_labels,
    resources::default_pod_resources, status::keep_status,
};
pub use self::{disabled::drop_disabled, ephemeral::keep_all_but_ephemeral_containers};
use crate::{pod::phase::is_terminal, qos};
use k8s_openapi::api::core::v1::PodSpec;
use serde_json::{Value, json};

/// A new pod is pending and has a quality of service.
pub fn prepare_for_create(pod: &mut Value) {
    drop_disabled_at("/spec", pod, &Value::Null);
    select_own_labels(pod);
    copy_profiles(pod);
    default_pod_resources(pod);
    let spec: PodSpec = serde_json::from_value(pod["spec"].clone()).unwrap_or_default();
    pod["status"] = json!({"phase": "Pending", "qosClass": qos::class(&spec).as_str()});
    if spec.scheduling_gates.is_some_and(|gates| !gates.is_empty()) {
        pod["status"]["conditions"] = json!([{
            "type": "PodScheduled",
            "status": "False",
            "reason": "SchedulingGated",
            "message": "Scheduling is blocked due to non-empty scheduling gates",
        }]);
    }
}

/// An updated pod keeps what its client may not know of.
pub fn prepare_for_update(pod: &mut Value, old: &Value) {
    drop_disabled_at("/spec", pod, old);
    for field in ["resources", "priority", "preemptionPolicy"] {
        let value = &old["spec"][field];
        if pod["spec"][field].is_null() && !value.is_null() {
            pod["spec"][field] = value.clone();
        }
    }
}

/// Forgets fields of a pod, or of pods to be, that this version does not have; `pointer` leads to the specification.
pub fn drop_disabled_at(pointer: &str, new: &mut Value, old: &Value) {
    if let Some(spec) = new.pointer_mut(pointer) {
        drop_disabled(spec, old.pointer(pointer).unwrap_or(&Value::Null));
    }
}

/// A node that reports a status need not know all of it.
pub fn prepare_status_update(new: &mut Value, old: &Value) {
    keep_status(new, old);
    if let Some(status) = new.get_mut("status") {
        drop_disabled_status(status, &old["status"]);
    }
}

/// Seconds until a pod that is to be deleted must be gone (`CheckGracefulDelete`).
pub fn deletion_grace_period(pod: &Value, requested: Option<i64>) -> i64 {
    let unscheduled = pod["spec"]["nodeName"].as_str().unwrap_or_default().is_empty();
    let ended = is_terminal(pod["status"]["phase"].as_str());
    if unscheduled || ended {
        return 0;
    }
    match requested.or(pod["spec"]["terminationGracePeriodSeconds"].as_i64()).unwrap_or_default() {
        negative if negative < 0 => 1,
        seconds => seconds,
    }
}
