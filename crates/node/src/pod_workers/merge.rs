//! What the supervisor says of its containers, laid over what the worker knows: the safety net behind the events, and
//! the first look after a restart of the node.

use crate::pod::{ContainerState, Observed};
use jiff::Timestamp;
use runtime::{ContainerState as RuntimeState, Status};
use std::collections::BTreeSet;

/// What a supervisor said when asked for its containers.
#[derive(Clone, Debug)]
pub struct Listing {
    /// When it was asked: what has been started since may be missing.
    pub asked_at: Timestamp,
    pub states: Vec<RuntimeState>,
}

/// What a look at the supervisor reveals.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Ended without the worker having heard of it; the supervisor tells how.
    pub exited: Vec<RuntimeState>,
    /// Known to the worker as alive, and not to the supervisor: nobody saw them end.
    pub lost: Vec<String>,
    /// Noted before their start, and never started.
    pub never_started: Vec<String>,
}

/// Compares. Containers that only the supervisor knows are being started at this moment.
pub fn compare(observed: &Observed, listing: &Listing) -> Findings {
    let mut findings = Findings::default();
    for record in observed.containers.iter().filter(|record| !record.has_exited()) {
        match listing.states.iter().find(|state| state.id == record.id) {
            Some(state) if state.status == Status::Exited => findings.exited.push(state.clone()),
            Some(_) => {}
            None if record.state == ContainerState::Created => findings.never_started.push(record.id.clone()),
            None if matches!(record.state, ContainerState::Running { started_at, .. } if started_at >= listing.asked_at) =>
                {}
            None => findings.lost.push(record.id.clone()),
        }
    }
    findings
}

/// Containers noted before their start that have come up: the note was written, the news of the start was not.
pub fn started_since(observed: &Observed, states: &[RuntimeState]) -> Vec<RuntimeState> {
    let created: BTreeSet<_> = observed
        .containers
        .iter()
        .filter(|record| record.state == ContainerState::Created)
        .map(|record| record.id.as_str())
        .collect();
    let running = states.iter().filter(|state| state.status == Status::Running && created.contains(state.id.as_str()));
    running.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::{ContainerRecord, Exit};
    use jiff::Timestamp;

    fn record(id: &str, state: ContainerState) -> ContainerRecord {
        ContainerRecord {
            name: id.to_owned(),
            id: id.to_owned(),
            sandbox_id: "s".to_owned(),
            attempt: 0,
            image: String::new(),
            image_id: String::new(),
            created_at: Timestamp::UNIX_EPOCH,
            killed_for: None,
            state,
        }
    }

    fn state(id: &str, status: Status) -> RuntimeState {
        RuntimeState {
            id: id.to_owned(),
            pid: 1,
            status,
            created_at: Timestamp::UNIX_EPOCH,
            started_at: None,
            finished_at: None,
            exit_code: None,
            signal: None,
            oom_killed: false,
            cgroup: String::new(),
        }
    }

    fn listing(second: i64, states: &[RuntimeState]) -> Listing {
        Listing { asked_at: Timestamp::from_second(second).unwrap(), states: states.to_vec() }
    }

    #[test]
    fn what_was_started_after_the_question_is_not_missed_in_the_answer() {
        let started_at = Timestamp::from_second(5).unwrap();
        let containers = vec![record("new", ContainerState::Running { started_at, pid: 1 })].into();
        let observed = Observed { containers, ..Observed::default() };
        assert_eq!(compare(&observed, &listing(4, &[])), Findings::default());
        assert_eq!(compare(&observed, &listing(6, &[])).lost, ["new"]);
    }

    #[test]
    fn every_difference_is_found() {
        let running = ContainerState::Running { started_at: Timestamp::UNIX_EPOCH, pid: 1 };
        let exited = ContainerState::Exited(Exit::lost(None, Timestamp::UNIX_EPOCH));
        let observed = Observed {
            containers: vec![
                record("runs", running.clone()),
                record("ended", running.clone()),
                record("lost", running),
                record("known", exited),
                record("noted", ContainerState::Created),
                record("came-up", ContainerState::Created),
            ]
            .into(),
            ..Observed::default()
        };
        let states = [
            state("runs", Status::Running),
            state("ended", Status::Exited),
            state("known", Status::Exited),
            state("came-up", Status::Running),
            state("starting", Status::Running),
        ];
        let findings = compare(&observed, &listing(9, &states));
        assert_eq!(findings.exited, [state("ended", Status::Exited)]);
        assert_eq!(findings.lost, ["lost"]);
        assert_eq!(findings.never_started, ["noted"]);
        assert_eq!(started_since(&observed, &states), [state("came-up", Status::Running)]);
    }
}
