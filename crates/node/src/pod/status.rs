//! What the API shall say about a pod.

mod rejected;
#[cfg(test)]
mod tests;

use super::{
    conditions,
    container_status::container_status,
    ending,
    facts::{ContainerKind, Facts},
    last_status,
    observed::Observed,
    phase, restart,
    statuses::Statuses,
    termination_messages,
};
use crate::container::ephemeral;
use api::pod::phase::is_terminal;
use api::qos;
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{ContainerStatus, HostIP, Pod, PodIP, PodSpec, PodStatus},
    apimachinery::pkg::apis::meta::v1::Time,
};
use std::net::IpAddr;

/// The status of a pod (`generateAPIPodStatus` in `pkg/kubelet/kubelet_pods.go`). `previous` is the last status written
/// (or the pod's own, after a restart); `host_ips` are the node's addresses, the first one preferred.
#[must_use]
pub fn status(pod: &Pod, observed: &Observed, host_ips: &[IpAddr], previous: &PodStatus, now: Timestamp) -> PodStatus {
    let Some(spec) = &pod.spec else { return previous.clone() };
    let mut status = PodStatus {
        start_time: previous.start_time.clone().or(Some(Time::from(observed.start_time.unwrap_or(now)))),
        qos_class: Some(qos::class(spec).as_str().to_owned()),
        observed_generation: pod.metadata.generation,
        nominated_node_name: previous.nominated_node_name.clone(),
        resource_claim_statuses: previous.resource_claim_statuses.clone(),
        ..PodStatus::default()
    };
    if rejected::has_filled(observed, previous, &mut status) {
        return status;
    }
    add_containers(&Facts { pod, spec, observed, now }, previous, &mut status);
    let stopped = ending::has_stopped(observed);
    let gone = stopped && ending::is_deleting(pod);
    let statuses = init_and_main(&status);
    add_phase(&Facts { pod, spec, observed, now }, &Statuses::of(&statuses), previous, gone, &mut status);
    if gone || (stopped && is_terminal(status.phase.as_deref())) {
        last_status::end_what_did_not(spec, &mut status);
    }
    termination_messages::limit(spec, &mut status);
    let statuses = init_and_main(&status);
    add_addresses(spec, observed, host_ips, previous, &mut status);
    status.conditions = Some(conditions::conditions(&conditions::Facts {
        pod,
        spec,
        phase: status.phase.as_deref().unwrap_or_default(),
        statuses: &Statuses::of(&statuses),
        sandbox_ready: observed.ready_sandbox().is_some(),
        previous: previous.conditions.as_deref().unwrap_or_default(),
        now,
    }));
    status
}

/// Init containers in the order of the spec, the others by name.
fn add_containers(facts: &Facts, previous: &PodStatus, status: &mut PodStatus) {
    let before = |list| Statuses::of(Option::<&Vec<_>>::into_iter(list).flatten());

    let known = before(previous.container_statuses.as_ref());
    let main = facts.spec.containers.iter().map(|c| container_status(facts, c, ContainerKind::Main, &known));
    status.container_statuses = by_name(main.collect());

    let known = before(previous.ephemeral_container_statuses.as_ref());
    let ephemeral = facts.spec.ephemeral_containers.iter().flatten().map(ephemeral::as_container);
    let ephemeral = ephemeral.map(|c| container_status(facts, &c, ContainerKind::Ephemeral, &known));
    status.ephemeral_container_statuses = by_name(ephemeral.collect());

    let known = before(previous.init_container_statuses.as_ref());
    let init = facts.spec.init_containers.iter().flatten();
    let init: Vec<_> = init.map(|c| container_status(facts, c, ContainerKind::Init, &known)).collect();
    status.init_container_statuses = (!init.is_empty()).then_some(init);
}

fn by_name(mut statuses: Vec<ContainerStatus>) -> Option<Vec<ContainerStatus>> {
    statuses.sort_by(|a, b| a.name.cmp(&b.name));
    (!statuses.is_empty()).then_some(statuses)
}

fn init_and_main(status: &PodStatus) -> Vec<ContainerStatus> {
    let lists = [&status.init_container_statuses, &status.container_statuses];
    lists.into_iter().flatten().flatten().cloned().collect()
}

/// Terminal phases are final; a deadline ends a pod as failed; a phase that stays keeps its reason and message.
fn add_phase(facts: &Facts, statuses: &Statuses<'_>, previous: &PodStatus, gone: bool, status: &mut PodStatus) {
    let written = facts.pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let terminal = [written, previous.phase.as_deref()].into_iter().find(|phase| is_terminal(*phase)).flatten();
    let deadline = ending::deadline(facts.spec, facts.observed, previous);
    let phase = match terminal {
        Some(terminal) => terminal,
        None if deadline.is_some_and(|deadline| deadline <= facts.now) => {
            status.phase = Some("Failed".to_owned());
            status.reason = Some(ending::DEADLINE_EXCEEDED.to_owned());
            status.message = Some(ending::DEADLINE_EXCEEDED_MESSAGE.to_owned());
            return;
        }
        None => match phase::phase(facts.spec, statuses, &phase_facts(facts, gone)) {
            "Pending" | "Running" if gone => "Failed",
            phase => phase,
        },
    };
    if previous.phase.as_deref() == Some(phase) {
        status.reason.clone_from(&previous.reason);
        status.message.clone_from(&previous.message);
    }
    status.phase = Some(phase.to_owned());
}

fn phase_facts<'a>(facts: &Facts<'a>, gone: bool) -> phase::Facts<'a> {
    let sandbox = facts.observed.sandbox.as_ref().map(|sandbox| sandbox.id.as_str());
    let records = facts.spec.containers.iter().filter_map(|container| {
        let record = facts.observed.latest(&container.name)?;
        Some((container, record))
    });
    phase::Facts {
        started: records.clone().any(|(_, record)| Some(record.sandbox_id.as_str()) == sandbox),
        ended: gone,
        restarting: records
            .filter(|(container, record)| restart::after_attempt(container, facts.spec, record))
            .map(|(container, _)| container.name.as_str())
            .collect(),
    }
}

/// The pod's addresses outlive its sandbox, until another brings new ones.
fn add_addresses(
    spec: &PodSpec,
    observed: &Observed,
    host_ips: &[IpAddr],
    previous: &PodStatus,
    status: &mut PodStatus,
) {
    status.host_ip = host_ips.first().map(IpAddr::to_string).or_else(|| previous.host_ip.clone());
    status.host_ips = if host_ips.is_empty() {
        previous.host_ips.clone()
    } else {
        Some(host_ips.iter().map(|ip| HostIP { ip: ip.to_string() }).collect())
    };
    let host_network = spec.host_network == Some(true);
    let pod_ips = match observed.ready_sandbox() {
        Some(sandbox) if !host_network => sandbox.ips.as_slice(),
        _ if host_network => host_ips,
        _ => &[],
    };
    if pod_ips.is_empty() {
        status.pod_ip.clone_from(&previous.pod_ip);
        status.pod_ips.clone_from(&previous.pod_ips);
    } else {
        status.pod_ip = pod_ips.first().map(IpAddr::to_string);
        status.pod_ips = Some(pod_ips.iter().map(|ip| PodIP { ip: ip.to_string() }).collect());
    }
}
