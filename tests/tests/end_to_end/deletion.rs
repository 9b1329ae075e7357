//! Deleting pods: in the process' own time, or when its grace period is over.

use k8s_openapi::api::core::v1::Pod;
use tests::{
    Instance, Machine, Server,
    manifest::{pod, until_told},
    status::{container, is_running, terminated},
};

/// Deletes a pod whose container runs, and returns all that a watcher sees.
fn delete(server: &Server, name: &str, arguments: &[&str]) -> Vec<Pod> {
    server.wait_for_pod(name, |pod| is_running(pod, "main")).unwrap();
    // It has said that it listens to signals, or that it does not.
    server.kubectl().start(&["logs", "--follow", name]).unwrap().wait_for("here").unwrap();
    let begin = || server.kubectl().run(&[&["delete", "pod", name], arguments].concat()).map(drop);
    server.history_of_pod(name, begin, |_| false).unwrap()
}

#[test]
fn a_process_that_heeds_sigterm_takes_its_own_time() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    // An hour, of which nobody waits for more than the process needs.
    let manifest = pod("polite", &until_told(3)) + "  terminationGracePeriodSeconds: 3600\n";
    server.kubectl().apply_text(&manifest.replace("restartPolicy: Never", "restartPolicy: Always")).unwrap();
    let states = delete(&server, "polite", &[]);

    let first = &states[0].metadata;
    assert_eq!(first.deletion_grace_period_seconds, Some(3600));
    assert!(first.deletion_timestamp.is_some());
    assert!(is_running(&states[0], "main"), "it is still there when it is told to end");
    let last = states.last().unwrap();
    let end = terminated(last, "main").unwrap();
    assert_eq!((end.exit_code, end.reason.as_deref()), (3, Some("Error")));
    assert_eq!(container(last, "main").unwrap().restart_count, 0);
    let events = server.kubectl().run(&["events", "--for", "pod/polite"]).unwrap();
    assert!(events.contains("Killing") && events.contains("Stopping container main"), "{events}");
    let traces = Instance::of(server.data_dir()).traces();
    assert!(traces.cgroups.is_empty() && traces.supervisors == 0, "{traces:?}");
}

#[test]
fn a_process_that_ignores_sigterm_is_killed_after_its_grace_period() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let script = "trap '' TERM; echo here; while true; do sleep 1; done";
    for (name, field, arguments) in [
        ("by-specification", "  terminationGracePeriodSeconds: 1\n", &[][..]),
        ("by-request", "  terminationGracePeriodSeconds: 3600\n", &["--grace-period=1"]),
    ] {
        server.kubectl().apply_text(&(pod(name, script) + field)).unwrap();
        let states = delete(&server, name, arguments);
        assert_eq!(states[0].metadata.deletion_grace_period_seconds, Some(1), "{name}");
        let end = terminated(states.last().unwrap(), "main").unwrap();
        assert_eq!((end.exit_code, end.reason.as_deref()), (137, Some("Error")), "{name}");
    }
}

#[test]
fn a_second_deletion_shortens_the_grace_period_of_the_first() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let script = "trap '' TERM; echo here; while true; do sleep 1; done";
    let manifest = pod("stubborn", script) + "  terminationGracePeriodSeconds: 3600\n";
    server.kubectl().apply_text(&manifest).unwrap();
    let kubectl = server.kubectl();
    let mut watch = kubectl.start(&["get", "pods", "--watch"]).unwrap();
    watch.wait_for("Running").unwrap();
    kubectl.start(&["logs", "--follow", "stubborn"]).unwrap().wait_for("here").unwrap();
    kubectl.run(&["delete", "pod", "stubborn", "--wait=false"]).unwrap();
    watch.wait_for("Terminating").unwrap();
    let states = delete(&server, "stubborn", &["--grace-period=1"]);
    assert_eq!(terminated(states.last().unwrap(), "main").unwrap().exit_code, 137);
}

#[test]
fn a_forced_deletion_does_not_wait_for_the_node() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let script = "trap '' TERM; echo here; while true; do sleep 1; done";
    server.kubectl().apply_text(&(pod("stubborn", script) + "  terminationGracePeriodSeconds: 3600\n")).unwrap();
    server.wait_for_pod("stubborn", |pod| is_running(pod, "main")).unwrap();
    let mut log = server.kubectl().start(&["logs", "--follow", "stubborn"]).unwrap();
    log.wait_for("here").unwrap();
    server.kubectl().run(&["delete", "pod", "stubborn", "--force", "--grace-period=0"]).unwrap();
    let gone = server.kubectl().fail(&["get", "pod", "stubborn"], "").unwrap();
    assert!(gone.contains("NotFound"), "{gone}");
    // The node ends it all the same: its log comes to an end.
    log.finish().unwrap();
}
