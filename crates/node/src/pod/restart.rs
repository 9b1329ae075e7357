//! Whether a container that has ended starts again (`ContainerShouldRestart` in `pkg/api/v1/pod/util.go` and
//! `ShouldContainerBeRestarted` in `pkg/kubelet/container/helpers.go`), and when.

use super::{
    backoff::restart_key,
    kill_reason::KillReason,
    observed::{ContainerRecord, Observed},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, ContainerRestartRule, PodSpec};

/// The restart policy that applies to a container: its own or the pod's.
pub(super) fn policy<'a>(container: &'a Container, spec: &'a PodSpec) -> &'a str {
    container.restart_policy.as_deref().or(spec.restart_policy.as_deref()).unwrap_or("Always")
}

/// Whether the policy and its rules (KEP-5307) ask for a restart after an exit with this code.
pub(super) fn after_exit(container: &Container, spec: &PodSpec, exit_code: i32) -> bool {
    let rules = container.restart_policy_rules.as_deref().unwrap_or_default();
    if container.restart_policy.is_some() && rules.iter().any(|rule| matches(rule, exit_code)) {
        return true;
    }
    match policy(container, spec) {
        "Never" => false,
        "OnFailure" => exit_code != 0,
        _ => true,
    }
}

/// Every action that a rule can ask for restarts the container.
fn matches(rule: &ContainerRestartRule, exit_code: i32) -> bool {
    rule.exit_codes.as_ref().is_some_and(|on| {
        let listed = on.values.as_deref().unwrap_or_default().contains(&exit_code);
        if on.operator == "NotIn" { !listed } else { listed }
    })
}

/// Whether a container starts again after this attempt. One that the node killed in order to restart it does, whatever
/// its exit code.
pub(super) fn after_attempt(container: &Container, spec: &PodSpec, record: &ContainerRecord) -> bool {
    let Some(exit) = record.exit() else { return false };
    match record.killed_for {
        Some(KillReason::DefinitionChanged | KillReason::NeverStarted) => true,
        Some(KillReason::LivenessProbe | KillReason::StartupProbe) => policy(container, spec) != "Never",
        _ => after_exit(container, spec, exit.exit_code),
    }
}

/// When a container failed for the last time by its own doing: the moment from which its back-off counts. The kubelet
/// restarts what it kills itself at once, so that only the failure before that one counts.
pub(super) fn failed_at(observed: &Observed, name: &str) -> Option<Timestamp> {
    let latest = observed.latest(name)?;
    let counted = match latest.killed_for {
        Some(KillReason::DefinitionChanged | KillReason::LivenessProbe | KillReason::StartupProbe) => {
            observed.before(latest)?
        }
        _ => latest,
    };
    counted.exit().map(|exit| exit.finished_at)
}

/// Until when the restart of a container is held back; `None` if it need not wait at `now`.
pub(super) fn held_back_until(container: &Container, observed: &Observed, now: Timestamp) -> Option<Timestamp> {
    let failed_at = failed_at(observed, &container.name)?;
    observed.restart_back_off.until(&restart_key(container), failed_at, now)
}
