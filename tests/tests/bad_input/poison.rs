//! Pods whose few lines ask for a great deal: they cost themselves, and nothing else.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use std::fmt::Write;
use tests::{
    Machine, Server,
    manifest::pod,
    status::{container, phase, waiting},
};

/// Sixty-four variables, each of which stands for the one before it twice.
fn doubling() -> String {
    let mut variables = "      env:\n        - {name: V0, value: xxxxxxxx}\n".to_owned();
    for index in 1..64 {
        let before = index - 1;
        // Writing to a String cannot fail.
        let _ = writeln!(variables, "        - {{name: V{index}, value: $(V{before})$(V{before})}}");
    }
    variables
}

#[test]
fn variables_that_double_each_other_cost_their_pod_alone() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    server.kubectl().apply_text(&(pod("poison", "true") + &doubling()))?;
    let is_stuck = |pod: &Pod| waiting(pod, "main") == Some("CreateContainerError");
    let stuck = server.wait_for_pod("poison", is_stuck)?;
    let message = container(&stuck, "main").and_then(|main| main.state.clone()?.waiting?.message);
    let message = message.context("no message")?;
    assert!(message.starts_with("argument list too long"), "{message}");

    let data_dir = server.kill()?;
    let server = Server::start_in(&machine, data_dir, &[])?;
    server.wait_for_pod("poison", is_stuck)?;
    server.kubectl().apply_text(&pod("well", "true"))?;
    server.wait_for_pod("well", |pod| phase(pod) == "Succeeded")?;
    server.kubectl().run(&["delete", "pod", "poison"])?;
    let gone = server.kubectl().fail(&["get", "pod", "poison"], "")?;
    assert!(gone.contains("NotFound"), "{gone}");
    Ok(())
}
