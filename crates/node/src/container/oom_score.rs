//! How willing the kernel is to kill a container's processes for want of memory (`pkg/kubelet/qos/policy.go`).

use super::amounts::amount;
use api::{
    pod::containers::is_sidecar,
    qos::{self, QosClass},
};
use k8s_openapi::api::core::v1::{Container, PodSpec};

const GUARANTEED_OOM_SCORE_ADJ: i64 = -997;
const BEST_EFFORT_OOM_SCORE_ADJ: i64 = 1000;

/// `oom_score_adj` of a container's processes: the less of its memory request a container uses, the longer it lives.
#[must_use]
pub fn oom_score_adj(spec: &PodSpec, container: &Container, memory_capacity: u64) -> i32 {
    let score = match qos::class(spec) {
        _ if spec.priority_class_name.as_deref() == Some("system-node-critical") => GUARANTEED_OOM_SCORE_ADJ,
        QosClass::Guaranteed => GUARANTEED_OOM_SCORE_ADJ,
        QosClass::BestEffort => BEST_EFFORT_OOM_SCORE_ADJ,
        QosClass::Burstable => burstable(spec, container, memory_capacity),
    };
    i32::try_from(score).unwrap_or(0)
}

/// Between the two others: at least 3 (a guaranteed pod that uses all memory scores 10), at most 999.
fn burstable(spec: &PodSpec, container: &Container, memory_capacity: u64) -> i64 {
    let capacity = i64::try_from(memory_capacity).unwrap_or(i64::MAX).max(1);
    let score = |request: i64| 1000 - request.saturating_mul(1000) / capacity;
    let own = score(memory_request(container));
    let is_sidecar = spec.init_containers.iter().flatten().any(|init| init.name == container.name && is_sidecar(init));
    // A sidecar must not die before the containers it serves.
    let smallest = spec.containers.iter().map(memory_request).min().filter(|_| is_sidecar);
    let lowest = smallest.map_or(own, |smallest| own.min(score(smallest)));
    lowest.clamp(1000 + GUARANTEED_OOM_SCORE_ADJ, BEST_EFFORT_OOM_SCORE_ADJ - 1)
}

fn memory_request(container: &Container) -> i64 {
    let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    amount(requests, "memory").value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn spec(value: Value) -> PodSpec {
        serde_json::from_value(value).unwrap()
    }

    fn of(resources: &Value) -> Value {
        json!({ "name": "a", "resources": resources })
    }

    #[test]
    fn oom_scores() {
        let capacity = 1000 << 20;
        let request = |memory: &str| of(&json!({ "requests": { "memory": memory } }));
        let equal = json!({ "cpu": "1", "memory": "1Gi" });
        let sidecar = json!({ "name": "s", "restartPolicy": "Always", "resources": {} });
        for (name, value, expected) in [
            ("best effort", json!({ "containers": [of(&json!({}))] }), 1000),
            ("guaranteed", json!({ "containers": [of(&json!({ "requests": equal, "limits": equal }))] }), -997),
            ("critical", json!({ "containers": [of(&json!({}))], "priorityClassName": "system-node-critical" }), -997),
            ("a quarter of the memory", json!({ "containers": [request("250Mi")] }), 750),
            ("next to nothing", json!({ "containers": [request("1Ki")] }), 999),
            ("everything", json!({ "containers": [request("1000Mi")] }), 3),
        ] {
            let spec = spec(value);
            assert_eq!(oom_score_adj(&spec, &spec.containers[0], capacity), expected, "{name}");
        }
        let with_sidecar = spec(json!({ "containers": [request("250Mi")], "initContainers": [sidecar] }));
        let init = with_sidecar.init_containers.as_ref().unwrap();
        assert_eq!(oom_score_adj(&with_sidecar, &init[0], capacity), 750, "as low as what it serves");
    }
}
