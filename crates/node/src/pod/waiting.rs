//! Why a container waits: failed starts and back-offs, in the kubelet's words.

use super::{
    backoff::restart_key,
    ending,
    facts::{ContainerKind, Facts},
    kill_reason::KillReason,
    observed::{ContainerRecord, Observed, StartFailure, StartFailureReason},
    restart,
};
use crate::naming::describe;
use api::pod::containers::is_sidecar;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Container, ContainerStateWaiting, ContainerStatus};

/// How long a failure is shown as it happened, before the back-off that follows it is shown instead. (The kubelet
/// shows it until its next look at the pod.)
const SHOWN_AS_HAPPENED: SignedDuration = SignedDuration::from_secs(1);

/// How long to wait after a failed start whose cause has no back-off of its own (the pod worker's `backOffPeriod`).
const RETRY_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// Why a container that is to be started is not, if there is more to say than that it is not yet.
pub(super) fn waiting(
    facts: &Facts,
    container: &Container,
    kind: ContainerKind,
    latest: Option<&ContainerRecord>,
    previous: Option<&ContainerStatus>,
) -> Option<ContainerStateWaiting> {
    let stopped = latest.is_some_and(|record| record.killed_for == Some(KillReason::PodTerminated));
    if stopped || ending::is_deleting(facts.pod) || ending::main_containers_done(facts.spec, facts.observed) {
        return None;
    }
    let restarts = latest.is_none_or(|record| match (kind, record.exit()) {
        (ContainerKind::Ephemeral, _) => false,
        (ContainerKind::Init, Some(exit)) if !is_sidecar(container) && exit.exit_code == 0 => false,
        _ => restart::after_attempt(container, facts.spec, record),
    });
    if !restarts {
        return None;
    }
    let (reason, message) = match facts.observed.start_failures.get(&container.name) {
        Some(failure) => start_failure(container, failure, facts.now),
        None => match crash_loop(facts, container) {
            Some(crash_loop) => crash_loop,
            None => return last_back_off(latest, previous),
        },
    };
    Some(ContainerStateWaiting { reason: Some(reason.to_owned()), message: Some(message) })
}

/// What was written of a back-off stays until the container runs again, also while it is being started.
fn last_back_off(
    latest: Option<&ContainerRecord>,
    previous: Option<&ContainerStatus>,
) -> Option<ContainerStateWaiting> {
    let (latest, previous) = (latest?, previous?);
    let waiting = previous.state.as_ref()?.waiting.as_ref()?;
    let is_current = i64::from(previous.restart_count) == i64::from(latest.attempt);
    (is_current && waiting.reason.as_deref() == Some("CrashLoopBackOff")).then(|| waiting.clone())
}

fn start_failure(container: &Container, failure: &StartFailure, now: Timestamp) -> (&'static str, String) {
    if failure.reason == StartFailureReason::ErrImagePull && now >= shown_until(failure.at) {
        let image = container.image.as_deref().unwrap_or_default();
        let message = format!("Back-off pulling image {image:?}: {}: {}", failure.reason.as_str(), failure.message);
        return ("ImagePullBackOff", message);
    }
    (failure.reason.as_str(), failure.message.clone())
}

fn crash_loop(facts: &Facts, container: &Container) -> Option<(&'static str, String)> {
    let observed = facts.observed;
    let finished_at = observed.latest(&container.name)?.exit()?.finished_at;
    restart::held_back_until(container, observed, facts.now)?;
    if facts.now < shown_until(finished_at) || observed.in_flight.starting.contains(&container.name) {
        return None;
    }
    let delay = go_duration(observed.restart_back_off.seconds(&restart_key(container)));
    let message =
        format!("back-off {delay} restarting failed container={} pod={}", container.name, describe(facts.pod));
    Some(("CrashLoopBackOff", message))
}

/// The moments at which time alone changes why a container waits, or ends the wait; later than `now`.
pub(super) fn turning_points(container: &Container, observed: &Observed, now: Timestamp) -> Vec<Timestamp> {
    let mut moments = Vec::new();
    if let Some(failure) = observed.start_failures.get(&container.name) {
        moments.push(shown_until(failure.at));
        moments.extend(retry_at(container, failure, observed, now));
    } else if let Some(until) = restart::held_back_until(container, observed, now) {
        let finished_at = observed.latest(&container.name).and_then(ContainerRecord::exit).map(|exit| exit.finished_at);
        moments.extend(finished_at.map(shown_until));
        moments.push(until);
    }
    moments.retain(|moment| *moment > now);
    moments
}

/// Whether a container may be started at `now`, as far as back-offs are concerned.
pub(super) fn may_start(container: &Container, observed: &Observed, now: Timestamp) -> bool {
    match observed.start_failures.get(&container.name) {
        Some(failure) => retry_at(container, failure, observed, now).is_none(),
        None => restart::held_back_until(container, observed, now).is_none(),
    }
}

/// When to try again after a failed start; `None` if that time has come.
fn retry_at(container: &Container, failure: &StartFailure, observed: &Observed, now: Timestamp) -> Option<Timestamp> {
    if failure.reason == StartFailureReason::ErrImagePull {
        let image = container.image.as_deref().unwrap_or_default();
        return observed.pull_back_off.until(image, failure.at, now);
    }
    after_failure(failure.at).filter(|retry| *retry > now)
}

/// When to try again after a failure that has no back-off of its own.
pub(super) fn after_failure(at: Timestamp) -> Option<Timestamp> {
    at.saturating_add(RETRY_AFTER).ok()
}

fn shown_until(at: Timestamp) -> Timestamp {
    at.saturating_add(SHOWN_AS_HAPPENED).unwrap_or(at)
}

/// Seconds as Go prints a duration: `10s`, `1m20s`, `5m0s`.
fn go_duration(seconds: i64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}
