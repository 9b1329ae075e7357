//! The conditions of a pod that the node owns (`pkg/kubelet/status/generate.go`).

use super::statuses::Statuses;
use api::pod::containers::is_sidecar;
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Pod, PodCondition, PodSpec},
    apimachinery::pkg::apis::meta::v1::Time,
};

/// The conditions that the node owns (`PodConditionsByKubelet`); it leaves the others as they are.
const OWNED: [&str; 5] = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// What conditions follow from.
pub(super) struct Facts<'a> {
    pub pod: &'a Pod,
    pub spec: &'a PodSpec,
    pub phase: &'a str,
    /// Init and main containers.
    pub statuses: &'a Statuses<'a>,
    pub sandbox_ready: bool,
    pub previous: &'a [PodCondition],
    pub now: Timestamp,
}

/// Whether a condition holds, and if not, why.
struct Verdict {
    holds: bool,
    reason: Option<&'static str>,
    message: Option<String>,
}

const HOLDS: Verdict = Verdict { holds: true, reason: None, message: None };

/// All conditions: those of others first, then the node's in the kubelet's order.
pub(super) fn conditions(facts: &Facts) -> Vec<PodCondition> {
    let current = facts.pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let mut conditions: Vec<_> =
        current.iter().filter(|condition| !OWNED.contains(&condition.type_.as_str())).cloned().collect();
    let verdicts = [
        ("PodReadyToStartContainers", Verdict { holds: facts.sandbox_ready, ..HOLDS }),
        ("Initialized", initialized(facts)),
        ("Ready", ready(facts, &conditions)),
        ("ContainersReady", containers_ready(facts)),
        ("PodScheduled", HOLDS),
    ];
    conditions.extend(verdicts.into_iter().map(|(type_, verdict)| condition(facts, type_, verdict)));
    conditions
}

fn condition(facts: &Facts, type_: &str, verdict: Verdict) -> PodCondition {
    let status = if verdict.holds { "True" } else { "False" };
    let before = facts.previous.iter().find(|condition| condition.type_ == type_);
    let unchanged =
        before.filter(|before| before.status == status).and_then(|before| before.last_transition_time.clone());
    PodCondition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        reason: verdict.reason.map(str::to_owned),
        message: verdict.message,
        last_probe_time: None,
        last_transition_time: Some(unchanged.unwrap_or(Time::from(facts.now))),
        observed_generation: facts.pod.metadata.generation,
    }
}

fn initialized(facts: &Facts) -> Verdict {
    let (mut unknown, mut incomplete) = (Vec::new(), Vec::new());
    for container in facts.spec.init_containers.as_deref().unwrap_or_default() {
        match facts.statuses.find(&container.name) {
            None => unknown.push(container.name.as_str()),
            Some(status) if is_sidecar(container) && status.started == Some(true) => {}
            Some(status) if !is_sidecar(container) && status.ready => {}
            Some(_) => incomplete.push(container.name.as_str()),
        }
    }
    if facts.phase == "Succeeded" && unknown.is_empty() {
        return Verdict { reason: Some("PodCompleted"), ..HOLDS };
    }
    if main_container_started(facts.spec, facts.statuses) {
        return HOLDS;
    }
    lacking("ContainersNotInitialized", &[("unknown", unknown), ("incomplete", incomplete)])
}

/// Whether a main container runs or has run: initialization is behind it, even if sidecars restart.
fn main_container_started(spec: &PodSpec, statuses: &Statuses<'_>) -> bool {
    spec.containers
        .iter()
        .filter_map(|container| statuses.find(&container.name))
        .any(|status| status.state.as_ref().is_some_and(|state| state.running.is_some() || state.terminated.is_some()))
}

fn containers_ready(facts: &Facts) -> Verdict {
    let sidecars = facts.spec.init_containers.iter().flatten().filter(|container| is_sidecar(container));
    let (mut unknown, mut unready) = (Vec::new(), Vec::new());
    for container in sidecars.chain(&facts.spec.containers) {
        match facts.statuses.find(&container.name) {
            None => unknown.push(container.name.as_str()),
            Some(status) if !status.ready => unready.push(container.name.as_str()),
            Some(_) => {}
        }
    }
    match facts.phase {
        "Succeeded" if unknown.is_empty() => Verdict { holds: false, reason: Some("PodCompleted"), message: None },
        "Failed" => Verdict { holds: false, reason: Some("PodFailed"), message: None },
        _ => lacking("ContainersNotReady", &[("unknown", unknown), ("unready", unready)]),
    }
}

/// Ready containers, and readiness gates that others have opened.
fn ready(facts: &Facts, others: &[PodCondition]) -> Verdict {
    let containers_ready = containers_ready(facts);
    if !containers_ready.holds {
        return containers_ready;
    }
    let closed: Vec<_> = facts
        .spec
        .readiness_gates
        .iter()
        .flatten()
        .filter_map(|gate| {
            let name = &gate.condition_type;
            match others.iter().find(|condition| condition.type_ == *name) {
                None => Some(format!("corresponding condition of pod readiness gate {name:?} does not exist.")),
                Some(PodCondition { status, .. }) if status != "True" => {
                    Some(format!("the status of pod readiness gate {name:?} is not \"True\", but {status}"))
                }
                Some(_) => None,
            }
        })
        .collect();
    if closed.is_empty() {
        return HOLDS;
    }
    Verdict { holds: false, reason: Some("ReadinessGatesNotReady"), message: Some(closed.join(", ")) }
}

/// Holds if no list has a name; else says which containers lack what.
fn lacking(reason: &'static str, lists: &[(&str, Vec<&str>)]) -> Verdict {
    let messages: Vec<_> = lists
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("containers with {what} status: [{}]", names.join(" ")))
        .collect();
    if messages.is_empty() {
        return HOLDS;
    }
    Verdict { holds: false, reason: Some(reason), message: Some(messages.join(", ")) }
}
