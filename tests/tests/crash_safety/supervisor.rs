//! A pod's supervisor is its pause container: when it dies, so does the sandbox, and the pod gets a new one.

use crate::pods::{count_to, counting, is_running, run, statuses};
use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{Event, Pod};
use serde_json::Value;
use tests::{Instance, Machine, Server, kill_and_wait, status};

/// Kills the process that holds this pod.
fn kill_supervisor(server: &Server, pod: &Pod) -> Result<()> {
    let id = statuses(pod).first().and_then(|status| status.container_id.as_deref()).context("no container")?;
    kill_and_wait(Instance::of(server.data_dir()).supervisor_of(id)?)
}

#[test]
fn a_dead_sandbox_is_replaced_and_its_containers_start_again() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let mut manifest = counting("counter");
    manifest["spec"]["initContainers"] = init_container();
    let bystander = run(&server, &counting("bystander"))?;
    let before = run(&server, &manifest)?;
    kill_supervisor(&server, &before)?;

    let restarted = |pod: &Pod| is_running(pod) && statuses(pod).iter().all(|status| status.restart_count == 1);
    let after = server.wait_for_pod("counter", restarted)?;
    assert_eq!(after.metadata.uid, before.metadata.uid);
    for (new, old) in statuses(&after).iter().zip(statuses(&before)) {
        assert_ne!(new.container_id, old.container_id);
        let last = status::terminated_before(&after, &new.name).context("no last state")?;
        assert_eq!((last.exit_code, &last.container_id), (137, &old.container_id));
    }
    let init = status::container(&after, "prepare").context("no init container")?;
    assert_eq!(init.restart_count, 1, "init containers run in every sandbox");
    count_to(&server, "counter", "first", 5)?;
    let changed = |event: &Event| event.reason.as_deref() == Some("SandboxChanged");
    let events = server.wait_for("involvedObject.name=counter", |events: &[Event]| events.iter().any(changed))?;
    let message = events.iter().find(|event| changed(event)).and_then(|event| event.message.as_deref());
    assert_eq!(message, Some("Pod sandbox changed, it will be killed and re-created."));
    assert_eq!(statuses(&server.wait_for_pod("bystander", is_running)?), statuses(&bystander));
    assert_eq!(Instance::of(server.data_dir()).traces().supervisors, 2);
    Ok(())
}

#[test]
fn a_pod_that_never_restarts_fails_with_its_sandbox() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let mut manifest = counting("counter");
    manifest["spec"]["restartPolicy"] = "Never".into();
    kill_supervisor(&server, &run(&server, &manifest)?)?;

    let failed = server.wait_for_pod("counter", |pod| status::phase(pod) == "Failed")?;
    for container in statuses(&failed) {
        let end = status::terminated(&failed, &container.name).context("no end")?;
        assert_eq!((end.exit_code, container.restart_count), (137, 0));
    }
    Ok(())
}

#[test]
fn a_supervisor_that_dies_without_a_server_is_replaced_by_the_next_one() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let before = run(&server, &counting("counter"))?;
    let id = statuses(&before).first().and_then(|status| status.container_id.clone()).context("no container")?;
    let data_dir = server.kill()?;
    kill_and_wait(Instance::of(&data_dir).supervisor_of(&id)?)?;

    let server = Server::start_in(&machine, data_dir, &[])?;
    let restarted = |pod: &Pod| is_running(pod) && statuses(pod).iter().all(|status| status.restart_count == 1);
    let after = server.wait_for_pod("counter", restarted)?;
    assert_eq!(after.metadata.uid, before.metadata.uid);
    count_to(&server, "counter", "first", 5)?;
    Ok(())
}

#[test]
fn a_dead_zygote_is_replaced_when_it_is_needed() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let instance = Instance::of(server.data_dir());
    let before = run(&server, &counting("before"))?;
    let zygote = instance.zygote()?;
    kill_and_wait(zygote)?;

    run(&server, &counting("after"))?;
    assert_ne!(instance.zygote()?, zygote);
    assert_eq!(statuses(&server.wait_for_pod("before", is_running)?), statuses(&before));
    Ok(())
}

fn init_container() -> Value {
    serde_json::json!([{"name": "prepare", "image": "busybox", "imagePullPolicy": "IfNotPresent", "command": ["true"]}])
}
