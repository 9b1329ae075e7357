//! The server ends, and its pods do not notice.

use crate::pods::{Identity, assert_nothing_left, count_to, counted, counting, is_running, run};
use anyhow::Result;
use serde_json::{Value, json};
use tests::{Instance, Machine, Server, status};

#[test]
fn a_killed_server_finds_its_pods_again() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let before = Identity::of(&run(&server, &counting("counter"))?);
    count_to(&server, "counter", "first", 1)?;
    let last = counted(&server, "counter", "first")?;

    let data_dir = server.kill()?;
    assert_eq!(Instance::of(&data_dir).traces().supervisors, 1);

    let server = Server::start_in(&machine, data_dir, &[])?;
    count_to(&server, "counter", "first", last + 10)?;
    count_to(&server, "counter", "second", 1)?;
    assert_eq!(Identity::of(&server.wait_for_pod("counter", is_running)?), before);

    server.kubectl().run(&["delete", "pod", "counter"])?;
    assert_nothing_left(&server);
    Ok(())
}

#[test]
fn a_server_that_is_asked_to_end_leaves_its_pods() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let before = Identity::of(&run(&server, &counting("counter"))?);
    count_to(&server, "counter", "first", 1)?;
    let last = counted(&server, "counter", "first")?;

    let server = Server::start_in(&machine, server.terminate()?, &[])?;
    count_to(&server, "counter", "first", last + 10)?;
    assert_eq!(Identity::of(&server.wait_for_pod("counter", is_running)?), before);
    Ok(())
}

#[test]
fn stop_pods_ends_the_pods_in_order_and_the_next_start_begins_them_again() -> Result<()> {
    let machine = Machine::new()?;
    let data_dir = Server::start(&machine)?.terminate()?;
    let server = Server::start_in(&machine, data_dir, &["--stop-pods"])?;
    run(&server, &noting_its_end())?;
    for container in ["sidecar", "main"] {
        server.kubectl().start(&["logs", "--follow", "orderly", "-c", container])?.wait_for("begins")?;
    }

    let data_dir = server.terminate()?;
    assert_eq!(Instance::of(&data_dir).traces().supervisors, 0);
    assert_eq!(machine.links()?, ["lo"], "the network goes with the pods");

    let server = Server::start_in(&machine, data_dir, &[])?;
    server.wait_for_pod("orderly", |pod| {
        is_running(pod) && status::container(pod, "main").is_some_and(|main| main.restart_count == 1)
    })?;
    // The volume is the same one; the sidecar was asked to end after the container that it serves.
    let log = server.kubectl().start(&["logs", "--follow", "orderly", "-c", "main"])?.wait_for("begins")?;
    assert_eq!(log, "begins after main sidecar");
    Ok(())
}

/// A pod whose containers note on a volume that they were asked to end, and tell at the start what they find there.
fn noting_its_end() -> Value {
    let container = |name: &str| {
        let note = format!("trap 'echo {name} >> /notes/ended; exit 0' TERM");
        json!({
            "name": name,
            "image": "busybox",
            "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", format!("{note}; echo begins after $(cat /notes/ended); while :; do sleep 0.05; done")],
            "volumeMounts": [{"name": "notes", "mountPath": "/notes"}],
        })
    };
    let mut sidecar = container("sidecar");
    sidecar["restartPolicy"] = "Always".into();
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "orderly"},
        "spec": {
            "volumes": [{"name": "notes", "emptyDir": {}}],
            "initContainers": [sidecar],
            "containers": [container("main")],
        },
    })
}
