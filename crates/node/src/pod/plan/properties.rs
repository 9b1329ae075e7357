//! What holds for every pod, whatever happens to it: random histories, with the plan carried out step by step.

use super::Action;
use crate::pod::{
    examples::{Story, init, sidecar, with_init},
    observed::FailedProbe,
    restart,
};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

/// Something that happens without the plan's doing.
#[derive(Debug, Clone)]
enum Event {
    TimePasses(i64),
    Exits(usize, i32),
    ProbeFails(usize),
    SandboxDies,
    ServerRestarts,
    /// The plan's first action is carried out, and succeeds.
    Acts,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => (1..400_i64).prop_map(Event::TimePasses),
        2 => (0..4_usize, 0..2_i32).prop_map(|(which, code)| Event::Exits(which, code)),
        1 => (0..4_usize).prop_map(Event::ProbeFails),
        1 => Just(Event::SandboxDies),
        1 => Just(Event::ServerRestarts),
        12 => Just(Event::Acts),
    ]
}

fn pod(policy: &str) -> Story {
    with_init(policy, &json!([sidecar("s"), init("i")]), &["a", "b"])
}

fn happen(story: Story, event: &Event) -> Story {
    let live: Vec<_> = story.observed.live().map(|record| record.name.clone()).collect();
    let pick = |which: usize| live.get(which % live.len().max(1)).cloned();
    match event {
        Event::TimePasses(seconds) => {
            let now = story.now + seconds;
            story.at(now)
        }
        Event::Exits(which, code) => match pick(*which) {
            Some(name) => story.exits(&name, *code),
            None => story,
        },
        Event::ProbeFails(which) => match pick(*which) {
            Some(name) => story.probe_fails(&name, FailedProbe::Liveness),
            None => story,
        },
        Event::SandboxDies if !story.observed.in_flight.sandbox => story.sandbox_dies(),
        Event::SandboxDies => story,
        Event::ServerRestarts => story.see(|observed| observed.in_flight = crate::pod::InFlight::default()),
        Event::Acts => act(story),
    }
}

/// Carries out the plan's first action.
fn act(story: Story) -> Story {
    match story.plan().actions.into_iter().next() {
        Some(Action::CreateSandbox { .. }) => story.sandbox(),
        Some(Action::StopSandbox { .. }) => story.sandbox_dies(),
        Some(Action::StartContainer { name, .. }) => story.runs(&name),
        Some(Action::CancelStart { name }) => story.see(|observed| observed.start_cancelled(&name)),
        Some(Action::KillContainer { name, grace_seconds, reason, .. }) => {
            story.killed(&name, grace_seconds, reason).exits(&name, 137)
        }
        Some(Action::RemoveContainer { id }) => story.see(|observed| observed.container_removed(&id)),
        Some(Action::DeletePod) | None => story,
    }
}

fn written(story: Story) -> Story {
    let status = serde_json::to_value(story.status()).unwrap();
    story.written(status)
}

/// What every plan keeps to.
fn check_plan(story: &Story) {
    let plan = story.plan();
    let sandbox = story.observed.ready_sandbox().map(|sandbox| sandbox.id.clone());
    assert!(plan.wake_at.is_none_or(|wake_at| wake_at > crate::pod::examples::at(story.now)), "wakes in the past");
    for (index, action) in plan.actions.iter().enumerate() {
        assert!(!plan.actions.iter().skip(index + 1).any(|other| other == action), "asked twice: {action:?}");
        match action {
            Action::StartContainer { name, attempt } => {
                assert!(sandbox.is_some(), "{name} starts without a sandbox");
                assert!(!story.observed.live().any(|record| record.name == *name), "{name} runs twice");
                let latest = story.observed.latest(name);
                assert!(latest.is_none_or(|record| record.attempt < *attempt), "{name}: attempt {attempt} again");
                assert!(!matches!(name.as_str(), "a" | "b") || initialized(story), "{name} starts too early");
            }
            Action::CreateSandbox { .. } => assert!(sandbox.is_none(), "a second sandbox"),
            Action::StopSandbox { .. } => assert_eq!(story.observed.live().count(), 0, "stopped under containers"),
            Action::RemoveContainer { id } => {
                assert!(!story.observed.live().any(|record| record.id == *id), "{id} is alive");
            }
            Action::KillContainer { .. } | Action::CancelStart { .. } | Action::DeletePod => {}
        }
    }
}

/// Every init container of this sandbox has done its part, or a main container proves it.
fn initialized(story: &Story) -> bool {
    let sandbox = story.observed.ready_sandbox().map(|sandbox| sandbox.id.as_str());
    let here = |name: &str| story.observed.latest(name).filter(|record| Some(record.sandbox_id.as_str()) == sandbox);
    let main_lives = ["a", "b"].into_iter().filter_map(here).any(|record| !record.has_exited());
    main_lives || here("i").and_then(|record| record.exit()).is_some_and(|exit| exit.exit_code == 0)
}

fn restart_counts(story: &Story) -> BTreeMap<String, i32> {
    let status = story.status();
    let lists = [status.init_container_statuses, status.container_statuses];
    lists.into_iter().flatten().flatten().map(|status| (status.name, status.restart_count)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plans_keep_order_and_pods_can_always_be_deleted(
        policy in prop_oneof![Just("Always"), Just("OnFailure"), Just("Never")],
        events in prop::collection::vec(event(), 0..60),
    ) {
        let mut story = pod(policy);
        for event in &events {
            let (phase, counts) = (story.status().phase.unwrap(), restart_counts(&story));
            story = written(happen(story, event));
            check_plan(&story);
            let after = story.status().phase.unwrap();
            prop_assert!(!matches!(phase.as_str(), "Failed" | "Succeeded") || after == phase, "{phase} became {after}");
            for (name, count) in restart_counts(&story) {
                prop_assert!(count >= counts[&name], "{name} was restarted {} times, now {count}", counts[&name]);
            }
        }
        story = story.deleted(30);
        for _ in 0..40 {
            check_plan(&story);
            for action in story.plan().actions {
                prop_assert!(!matches!(action, Action::StartContainer { .. } | Action::CreateSandbox { .. }), "{action:?}");
            }
            story = written(act(story));
        }
        prop_assert_eq!(story.plan().actions, vec![Action::DeletePod]);
        let phase = story.status().phase;
        prop_assert!(matches!(phase.as_deref(), Some("Failed" | "Succeeded")), "{phase:?}");
    }

    #[test]
    fn a_pod_left_alone_comes_up(policy in prop_oneof![Just("Always"), Just("OnFailure")], events in prop::collection::vec(event(), 0..30)) {
        let mut story = events.iter().fold(pod(policy), |story, event| written(happen(story, event)));
        for _ in 0..60 {
            let waits = story.plan().actions.is_empty();
            let now = if waits { story.now + 400 } else { story.now };
            story = match story.observed.latest("i").filter(|record| record.is_running()) {
                Some(_) => story.exits("i", 0),
                None => written(act(story.at(now))),
            };
        }
        let spec = story.pod.spec.clone().unwrap();
        let done = |name: &str| {
            let container = spec.containers.iter().find(|container| container.name == name).unwrap();
            story.observed.latest(name).is_some_and(|record| {
                record.is_running() || (record.has_exited() && !restart::after_attempt(container, &spec, record))
            })
        };
        prop_assert!(done("a") && done("b"), "{:?}", story.plan());
    }
}
