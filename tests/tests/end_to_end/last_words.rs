//! What stays of containers that have ended: their messages, their logs, the reasons of their end.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{Event, Pod};
use std::fmt::Write;
use tests::{
    Machine, Server,
    manifest::pod,
    status::{phase, terminated},
};

#[test]
fn termination_messages_share_what_a_pod_may_say() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let mut manifest = pod("talkative", "true");
    for name in ["a", "b", "c", "d", "e"] {
        let script = "yes x | tr -d '\\n' | head -c 5000 > /dev/termination-log";
        // Writing to a String cannot fail.
        let _ = writeln!(
            manifest,
            "    - {{name: {name}, image: busybox, imagePullPolicy: Never, command: [sh, -c, {script:?}]}}"
        );
    }
    server.kubectl().apply_text(&manifest)?;
    let ended = server.wait_for_pod("talkative", |pod| phase(pod) == "Succeeded")?;
    for name in ["a", "b", "c", "d", "e"] {
        let message = terminated(&ended, name).and_then(|end| end.message.clone()).context("no message")?;
        assert_eq!(message.len(), 2048, "{name}");
    }
    Ok(())
}

#[test]
fn the_end_of_a_long_line_is_the_message_of_a_failure() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let manifest = pod("verbose", "yes x | tr -d '\\n' | head -c 9000; printf 'the end'; exit 3")
        + "      terminationMessagePolicy: FallbackToLogsOnError\n";
    server.kubectl().apply_text(&manifest)?;
    let failed = server.wait_for_pod("verbose", |pod| phase(pod) == "Failed")?;
    let message = terminated(&failed, "main").and_then(|end| end.message.clone()).context("no message")?;
    assert!(message.len() <= 2048 && message.trim_end().ends_with("xthe end"), "{message:?}");
    Ok(())
}

#[test]
fn the_log_of_a_pod_that_only_a_finalizer_keeps_is_not_there() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let manifest = pod("kept", "echo here").replace("metadata:\n", "metadata:\n  finalizers: [example.com/keep]\n");
    server.kubectl().apply_text(&manifest)?;
    server.wait_for_pod("kept", |pod| phase(pod) == "Succeeded")?;
    assert_eq!(server.kubectl().run(&["logs", "kept"])?, "here\n");
    server.kubectl().run(&["delete", "pod", "kept", "--wait=false"])?;
    let is_over = |pod: &Pod| pod.metadata.deletion_grace_period_seconds == Some(0);
    server.wait_for_pod("kept", is_over)?;
    let text = server.kubectl().run(&["logs", "kept"])?;
    assert!(text.starts_with("unable to retrieve container logs for minke://"), "{text}");
    server.kubectl().run(&["patch", "pod", "kept", "--type=merge", "-p", r#"{"metadata":{"finalizers":null}}"#])?;
    Ok(())
}

#[test]
fn a_pod_whose_time_is_over_is_told_of_in_an_event() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    server.kubectl().apply_text(&(pod("late", "sleep 3600") + "  activeDeadlineSeconds: 1\n"))?;
    server.wait_for_pod("late", |pod| phase(pod) == "Failed")?;
    let tells =
        |event: &Event| event.reason.as_deref() == Some("DeadlineExceeded") && event.type_.as_deref() == Some("Normal");
    server.wait_for("involvedObject.name=late", |events: &[Event]| events.iter().any(tells))?;
    Ok(())
}
