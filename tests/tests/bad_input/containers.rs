//! Containers that cannot start: the status says what was wrong.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{Event, Pod};
use tests::{
    Machine, Server,
    manifest::{entry, pod},
    status::{container, phase, terminated, waiting},
};

#[test]
fn a_command_that_is_not_in_the_image_is_named() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let names = [("absolute", "/opt/no-such-program"), ("in-path", "no-such-program"), ("a-folder", "/bin")];
    for (name, program) in names {
        let manifest = pod(name, "true").replace("[sh, -c, \"true\"]", &format!("[{program}]"));
        assert!(manifest.contains(program), "{manifest}");
        server.kubectl().apply_text(&manifest)?;
        let failed = server.wait_for_pod(name, |pod| phase(pod) == "Failed")?;
        let end = terminated(&failed, "main").context("no end")?;
        assert_eq!((end.exit_code, end.reason.as_deref()), (128, Some("StartError")), "{end:?}");
        let message = end.message.clone().unwrap_or_default();
        assert!(message.contains(program) && message.lines().count() == 1, "{message:?}");
        let tells =
            |event: &Event| event.message.iter().any(|text| text.starts_with("Error: ") && text.contains(program));
        let about = format!("involvedObject.name={name}");
        server.wait_for(&about, |events: &[Event]| events.iter().any(tells))?;
    }
    Ok(())
}

#[test]
fn a_working_directory_that_is_a_file_ends_the_container() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    server.kubectl().apply_text(&(pod("misplaced", "true") + "      workingDir: /etc/passwd\n"))?;
    let failed = server.wait_for_pod("misplaced", |pod| phase(pod) == "Failed")?;
    let end = terminated(&failed, "main").context("no end")?;
    assert_eq!((end.exit_code, end.reason.as_deref()), (128, Some("StartError")), "{end:?}");
    Ok(())
}

#[test]
fn a_start_that_fails_is_tried_again() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let manifest = pod("stubborn", "true").replace("[sh, -c, \"true\"]", "[no-such-program]");
    server.kubectl().apply_text(&manifest.replace("restartPolicy: Never", "restartPolicy: Always"))?;
    let backs_off = |pod: &Pod| {
        waiting(pod, "main") == Some("CrashLoopBackOff")
            && container(pod, "main").is_some_and(|main| main.restart_count == 1)
    };
    let pod = server.wait_for_pod("stubborn", backs_off)?;
    let state = container(&pod, "main").and_then(|main| main.last_state.clone()).context("no last state")?;
    assert_eq!(state.terminated.and_then(|end| end.reason).as_deref(), Some("StartError"));
    Ok(())
}

#[test]
fn what_a_container_refers_to_has_to_be_there() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let manifest = pod("expectant", "true") + "      envFrom: [{configMapRef: {name: settings}}]\n";
    server.kubectl().apply_text(&manifest)?;
    let waits = |pod: &Pod| waiting(pod, "main") == Some("CreateContainerConfigError");
    let pod = server.wait_for_pod("expectant", waits)?;
    let message = container(&pod, "main").and_then(|main| main.state.clone()?.waiting?.message);
    assert_eq!(message.as_deref(), Some("configmap \"settings\" not found"));
    server.kubectl().apply_text(&entry("ConfigMap", "settings", "greeting", "hello"))?;
    server.wait_for_pod("expectant", |pod| phase(pod) == "Succeeded")?;
    Ok(())
}
