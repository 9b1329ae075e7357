//! What volumes promise: who may use them, how large they are, what their errors tell.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use std::path::PathBuf;
use tests::{
    Machine, Server, load_images,
    manifest::{entry, pod},
    mounts_below,
    status::{container, is_running, phase, waiting},
};

/// Runs a pod to its end, and returns the lines of its log.
fn run(server: &Server, name: &str, manifest: &str) -> Result<Vec<String>> {
    server.kubectl().apply_text(manifest)?;
    server.wait_for_pod(name, |pod| matches!(phase(pod), "Succeeded" | "Failed"))?;
    Ok(server.kubectl().run(&["logs", name])?.lines().map(str::to_owned).collect())
}

#[test]
fn whoever_may_use_a_volume_may_use_its_sub_paths() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    server.kubectl().apply_text(&entry("ConfigMap", "settings", "colour", "blue"))?;
    let script = "stat -c %a /made /by-name /missing /settings; touch /made/x /by-name/x && echo written";
    let manifest = pod("user", script)
        + r"      securityContext: {runAsUser: 1000}
      env: [{name: NAME, value: here}]
      volumeMounts:
        - {name: scratch, mountPath: /made, subPath: x/y}
        - {name: scratch, mountPath: /by-name, subPathExpr: $(NAME)/z}
        - {name: settings, mountPath: /missing, subPath: no-such-key}
        - {name: settings, mountPath: /settings}
  volumes:
    - {name: scratch, emptyDir: {}}
    - {name: settings, configMap: {name: settings}}
";
    assert_eq!(run(&server, "user", &manifest)?, ["777", "777", "777", "777", "written"]);
    Ok(())
}

#[test]
fn a_volume_in_memory_is_no_larger_than_its_pod() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let manifest = pod("small", "df -k /memory | tail -1 | awk '{print $2}'; stat -c %a /memory")
        + r"      resources: {limits: {memory: 64Mi}}
      volumeMounts: [{name: memory, mountPath: /memory}]
  volumes: [{name: memory, emptyDir: {medium: Memory}}]
";
    assert_eq!(run(&server, "small", &manifest)?, ["65536", "1777"]);
    Ok(())
}

#[test]
fn errors_of_sub_paths_show_nothing_of_the_node() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let manifest = pod("curious", "true")
        + r"      volumeMounts: [{name: settings, mountPath: /x, subPath: colour/below}]
  volumes: [{name: settings, configMap: {name: settings}}]
";
    server.kubectl().apply_text(&entry("ConfigMap", "settings", "colour", "blue"))?;
    server.kubectl().apply_text(&manifest)?;
    let stuck = server.wait_for_pod("curious", |pod| waiting(pod, "main") == Some("CreateContainerConfigError"))?;
    let message = container(&stuck, "main").and_then(|main| main.state.clone()?.waiting?.message);
    let message = message.context("no message")?;
    assert_eq!(message, r#"failed to prepare subPath for volumeMount "settings" of container "main""#);
    Ok(())
}

#[test]
fn nothing_stays_mounted_when_pods_end_with_the_server() -> Result<()> {
    let machine = Machine::new()?;
    let data_dir = machine.data_dir("data");
    load_images(&machine, &data_dir)?;
    let server = Server::start_in(&machine, data_dir, &["--stop-pods"])?;
    let manifest = pod("mounted", "trap 'exit 0' TERM; while true; do sleep 1 & wait $!; done")
        + r"      volumeMounts: [{name: scratch, mountPath: /x, subPath: below}]
  volumes: [{name: scratch, emptyDir: {}}, {name: memory, emptyDir: {medium: Memory}}]
";
    server.kubectl().apply_text(&manifest)?;
    server.wait_for_pod("mounted", |pod: &Pod| is_running(pod, "main"))?;
    let data_dir = server.terminate()?;
    assert_eq!(mounts_below(&data_dir.join("pods")), Vec::<PathBuf>::new());
    Ok(())
}
