//! Statuses of pods in every state.

use crate::pod::{
    Action,
    KillReason::{DefinitionChanged, LivenessProbe, PodTerminated},
    Rejection,
    examples::{Story, at, init, mains, sidecar, story, with_init},
    observed::{
        Exit, ExitCause, Observed, Probes,
        StartFailureReason::{
            CreateContainerConfigError, CreateContainerError, ErrImageNeverPull, ErrImagePull, InvalidImageName,
            RunContainerError,
        },
    },
};
use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, PodStatus};
use serde_json::{Value, json};

/// A container status in a few words: state, then restarts, ready, started where they are not 0 or false, last state.
fn describe(status: &ContainerStatus) -> String {
    let restarts = (status.restart_count > 0).then(|| format!("restarts={}", status.restart_count));
    let ready = status.ready.then(|| "ready".to_owned());
    let started = (status.started == Some(true)).then(|| "started".to_owned());
    let last =
        Some(state(status.last_state.as_ref())).filter(|last| !last.is_empty()).map(|last| format!("last={last}"));
    let words = [Some(state(status.state.as_ref())), restarts, ready, started, last];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn state(state: Option<&ContainerState>) -> String {
    match state {
        Some(ContainerState { waiting: Some(waiting), .. }) => match &waiting.message {
            Some(message) => format!("{}({message})", waiting.reason.as_deref().unwrap()),
            None => waiting.reason.clone().unwrap(),
        },
        Some(ContainerState { running: Some(_), .. }) => "Running".to_owned(),
        Some(ContainerState { terminated: Some(terminated), .. }) => {
            format!("{}:{}", terminated.reason.as_deref().unwrap(), terminated.exit_code)
        }
        _ => String::new(),
    }
}

fn of<'a>(status: &'a PodStatus, name: &str) -> &'a ContainerStatus {
    let lists = [&status.container_statuses, &status.init_container_statuses, &status.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().find(|status| status.name == name).unwrap()
}

/// The status as if it had been written.
fn write(story: Story) -> Story {
    let status = serde_json::to_value(story.status()).unwrap();
    story.written(status)
}

#[test]
fn phases() {
    let one = |policy| mains(policy, &["a"]).sandbox();
    let two = |policy| mains(policy, &["a", "b"]).sandbox();
    let with = |policy| with_init(policy, &json!([init("i"), sidecar("s")]), &["a"]).sandbox();
    let unstarted = Probes { started: false, ready: false, failed: None };
    let deadline = |story: Story| story.edit(|pod| pod.spec.as_mut().unwrap().active_deadline_seconds = Some(60));
    let cases: Vec<(&str, Story, &str)> = vec![
        ("a new pod", mains("Always", &["a"]), "Pending"),
        ("a sandbox alone", one("Always"), "Pending"),
        ("one container of two", two("Always").runs("a"), "Pending"),
        ("all containers", two("Always").runs("a").runs("b"), "Running"),
        ("one of two has succeeded", two("Never").ran("a", 0).runs("b"), "Running"),
        ("one of two has failed", two("Never").ran("a", 1).runs("b"), "Running"),
        ("all have succeeded under Never", two("Never").ran("a", 0).ran("b", 0), "Succeeded"),
        ("all have succeeded under OnFailure", two("OnFailure").ran("a", 0).ran("b", 0), "Succeeded"),
        ("all have succeeded under Always: they restart", two("Always").ran("a", 0).ran("b", 0), "Running"),
        ("one has failed under Never", two("Never").ran("a", 0).ran("b", 1), "Failed"),
        ("one has failed under OnFailure: it restarts", two("OnFailure").ran("a", 0).ran("b", 1), "Running"),
        ("a crash loop is Running", one("Always").ran("a", 1).ran("a", 1).at(5), "Running"),
        ("an image that cannot be pulled", one("Always").fails_to_start("a", ErrImagePull, "x"), "Pending"),
        (
            "a container that could not be started, under Never",
            one("Never").created("a").ends("a", 128, ExitCause::StartFailed),
            "Failed",
        ),
        ("an init container runs", with("Always").runs("i"), "Pending"),
        ("an init container has failed and restarts", with("Always").ran("i", 1), "Pending"),
        ("an init container has failed for good", with("Never").ran("i", 1), "Failed"),
        ("an init container is done", with("Always").ran("i", 0), "Pending"),
        ("a sidecar has not started", with("Always").ran("i", 0).runs("s").probes("s", unstarted), "Pending"),
        ("the main container is to come", with("Always").ran("i", 0).runs("s"), "Pending"),
        ("all run", with("Always").ran("i", 0).runs("s").runs("a"), "Running"),
        ("a sidecar restarts beside them", with("Always").ran("i", 0).runs("s").runs("a").exits("s", 1), "Running"),
        (
            "a restarted sidecar has not started yet",
            with("Always").ran("i", 0).ran("s", 1).runs("a").runs("s").probes("s", unstarted),
            "Running",
        ),
        ("the main container is done, the sidecar runs", with("Never").ran("i", 0).runs("s").ran("a", 0), "Running"),
        ("and then is done too", with("Never").ran("i", 0).ran("s", 137).ran("a", 0), "Succeeded"),
        (
            "a container being replaced does not fail the pod",
            one("Never").runs("a").killed("a", 30, DefinitionChanged).exits("a", 143),
            "Running",
        ),
        (
            "a container its probe has killed does, under Never",
            one("Never").runs("a").killed("a", 30, LivenessProbe).exits("a", 137),
            "Failed",
        ),
        ("a deleted pod that still runs", one("Always").runs("a").deleted(30), "Running"),
        ("a deleted pod whose containers succeeded", one("Always").runs("a").deleted(30).exits("a", 0), "Succeeded"),
        ("a deleted pod whose containers failed", one("Always").runs("a").deleted(30).exits("a", 137), "Failed"),
        ("a deleted pod that never ran", mains("Always", &["a"]).deleted(30), "Failed"),
        ("within the deadline", deadline(one("Always").runs("a")).at(59), "Running"),
        ("past the deadline", deadline(one("Always").runs("a")).at(60), "Failed"),
        ("Failed stays Failed", one("Always").runs("a").written(json!({ "phase": "Failed" })), "Failed"),
        ("Succeeded stays Succeeded", one("Always").ran("a", 1).written(json!({ "phase": "Succeeded" })), "Succeeded"),
    ];
    for (name, story, phase) in cases {
        assert_eq!(story.status().phase.as_deref(), Some(phase), "{name}");
    }
}

#[test]
fn a_pod_that_is_not_taken_has_failed_and_shows_no_containers() {
    let scheduled = json!({ "conditions": [{ "type": "PodScheduled", "status": "True" }] });
    let rejection = Rejection { reason: "OutOfcpu".to_owned(), message: "too much".to_owned() };
    let rejected = mains("Always", &["a"]).written(scheduled).see(|observed| observed.rejection = Some(rejection));
    let rejected = write(rejected);
    let forgotten = rejected.clone().see(|observed| observed.rejection = None);
    for story in [rejected, forgotten] {
        let status = story.status();
        let told = [&status.phase, &status.reason, &status.message].map(|text| text.as_deref().unwrap());
        assert_eq!(told, ["Failed", "OutOfcpu", "Pod was rejected: too much"]);
        assert!(status.start_time.is_some() && status.container_statuses.is_none());
        assert_eq!(status.conditions.as_ref().unwrap().len(), 1);
        assert_eq!(story.plan().actions, []);
        assert_eq!(story.deleted(30).plan().actions, [Action::DeletePod]);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn states_of_containers() {
    let one = || mains("Always", &["a"]).sandbox();
    let never = || mains("Never", &["a"]).sandbox();
    let with = |policy| with_init(policy, &json!([init("i"), sidecar("s")]), &["a"]).sandbox();
    let fails = |reason| one().fails_to_start("a", reason, "why");
    let loops = || one().ran("a", 1).at(1).ran("a", 1);
    let crash = "CrashLoopBackOff(back-off 10s restarting failed container=a pod=web_default(u-1))";
    let was = |state: Value, restarts: i32| {
        let status = json!({
            "name": "a", "image": "i", "imageID": "", "ready": false, "restartCount": restarts, "state": state,
        });
        one().written(json!({ "phase": "Running", "containerStatuses": [status] }))
    };
    let debugged = one().runs("a").edit(|pod| {
        let debug = json!([{ "name": "debug", "image": "busybox" }]);
        pod.spec.as_mut().unwrap().ephemeral_containers = serde_json::from_value(debug).unwrap();
    });
    let cases: Vec<(&str, Story, &str, String)> = vec![
        ("not there yet", one(), "a", "ContainerCreating".into()),
        ("not there yet, after init containers", with("Always"), "a", "PodInitializing".into()),
        ("nor the init container", with("Always"), "i", "PodInitializing".into()),
        ("created, not started", one().created("a"), "a", "ContainerCreating".into()),
        ("running", one().runs("a"), "a", "Running ready started".into()),
        (
            "not ready",
            one().runs("a").probes("a", Probes { ready: false, ..Probes::default() }),
            "a",
            "Running started".into(),
        ),
        (
            "not started is not ready",
            one().runs("a").probes("a", Probes { started: false, ..Probes::default() }),
            "a",
            "Running".into(),
        ),
        ("completed", never().ran("a", 0), "a", "Completed:0".into()),
        ("failed", never().ran("a", 3), "a", "Error:3".into()),
        (
            "killed for want of memory",
            never().runs("a").ends("a", 137, ExitCause::OutOfMemory),
            "a",
            "OOMKilled:137".into(),
        ),
        (
            "could not be started",
            never().created("a").ends("a", 128, ExitCause::StartFailed),
            "a",
            "StartError:128".into(),
        ),
        ("lost", never().runs("a").ends("a", 137, ExitCause::Lost), "a", "ContainerStatusUnknown:137".into()),
        ("about to restart", one().ran("a", 1), "a", "Error:1".into()),
        ("restarted", one().ran("a", 1).at(1).runs("a"), "a", "Running restarts=1 ready started last=Error:1".into()),
        ("the second failure, as it happened", loops(), "a", "Error:1 restarts=1 last=Error:1".into()),
        ("a second later", loops().at(2), "a", format!("{crash} restarts=1 last=Error:1")),
        ("until it starts", loops().at(10), "a", format!("{crash} restarts=1 last=Error:1")),
        ("and while it starts", write(loops().at(2)).at(12), "a", format!("{crash} restarts=1 last=Error:1")),
        ("no longer", write(loops().at(2)).at(12).ran("a", 1), "a", "Error:1 restarts=2 last=Error:1".into()),
        (
            "longer delays are written as Go does",
            loops().at(11).ran("a", 1).at(31).ran("a", 1).at(71).ran("a", 1).at(75),
            "a",
            "CrashLoopBackOff(back-off 1m20s restarting failed container=a pod=web_default(u-1)) restarts=4 \
             last=Error:1"
                .into(),
        ),
        ("an image that cannot be pulled", fails(ErrImagePull), "a", "ErrImagePull(why)".into()),
        (
            "a second later",
            fails(ErrImagePull).at(1),
            "a",
            "ImagePullBackOff(Back-off pulling image \"i\": ErrImagePull: why)".into(),
        ),
        ("an image that must not be pulled", fails(ErrImageNeverPull).at(5), "a", "ErrImageNeverPull(why)".into()),
        ("an image that has no name", fails(InvalidImageName), "a", "InvalidImageName(why)".into()),
        ("a wrong configuration", fails(CreateContainerConfigError), "a", "CreateContainerConfigError(why)".into()),
        ("a failed creation", fails(CreateContainerError), "a", "CreateContainerError(why)".into()),
        ("a failed run", fails(RunContainerError), "a", "RunContainerError(why)".into()),
        (
            "a failed pull before a restart",
            one().ran("a", 1).fails_to_start("a", ErrImagePull, "why"),
            "a",
            "ErrImagePull(why) last=Error:1".into(),
        ),
        ("an init container that is done is ready", with("Always").ran("i", 0), "i", "Completed:0 ready".into()),
        ("one that failed is not", with("Always").ran("i", 1), "i", "Error:1".into()),
        ("one that runs is started, not ready", with("Always").runs("i"), "i", "Running started".into()),
        (
            "a sidecar is ready when its probes say so",
            with("Always").ran("i", 0).runs("s"),
            "s",
            "Running ready started".into(),
        ),
        (
            "a sidecar in a crash loop, under Never",
            with("Never").ran("i", 0).ran("s", 1).at(1).ran("s", 1).at(3),
            "s",
            "CrashLoopBackOff(back-off 10s restarting failed container=s pod=web_default(u-1)) restarts=1 last=Error:1"
                .into(),
        ),
        (
            "a sidecar is in no crash loop when the main container is done",
            with("Never").ran("i", 0).ran("s", 1).runs("a").at(1).ran("s", 1).at(3).exits("a", 0),
            "s",
            "Error:1 restarts=1 last=Error:1".into(),
        ),
        (
            "nor is a container that ended with its pod",
            one().ran("a", 1).at(1).runs("a").killed("a", 30, PodTerminated).exits("a", 143).at(3),
            "a",
            "Error:143 restarts=1 last=Error:1".into(),
        ),
        ("an ephemeral container has no probes", debugged.clone().runs("debug"), "debug", "Running".into()),
        ("and is not restarted", debugged.ran("debug", 1).at(60), "debug", "Error:1".into()),
        ("deleted while crashing", loops().at(2).deleted(30), "a", "Error:1 restarts=1 last=Error:1".into()),
        ("deleted and never started", one().deleted(30), "a", "ContainerStatusUnknown:137".into()),
        (
            "out of time and never started",
            one().edit(|pod| pod.spec.as_mut().unwrap().active_deadline_seconds = Some(60)).at(60),
            "a",
            "ContainerStatusUnknown:137".into(),
        ),
        ("behind an init container that failed for good", with("Never").ran("i", 1), "a", "PodInitializing".into()),
        ("deleted before initialization", with("Always").deleted(30), "a", "PodInitializing".into()),
        ("deleted while initializing", with("Always").ran("i", 0).deleted(30), "i", "Completed:0 ready".into()),
        (
            "nothing known, but it was said to run",
            was(json!({ "running": {} }), 2),
            "a",
            "ContainerCreating restarts=3 last=ContainerStatusUnknown:137".into(),
        ),
        (
            "nothing known, but it was said to have ended",
            was(json!({ "terminated": { "exitCode": 4, "reason": "Error" } }), 2),
            "a",
            "Error:4 restarts=2".into(),
        ),
        (
            "nothing known, and it was waiting",
            was(json!({ "waiting": {} }), 2),
            "a",
            "ContainerCreating restarts=2".into(),
        ),
    ];
    for (name, story, container, expected) in cases {
        assert_eq!(describe(of(&story.status(), container)), expected, "{name}");
    }
}

#[test]
fn conditions_and_their_reasons() {
    let two = |policy| mains(policy, &["b", "a"]);
    let with = |policy| with_init(policy, &json!([init("i"), sidecar("s")]), &["a"]).sandbox();
    let gated = |conditions: Value| {
        story(&json!({ "containers": [{ "name": "a", "image": "i" }], "readinessGates": [{ "conditionType": "lb" }] }))
            .sandbox()
            .runs("a")
            .written(json!({ "conditions": conditions }))
    };
    let not_ready = |names: &str| format!("False ContainersNotReady containers with unready status: [{names}]");
    let not_initialized =
        |names: &str| format!("False ContainersNotInitialized containers with incomplete status: [{names}]");
    let cases: Vec<(&str, Story, &str, String)> = vec![
        ("no sandbox", two("Always"), "PodReadyToStartContainers", "False".into()),
        ("a sandbox", two("Always").sandbox(), "PodReadyToStartContainers", "True".into()),
        ("a dead sandbox", two("Always").sandbox().sandbox_dies(), "PodReadyToStartContainers", "False".into()),
        ("no init containers", two("Always"), "Initialized", "True".into()),
        ("init containers to run", with("Always"), "Initialized", not_initialized("i s")),
        ("one done", with("Always").ran("i", 0), "Initialized", not_initialized("s")),
        ("all done", with("Always").ran("i", 0).runs("s"), "Initialized", "True".into()),
        (
            "a sidecar that restarts beside main containers",
            with("Always").ran("i", 0).ran("s", 1).runs("a"),
            "Initialized",
            "True".into(),
        ),
        (
            "a pod that succeeded",
            with("Never").ran("i", 0).ran("s", 0).ran("a", 0),
            "Initialized",
            "True PodCompleted".into(),
        ),
        ("containers to come", two("Always").sandbox(), "ContainersReady", not_ready("b a")),
        ("one ready", two("Always").sandbox().runs("a"), "ContainersReady", not_ready("b")),
        ("all ready", two("Always").sandbox().runs("a").runs("b"), "ContainersReady", "True".into()),
        ("ready is the pod then", two("Always").sandbox().runs("a").runs("b"), "Ready", "True".into()),
        ("unready is the pod before", two("Always").sandbox().runs("b"), "Ready", not_ready("a")),
        ("sidecars count", with("Always").ran("i", 0).ran("s", 1).runs("a"), "Ready", not_ready("s")),
        ("succeeded", mains("Never", &["a"]).sandbox().ran("a", 0), "Ready", "False PodCompleted".into()),
        ("failed", mains("Never", &["a"]).sandbox().ran("a", 1), "ContainersReady", "False PodFailed".into()),
        (
            "a gate that nobody opened",
            gated(json!([])),
            "Ready",
            "False ReadinessGatesNotReady corresponding condition of pod readiness gate \"lb\" does not exist.".into(),
        ),
        (
            "a gate that is shut",
            gated(json!([{ "type": "lb", "status": "False" }])),
            "Ready",
            "False ReadinessGatesNotReady the status of pod readiness gate \"lb\" is not \"True\", but False".into(),
        ),
        ("an open gate", gated(json!([{ "type": "lb", "status": "True" }])), "Ready", "True".into()),
        ("a gate is kept", gated(json!([{ "type": "lb", "status": "True" }])), "lb", "True".into()),
        ("a gate does not concern the containers", gated(json!([])), "ContainersReady", "True".into()),
        ("the pod is scheduled", two("Always"), "PodScheduled", "True".into()),
    ];
    for (name, story, condition, expected) in cases {
        let conditions = story.status().conditions.unwrap();
        let found = conditions.iter().find(|found| found.type_ == condition).unwrap();
        let parts = [Some(found.status.clone()), found.reason.clone(), found.message.clone()];
        assert_eq!(parts.into_iter().flatten().collect::<Vec<_>>().join(" "), expected, "{name}");
    }
}

#[test]
fn conditions_keep_the_time_of_their_last_change_and_the_order_of_the_kubelet() {
    let before = write(mains("Always", &["a"]).sandbox().at(1));
    let status = before.at(5).runs("a").status();
    let conditions: Vec<_> = status
        .conditions
        .unwrap()
        .into_iter()
        .map(|condition| (condition.type_, condition.last_transition_time.unwrap().0, condition.observed_generation))
        .collect();
    let expected = [
        ("PodReadyToStartContainers", 1),
        ("Initialized", 1),
        ("Ready", 5),
        ("ContainersReady", 5),
        ("PodScheduled", 1),
    ];
    let expected: Vec<_> =
        expected.into_iter().map(|(type_, second)| (type_.to_owned(), at(second), Some(1))).collect();
    assert_eq!(conditions, expected);
}

#[test]
fn addresses_stay_until_others_come() {
    let up = mains("Always", &["a"]).sandbox();
    let host_network = mains("Always", &["a"]).edit(|pod| pod.spec.as_mut().unwrap().host_network = Some(true));
    let cases: Vec<(&str, Story, Option<&str>)> = vec![
        ("none before the sandbox", mains("Always", &["a"]), None),
        ("the sandbox's", up.clone(), Some("10.42.0.7")),
        ("also after its end", write(up.clone()).sandbox_dies(), Some("10.42.0.7")),
        ("the host's", host_network.sandbox(), Some("192.168.1.2")),
    ];
    for (name, story, pod_ip) in cases {
        let status = story.status();
        assert_eq!(status.pod_ip.as_deref(), pod_ip, "{name}");
        let ips: Vec<_> = status.pod_ips.iter().flatten().map(|ip| ip.ip.as_str()).collect();
        assert_eq!(ips, pod_ip.into_iter().collect::<Vec<_>>(), "{name}: podIPs");
        assert_eq!(status.host_ip.as_deref(), Some("192.168.1.2"), "{name}: hostIP");
    }
}

#[test]
fn reasons_of_the_phase() {
    let deadline = mains("Always", &["a"]).edit(|pod| pod.spec.as_mut().unwrap().active_deadline_seconds = Some(60));
    let past = write(deadline.sandbox().runs("a").at(60));
    let message = "Pod was active on the node longer than the specified deadline";
    for (name, story) in [("at once", past.clone()), ("afterwards", past.at(61).exits("a", 0).sandbox_dies())] {
        let status = story.status();
        let found = (status.phase.as_deref(), status.reason.as_deref(), status.message.as_deref());
        assert_eq!(found, (Some("Failed"), Some("DeadlineExceeded"), Some(message)), "{name}");
    }
    let running = mains("Always", &["a"]).sandbox().runs("a").written(json!({ "phase": "Pending", "reason": "Old" }));
    assert_eq!(running.status().reason, None, "another phase does not inherit the reason");
}

#[test]
fn what_a_container_status_carries() {
    let story = story(&json!({
        "restartPolicy": "Never",
        "containers": [
            { "name": "b", "image": "i" },
            {
                "name": "a",
                "image": "i",
                "resources": { "requests": { "cpu": "100m" } },
                "volumeMounts": [
                    { "name": "v", "mountPath": "/v" },
                    { "name": "w", "mountPath": "/w", "readOnly": true },
                ],
            },
        ],
    }));
    let status = story.sandbox().at(1).runs("a").at(4).exits("a", 1).status();
    let names: Vec<_> = status.container_statuses.as_ref().unwrap().iter().map(|status| status.name.as_str()).collect();
    assert_eq!(names, ["a", "b"], "statuses are sorted by name");
    assert_eq!(
        serde_json::to_value(of(&status, "a")).unwrap(),
        json!({
            "name": "a",
            "image": "i",
            "imageID": "sha256:1",
            "containerID": "minke://a0",
            "ready": false,
            "started": false,
            "restartCount": 0,
            "lastState": {},
            "state": { "terminated": {
                "exitCode": 1,
                "reason": "Error",
                "containerID": "minke://a0",
                "startedAt": "2026-01-01T00:00:01Z",
                "finishedAt": "2026-01-01T00:00:04Z",
            } },
            "allocatedResources": { "cpu": "100m" },
            "resources": { "requests": { "cpu": "100m" } },
            "volumeMounts": [
                { "name": "v", "mountPath": "/v" },
                { "name": "w", "mountPath": "/w", "readOnly": true, "recursiveReadOnly": "Disabled" },
            ],
        })
    );
}

#[test]
fn a_container_that_could_not_be_started_says_why() {
    let story = mains("Never", &["a"]).sandbox().created("a");
    let failed = Exit::start_failed("exec: \"nosuch\": executable file not found in $PATH".to_owned(), at(2));
    let status = story.see(|observed| observed.container_exited("a0", failed)).status();
    let terminated = of(&status, "a").state.clone().unwrap().terminated.unwrap();
    assert_eq!(terminated.reason.as_deref(), Some("StartError"));
    assert_eq!(terminated.message.as_deref(), Some("exec: \"nosuch\": executable file not found in $PATH"));
    assert_eq!(terminated.started_at.unwrap().0, jiff::Timestamp::UNIX_EPOCH);
}

#[test]
fn what_the_node_knows_survives_being_written_down() {
    let story = mains("Always", &["a", "b"]).sandbox().ran("a", 1).at(1).ran("a", 1).runs("b");
    let story = story.fails_to_start("a", ErrImagePull, "why").see(|observed| observed.image_pulled("other"));
    let written = serde_json::to_string(&story.observed).unwrap();
    let read: Observed = serde_json::from_str(&written).unwrap();
    let after = story.clone().see(|observed| *observed = read).status();
    assert_eq!(after, story.status(), "{written}");
}
