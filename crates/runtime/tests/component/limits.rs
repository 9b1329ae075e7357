//! What containers may use, and what they used.

use crate::{
    containers::{changed, shell},
    fixture::{Fixture, trial},
};
use libtest_mimic::Trial;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a container that takes too much memory is killed and says so", out_of_memory),
        trial("a memory limit that is too low for any program says so", too_low),
        trial("limits are in the container's cgroup, below the pod's", limits),
        trial("no more processes than allowed", processes),
        trial("resource limits are set", rlimits),
        trial("what this machine does not permit is gone without", missing_capability),
        trial("usage is measured", stats),
    ]
}

async fn out_of_memory(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let limit = json!({"limit": 16 << 20, "swap": 16 << 20});
    let spec = |script: &str| changed(&fixture, script, "/linux/resources/memory", limit.clone());
    let (greedy, modest) = (spec("exec dd if=/dev/zero of=/dev/null bs=64M count=1"), spec("echo enough"));
    let (_, state) = fixture.run(&sandbox, "greedy", greedy).await;
    assert_eq!((state.exit_code, state.signal, state.oom_killed), (Some(137), Some(9), true));
    let (output, state) = fixture.run(&sandbox, "modest", modest).await;
    assert_eq!((output.as_str(), state.oom_killed), ("enough\n", false));
    sandbox.stop().await.unwrap();
}

async fn too_low(fixture: Fixture) {
    // Of the container and of its pod: which of them the kernel runs into first depends on its version.
    for (number, (limit, of_pod)) in
        [64, 128, 100_000].into_iter().flat_map(|limit| [(limit, false), (limit, true)]).enumerate()
    {
        let memory = json!({"limit": limit});
        let mut config = fixture.sandbox_config();
        if of_pod {
            config.resources = serde_json::from_value(json!({"memory": memory})).unwrap();
        }
        let sandbox = fixture.runtime.run_sandbox(config).await.unwrap();
        let id = format!("c{number}");
        let spec = changed(&fixture, "echo enough", "/linux/resources/memory", memory);
        let error = fixture.start(&sandbox, &id, spec).await.unwrap_err();
        let expected = format!("failed to start container {id}: container init was OOM-killed (memory limit too low?)");
        assert_eq!(error.to_string(), expected, "{limit} of the pod: {of_pod}");
        sandbox.stop().await.unwrap();
    }
}

/// A file of a cgroup, whose name depends on the version.
fn read(cgroup: &str, v1: (&str, &str), v2: &str) -> String {
    let cgroup = cgroup.trim_start_matches('/');
    let path: PathBuf = if Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
        Path::new("/sys/fs/cgroup").join(cgroup).join(v2)
    } else {
        Path::new("/sys/fs/cgroup").join(v1.0).join(cgroup).join(v1.1)
    };
    fs::read_to_string(path).unwrap().trim().to_owned()
}

async fn limits(fixture: Fixture) {
    let mut config = fixture.sandbox_config();
    config.resources = serde_json::from_value(json!({"memory": {"limit": 512 << 20}})).unwrap();
    let sandbox = fixture.runtime.run_sandbox(config).await.unwrap();
    fixture.start(&sandbox, "c", shell(&fixture, "sleep 1000")).await.unwrap();
    let memory = |cgroup: &str| read(cgroup, ("memory", "memory.limit_in_bytes"), "memory.max");
    assert_eq!(memory(&fixture.cgroup()), (512 << 20).to_string());
    let container = format!("{}/c", fixture.cgroup());
    assert_eq!(memory(&container), (256 << 20).to_string());
    assert_eq!(read(&container, ("pids", "pids.max"), "pids.max"), "512");
    let weight = read(&container, ("cpu", "cpu.shares"), "cpu.weight");
    assert!(["512", "59"].contains(&weight.as_str()), "{weight}");
    sandbox.stop().await.unwrap();
}

async fn processes(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done";
    let spec = changed(&fixture, script, "/linux/resources/pids", json!({"limit": 5}));
    let (output, _) = fixture.run(&sandbox, "c", spec).await;
    assert!(output.contains("can't fork: Resource temporarily unavailable"), "{output}");
    sandbox.stop().await.unwrap();
}

async fn rlimits(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let limits =
        json!([{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]);
    let spec = changed(&fixture, "ulimit -n; ulimit -H -n; ulimit -c", "/process/rlimits", limits);
    let (output, _) = fixture.run(&sandbox, "c", spec).await;
    assert_eq!(output, "100\n200\n0\n");
    sandbox.stop().await.unwrap();
}

async fn missing_capability(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let mut spec = crate::spec::kubernetes(&["sh", "-c", "echo runs"], &sandbox.shm());
    spec["process"]["oomScoreAdj"] = json!(-997);
    spec["process"]["rlimits"] = json!([{"type": "RLIMIT_NOFILE", "soft": 1 << 20, "hard": 1 << 20}]);
    let (output, _) = fixture.run(&sandbox, "c", crate::spec::parse(spec)).await;
    assert_eq!(output, "runs\n");
    sandbox.stop().await.unwrap();
}

async fn stats(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.start(&sandbox, "c", shell(&fixture, "sleep 1000 & echo ready; wait")).await.unwrap();
    fixture.wait_for_output("c", "ready").await;
    let stats = sandbox.stats("c").await.unwrap();
    assert_eq!(stats.processes, 2);
    assert!(stats.cpu_nanoseconds > 0 && stats.memory_usage_bytes >= stats.memory_working_set_bytes, "{stats:?}");
    assert!(sandbox.stats("other").await.is_err());
    sandbox.stop().await.unwrap();
}
