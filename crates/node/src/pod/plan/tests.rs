//! Plans for pods in every state.

use super::KillReason::{DefinitionChanged, LivenessProbe, PodTerminated};
use crate::pod::{
    examples::{Story, at, describe, init, mains, sidecar, story, with_init},
    observed::{
        FailedProbe, Observed, Probes,
        StartFailureReason::{CreateContainerConfigError, ErrImagePull},
    },
};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

/// What happened, the actions expected, the second at which to be woken.
type Case = (&'static str, Story, &'static [&'static str], Option<i64>);

fn check(cases: Vec<Case>) {
    for (name, story, actions, wake_at) in cases {
        let plan = story.plan();
        let found: Vec<_> = plan.actions.iter().map(describe).collect();
        assert_eq!(found, actions, "{name}");
        assert_eq!(plan.wake_at, wake_at.map(at), "{name}: wake at");
    }
}

fn image(pod: &mut Pod, image: &str) {
    pod.spec.as_mut().unwrap().containers[0].image = Some(image.to_owned());
}

#[test]
fn sandboxes_come_first_and_come_again() {
    let up = || mains("Always", &["a"]).sandbox().runs("a");
    let never = || mains("Never", &["a"]).sandbox();
    check(vec![
        ("a new pod gets a sandbox", mains("Always", &["a"]), &["create sandbox 0"], None),
        (
            "while it is being created there is nothing to do",
            mains("Always", &["a"]).see(Observed::sandbox_begun),
            &[],
            None,
        ),
        (
            "a failed creation is tried again after 10 s",
            mains("Always", &["a"]).at(5).see(|o| o.sandbox_failed(at(5))).at(6),
            &[],
            Some(15),
        ),
        (
            "and then it is",
            mains("Always", &["a"]).at(5).see(|o| o.sandbox_failed(at(5))).at(15),
            &["create sandbox 0"],
            None,
        ),
        ("what survives a dead sandbox is killed first", up().sandbox_dies(), &["kill a0 30 SandboxChanged"], None),
        ("then a new one is created", up().sandbox_dies().exits("a", 137), &["create sandbox 1"], None),
        ("and the container started in it", up().sandbox_dies().exits("a", 137).sandbox(), &["start a 1"], None),
        (
            "a survivor found in a new sandbox is killed",
            up().sandbox_dies().sandbox(),
            &["kill a0 30 SandboxChanged"],
            None,
        ),
        (
            "and nothing is started beside it",
            with_init("Always", &json!([sidecar("s")]), &["a"]).sandbox().runs("s").sandbox_dies().sandbox(),
            &["kill s0 30 SandboxChanged"],
            None,
        ),
        (
            "under Never a pod without containers gets another sandbox",
            never().sandbox_dies(),
            &["create sandbox 1"],
            None,
        ),
        (
            "under Never a failed container is not run again in another sandbox",
            never().ran("a", 1).sandbox_dies(),
            &[],
            None,
        ),
        (
            "under OnFailure what succeeded stays, what failed runs again",
            mains("OnFailure", &["a", "b"]).sandbox().ran("a", 0).ran("b", 1).sandbox_dies().sandbox(),
            &["start b 1"],
            None,
        ),
        (
            "under OnFailure no sandbox is made for a pod that is done",
            mains("OnFailure", &["a"]).sandbox().ran("a", 0).sandbox_dies(),
            &[],
            None,
        ),
        (
            "in a new sandbox init containers run again",
            with_init("Always", &json!([init("i")]), &["a"])
                .sandbox()
                .ran("i", 0)
                .runs("a")
                .sandbox_dies()
                .exits("a", 137)
                .sandbox(),
            &["start i 1"],
            None,
        ),
        (
            "and main containers wait for them",
            with_init("Always", &json!([init("i")]), &["a"])
                .sandbox()
                .ran("i", 0)
                .ran("a", 1)
                .sandbox_dies()
                .sandbox()
                .runs("i"),
            &[],
            None,
        ),
    ]);
}

#[test]
fn main_containers_start_together_and_follow_the_restart_policy() {
    let exited = |policy, code| mains(policy, &["a", "b"]).sandbox().runs("a").runs("b").at(1).exits("a", code);
    let rules = |exit_code| {
        story(&json!({
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": "a",
                    "image": "i",
                    "restartPolicy": "Never",
                    "restartPolicyRules": [{ "action": "Restart", "exitCodes": { "operator": "In", "values": [42] } }],
                },
                { "name": "b", "image": "i" },
            ],
        }))
        .sandbox()
        .runs("b")
        .ran("a", exit_code)
    };
    let own_policy = |pod: &str, own: &str| {
        story(&json!({
            "restartPolicy": pod,
            "containers": [{ "name": "a", "image": "i", "restartPolicy": own }, { "name": "b", "image": "i" }],
        }))
        .sandbox()
        .runs("b")
        .ran("a", 1)
    };
    check(vec![
        ("all at once", mains("Always", &["a", "b"]).sandbox(), &["start a 0", "start b 0"], None),
        (
            "what is being started is not started again",
            mains("Always", &["a", "b"]).sandbox().starting("a"),
            &["start b 0"],
            None,
        ),
        ("what runs is left alone", mains("Always", &["a"]).sandbox().runs("a"), &[], None),
        ("Always restarts success", exited("Always", 0), &["start a 1"], None),
        ("Always restarts failure", exited("Always", 1), &["start a 1"], None),
        ("OnFailure leaves success", exited("OnFailure", 0), &[], None),
        ("OnFailure restarts failure", exited("OnFailure", 1), &["start a 1"], None),
        ("Never leaves success", exited("Never", 0), &[], None),
        ("Never leaves failure", exited("Never", 1), &[], None),
        ("a container's own policy goes before the pod's", own_policy("Never", "Always"), &["start a 1"], None),
        ("also when it is stricter", own_policy("Always", "Never"), &[], None),
        ("a rule that matches restarts", rules(42), &["start a 1"], None),
        ("a rule that does not leaves it to the policy", rules(1), &[], None),
        (
            "a container created and never started is killed",
            mains("Always", &["a"]).sandbox().created("a"),
            &["kill a0 0 NeverStarted"],
            None,
        ),
        (
            "and started again, whatever the policy",
            mains("Never", &["a"])
                .sandbox()
                .created("a")
                .killed("a", 0, super::KillReason::NeverStarted)
                .exits("a", 137),
            &["start a 1"],
            None,
        ),
        (
            "an ephemeral container is started beside the others",
            mains("Always", &["a"]).sandbox().runs("a").edit(debug_container),
            &["start debug 0"],
            None,
        ),
        (
            "and never again",
            mains("Always", &["a"]).sandbox().runs("a").edit(debug_container).ran("debug", 1),
            &[],
            None,
        ),
        ("counting goes on from what the API says: it ran", said(&json!({ "running": {} })), &["start a 5"], None),
        ("it ended", said(&json!({ "terminated": { "exitCode": 1 } })), &["start a 5"], None),
        ("it waited", said(&json!({ "waiting": {} })), &["start a 4"], None),
        (
            "the two newest attempts are kept",
            mains("Always", &["a"]).sandbox().ran("a", 1).at(20).ran("a", 1).at(60).runs("a"),
            &["remove a0"],
            None,
        ),
    ]);
}

/// A pod whose container the API knows, and the node does not.
fn said(state: &Value) -> Story {
    let status = json!({ "name": "a", "image": "i", "imageID": "", "ready": false, "restartCount": 4, "state": state });
    mains("Always", &["a"]).sandbox().written(json!({ "containerStatuses": [status] }))
}

fn debug_container(pod: &mut Pod) {
    let debug = json!([{ "name": "debug", "image": "busybox" }]);
    pod.spec.as_mut().unwrap().ephemeral_containers = serde_json::from_value(debug).unwrap();
}

#[test]
fn failures_are_backed_off() {
    let once = || mains("Always", &["a"]).sandbox().ran("a", 1).at(1).runs("a");
    let pull = || mains("Always", &["a"]).sandbox().fails_to_start("a", ErrImagePull, "no such host");
    let config = || mains("Always", &["a"]).sandbox().fails_to_start("a", CreateContainerConfigError, "x");
    check(vec![
        ("the first restart is at once", mains("Always", &["a"]).sandbox().ran("a", 1), &["start a 1"], None),
        ("the second waits: first the status will change", once().at(2).exits("a", 1), &[], Some(3)),
        ("then 10 s are over", once().at(2).exits("a", 1).at(5), &[], Some(12)),
        ("and it starts", once().at(2).exits("a", 1).at(12), &["start a 2"], None),
        (
            "the third waits 20 s",
            once().at(2).exits("a", 1).at(12).runs("a").at(13).exits("a", 1).at(20),
            &["remove a0"],
            Some(33),
        ),
        ("after ten minutes of life the delay is forgotten", once().at(700).exits("a", 1), &["start a 2"], None),
        (
            "the other containers do not wait",
            { mains("Always", &["a", "b"]).sandbox().ran("a", 1).ran("a", 1) },
            &["start b 0"],
            Some(1),
        ),
        (
            "another image starts at once",
            once().at(2).exits("a", 1).at(5).edit(|pod| image(pod, "j")),
            &["start a 2"],
            None,
        ),
        ("a failed pull is shown as it happened for a second", pull(), &[], Some(1)),
        ("then it waits for 10 s", pull().at(3), &[], Some(10)),
        ("then it is tried again", pull().at(10), &["start a 0"], None),
        (
            "the second time it waits 20 s",
            pull().at(10).fails_to_start("a", ErrImagePull, "no such host").at(15),
            &[],
            Some(30),
        ),
        ("another image is pulled at once", pull().at(3).edit(|pod| image(pod, "j")), &["start a 0"], None),
        ("a wrong configuration is looked at again after 10 s", config().at(3), &[], Some(10)),
        ("every time", config().at(10), &["start a 0"], None),
    ]);
}

#[test]
fn init_containers_run_one_after_the_other() {
    let two = |policy| with_init(policy, &json!([init("i"), init("j")]), &["a"]).sandbox();
    check(vec![
        ("the first one starts", two("Always"), &["start i 0"], None),
        ("nothing starts beside it", two("Always").runs("i"), &[], None),
        ("nor while it is being started", two("Always").starting("i"), &[], None),
        ("the second follows", two("Always").ran("i", 0), &["start j 0"], None),
        ("main containers follow", two("Always").ran("i", 0).ran("j", 0), &["start a 0"], None),
        ("a failed one is restarted", two("Always").ran("i", 1), &["start i 1"], None),
        ("with back-off", two("Always").ran("i", 1).at(1).ran("i", 1).at(5), &[], Some(11)),
        ("under OnFailure too", two("OnFailure").ran("i", 1), &["start i 1"], None),
        ("under Never it ends the pod", two("Never").ran("i", 1), &["stop sandbox s0"], None),
        ("success is not repeated under Always", two("Always").ran("i", 0).runs("j"), &[], None),
        (
            "records of earlier ones may be gone",
            two("Always").ran("i", 0).ran("j", 0).see(|o| o.container_removed("i0")),
            &["start a 0"],
            None,
        ),
        (
            "when main containers run, even all records may be gone",
            two("Always")
                .ran("i", 0)
                .ran("j", 0)
                .runs("a")
                .see(|o| ["i0", "j0"].into_iter().for_each(|id| o.containers.remove(id))),
            &[],
            None,
        ),
        (
            "an ephemeral container does not wait for initialization",
            two("Always").runs("i").edit(debug_container),
            &["start debug 0"],
            None,
        ),
    ]);
}

#[test]
fn sidecars_start_in_order_and_stay() {
    let pod = |policy| with_init(policy, &json!([sidecar("s"), init("i"), sidecar("t")]), &["a"]).sandbox();
    let unstarted = Probes { started: false, ready: false, failed: None };
    let up = |policy| pod(policy).runs("s").ran("i", 0).runs("t").runs("a");
    check(vec![
        ("the sidecar before the init container", pod("Always"), &["start s 0"], None),
        ("the init container when the sidecar runs", pod("Always").runs("s"), &["start i 0"], None),
        ("not before its startup probe has succeeded", pod("Always").runs("s").probes("s", unstarted), &[], None),
        (
            "a sidecar that ends meanwhile is restarted",
            pod("Always").runs("s").runs("i").exits("s", 0),
            &["start s 1"],
            None,
        ),
        ("under Never as well", pod("Never").runs("s").runs("i").exits("s", 1), &["start s 1"], None),
        ("the next one when the init container is done", pod("Always").runs("s").ran("i", 0), &["start t 0"], None),
        ("main containers when the last runs", pod("Always").runs("s").ran("i", 0).runs("t"), &["start a 0"], None),
        ("then all is well", up("Always"), &[], None),
        ("sidecars are restarted beside main containers", up("Never").exits("s", 1), &["start s 1"], None),
        ("also when nothing is known of them", up("Always").see(|o| o.container_removed("s0")), &["start s 0"], None),
        (
            "a failed startup probe kills a sidecar",
            pod("Always").runs("s").probes("s", Probes { failed: Some(FailedProbe::Startup), ..unstarted }),
            &["kill s0 30 StartupProbe"],
            None,
        ),
        (
            "when main containers are done, sidecars end in reverse order",
            up("Never").at(5).exits("a", 0),
            &["kill t0 30 PodTerminated"],
            Some(35),
        ),
        (
            "with what is left of the grace period",
            up("Never").at(5).exits("a", 0).killed("t", 30, PodTerminated).at(15).exits("t", 0),
            &["kill s0 20 PodTerminated"],
            None,
        ),
        ("then the sandbox", up("Never").at(5).exits("a", 0).exits("t", 0).exits("s", 0), &["stop sandbox s0"], None),
        (
            "deletion ends main containers before sidecars",
            up("Always").deleted(30),
            &["kill a0 30 PodTerminated"],
            Some(30),
        ),
        (
            "nobody waits longer than the grace period",
            up("Always").deleted(30).killed("a", 30, PodTerminated).at(30),
            &["kill s0 2 PodTerminated", "kill t0 2 PodTerminated"],
            None,
        ),
    ]);
}

#[test]
fn containers_are_replaced_when_they_must_be() {
    let up = |policy| mains(policy, &["a"]).sandbox().runs("a");
    let with_probe = |pod: &mut Pod| {
        let probe = json!({ "terminationGracePeriodSeconds": 3 });
        pod.spec.as_mut().unwrap().containers[0].liveness_probe = Some(serde_json::from_value(probe).unwrap());
    };
    check(vec![
        ("another image", up("Always").edit(|pod| image(pod, "j")), &["kill a0 30 DefinitionChanged"], None),
        ("is asked for once", up("Always").edit(|pod| image(pod, "j")).killed("a", 30, DefinitionChanged), &[], None),
        (
            "and the container starts again even under Never",
            up("Never").edit(|pod| image(pod, "j")).killed("a", 30, DefinitionChanged).exits("a", 0),
            &["start a 1"],
            None,
        ),
        (
            "a failed liveness probe",
            up("Always").probe_fails("a", FailedProbe::Liveness),
            &["kill a0 30 LivenessProbe"],
            None,
        ),
        (
            "with the probe's own grace period",
            up("Always").probe_fails("a", FailedProbe::Liveness).edit(with_probe),
            &["kill a0 3 LivenessProbe"],
            None,
        ),
        (
            "restarts under OnFailure though the exit was clean",
            up("OnFailure").killed("a", 30, LivenessProbe).exits("a", 0),
            &["start a 1"],
            None,
        ),
        (
            "ends the pod under Never",
            up("Never").killed("a", 30, LivenessProbe).exits("a", 137),
            &["stop sandbox s0"],
            None,
        ),
        (
            "the node's own first kill has no back-off",
            up("Always")
                .killed("a", 30, LivenessProbe)
                .exits("a", 137)
                .at(1)
                .runs("a")
                .at(40)
                .killed("a", 30, LivenessProbe)
                .exits("a", 137),
            &["start a 2"],
            None,
        ),
    ]);
}

#[test]
fn pods_end() {
    let up = || mains("Always", &["a", "b"]).sandbox().runs("a").runs("b");
    let deadline = |story: Story| story.edit(|pod| pod.spec.as_mut().unwrap().active_deadline_seconds = Some(60));
    let grace = |pod: &mut Pod| pod.spec.as_mut().unwrap().termination_grace_period_seconds = Some(7);
    check(vec![
        (
            "all containers are killed at once",
            up().deleted(30),
            &["kill a0 30 PodTerminated", "kill b0 30 PodTerminated"],
            None,
        ),
        ("once", up().deleted(30).killed("a", 30, PodTerminated).killed("b", 30, PodTerminated).at(3), &[], None),
        (
            "a shorter grace period cuts it short",
            up().deleted(30).killed("a", 30, PodTerminated).killed("b", 30, PodTerminated).at(3).deleted(5),
            &["kill a0 2 PodTerminated", "kill b0 2 PodTerminated"],
            None,
        ),
        (
            "never less than 2 s",
            mains("Always", &["a"]).sandbox().runs("a").deleted(0),
            &["kill a0 2 PodTerminated"],
            None,
        ),
        ("nothing is restarted", up().deleted(30).exits("a", 1).killed("b", 30, PodTerminated), &[], None),
        ("then the sandbox stops", up().deleted(30).exits("a", 0).exits("b", 0), &["stop sandbox s0"], None),
        ("then the pod is deleted", up().deleted(30).exits("a", 0).exits("b", 0).sandbox_dies(), &["delete"], None),
        ("a pod that never began is deleted", mains("Always", &["a"]).deleted(30), &["delete"], None),
        (
            "a start under way is cancelled",
            mains("Always", &["a"]).sandbox().starting("a").deleted(30),
            &["cancel a"],
            None,
        ),
        (
            "a sandbox being created is waited for",
            mains("Always", &["a"]).see(Observed::sandbox_begun).deleted(30),
            &[],
            None,
        ),
        (
            "a pod that succeeded loses its sandbox",
            mains("Never", &["a"]).sandbox().ran("a", 0),
            &["stop sandbox s0"],
            None,
        ),
        ("and keeps the rest", mains("Never", &["a"]).sandbox().ran("a", 0).sandbox_dies(), &[], None),
        ("a deadline is waited for", deadline(up()).at(10), &[], Some(60)),
        (
            "and ends the pod with the grace period of its spec",
            deadline(mains("Always", &["a"]).sandbox().runs("a")).edit(grace).at(60),
            &["kill a0 7 PodTerminated"],
            None,
        ),
        ("a deadline also ends a pod that never began", deadline(mains("Always", &["a"])).at(61), &[], None),
        (
            "a phase once written as terminal is final",
            up().written(json!({ "phase": "Failed", "reason": "Evicted" })),
            &["kill a0 30 PodTerminated", "kill b0 30 PodTerminated"],
            None,
        ),
    ]);
}
