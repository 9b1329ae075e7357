//! `kubectl logs`: which lines of which container, now and as they come.

use tests::{
    Machine, Server,
    manifest::{pod, until_told},
    status::{container, is_running, phase},
};

/// A pod whose first container says three lines, the last two seconds after the others, and whose second says one.
fn talkers() -> String {
    pod("talkers", "echo one; sleep 1; echo two >&2; sleep 2; echo three")
        + "    - {name: other, image: busybox, imagePullPolicy: Never, command: [echo, aside]}\n"
}

#[test]
fn logs_of_a_pod_that_has_ended() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(&talkers()).unwrap();
    server.wait_for_pod("talkers", |pod| phase(pod) == "Succeeded").unwrap();
    let logs = |arguments: &[&str]| kubectl.run(&[&["logs", "talkers"], arguments].concat()).unwrap();

    // Both streams are one log; the first container is the default one.
    let stamped = logs(&["--timestamps"]);
    let stamps: Vec<&str> = stamped.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert!(stamps.iter().all(|stamp| stamp.len() > 20 && stamp.ends_with('Z')) && stamps.is_sorted(), "{stamped}");
    let plain: Vec<&str> = stamped.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(plain, ["one", "two", "three"]);

    for (arguments, expected) in [
        (&[][..], "one\ntwo\nthree\n"),
        (&["--tail=1"], "three\n"),
        (&["--tail=0"], ""),
        (&["--tail=2"], "two\nthree\n"),
        (&["--limit-bytes=5"], "one\nt"),
        (&["--since=1h"], "one\ntwo\nthree\n"),
        (&["--since-time", stamps[2]], "three\n"),
        (&["--since-time", "2199-01-01T00:00:00Z"], ""),
        (&["--follow"], "one\ntwo\nthree\n"),
        (&["--follow", "--tail=1"], "three\n"),
        (&["-c", "other"], "aside\n"),
        (&["-c", "main", "--tail=1"], "three\n"),
    ] {
        assert_eq!(logs(arguments), expected, "{arguments:?}");
    }
    // kubectl asks for the containers in any order.
    for (arguments, expected) in [
        (&["--all-containers"][..], &["aside", "one", "three", "two"][..]),
        (&["--all-containers", "--prefix", "--tail=1"], &["[pod/talkers/main] three", "[pod/talkers/other] aside"]),
    ] {
        let text = logs(arguments);
        let mut lines: Vec<_> = text.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, expected, "{arguments:?}");
    }
    assert_eq!(kubectl.run(&["logs", "-l", "app=talkers", "-c", "other"]).unwrap(), "aside\n");
}

#[test]
fn logs_that_are_not_to_be_had() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(&pod("quiet", "true")).unwrap();
    kubectl.apply_text(&(pod("homeless", "true") + "  nodeSelector: {place: home}\n")).unwrap();
    server.wait_for_pod("quiet", |pod| phase(pod) == "Succeeded").unwrap();

    assert_eq!(kubectl.run(&["logs", "quiet"]).unwrap(), "");
    for (arguments, expected) in [
        (&["logs", "nobody"][..], r#"pods "nobody" not found"#),
        (&["logs", "quiet", "-c", "nobody"], "container nobody is not valid for pod quiet"),
        (&["logs", "quiet", "--previous"], r#"previous terminated container "main" in pod "quiet" not found"#),
        (&["logs", "quiet", "--tail=-5"], "--tail must be greater than or equal to -1"),
    ] {
        let error = kubectl.fail(arguments, "").unwrap();
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    // A pod without a node has no logs yet, which is no mistake.
    assert_eq!(kubectl.run(&["logs", "homeless"]).unwrap(), "");
}

#[test]
fn logs_are_followed_from_the_first_line_to_the_end_of_the_container() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(&pod("web", &until_told(0))).unwrap();
    server.wait_for_pod("web", |pod| is_running(pod, "main")).unwrap();
    let mut log = kubectl.start(&["logs", "--follow", "web"]).unwrap();
    let mut news = kubectl.start(&["logs", "--follow", "--tail=1", "web"]).unwrap();
    // Both have begun to follow before the pod goes.
    log.wait_for("here").unwrap();
    news.wait_for("here").unwrap();
    kubectl.run(&["delete", "pod", "web", "--wait=false"]).unwrap();
    news.wait_for("goodbye").unwrap();
    let (status, lines) = log.finish().unwrap();
    assert!(status.success(), "{lines:?}");
    assert_eq!(lines, ["here", "goodbye"]);
}

#[test]
fn logs_of_the_attempt_before() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    let script =
        "if [ -e /state/tried ]; then echo second; exec sleep 1000; fi; touch /state/tried; echo first; exit 1";
    let manifest = pod("persistent", script).replace("restartPolicy: Never", "restartPolicy: OnFailure")
        + "      volumeMounts: [{name: state, mountPath: /state}]\n  volumes: [{name: state, emptyDir: {}}]\n";
    kubectl.apply_text(&manifest).unwrap();
    let again = |pod: &_| is_running(pod, "main") && container(pod, "main").unwrap().restart_count == 1;
    server.wait_for_pod("persistent", again).unwrap();
    assert_eq!(kubectl.run(&["logs", "persistent", "--previous"]).unwrap(), "first\n");
    kubectl.start(&["logs", "persistent", "--follow"]).unwrap().wait_for("second").unwrap();
    kubectl.run(&["delete", "pod", "persistent", "--grace-period=1"]).unwrap();
}
