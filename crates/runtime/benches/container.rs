//! From request to exec: a sandbox, a container as Kubernetes asks for it in a sandbox that is there, and one more
//! process in that.
//!
//! `cargo bench -p runtime --bench container [runs]`, as root. The runs are 50 ms apart: in a tight loop the kernel's RCU
//! grace periods overlap and hide what a single start waits for.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark fails by panicking")]

#[path = "../tests/component/fixture.rs"]
#[allow(dead_code, reason = "made for tests, which use all of it")]
mod fixture;
#[path = "../tests/component/spec.rs"]
mod spec;

use fixture::Fixture;
use runtime::{ExecConfig, SandboxConfig, StandardStreams};
use std::{
    fs,
    process::ExitCode,
    time::{Duration, Instant},
};

const PAUSE: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    if let Some(code) = runtime::role::enter(std::env::args_os()) {
        return code;
    }
    let runs = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100);
    let temporary = tempfile::tempdir().unwrap();
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let parent = fixture::unique_parent();
    tokio.block_on(async { measure(Fixture::new(temporary.path().to_owned(), parent.clone()), runs).await });
    let left = fixture::clean_up(temporary.path(), &parent);
    assert!(left.is_empty(), "left behind: {left:?}");
    ExitCode::SUCCESS
}

async fn measure(mut fixture: Fixture, runs: usize) {
    let (mut sandboxes, mut stops) = (Vec::new(), Vec::new());
    for number in 0..runs {
        let config = SandboxConfig {
            id: format!("pod{number}"),
            title: "minke-pod default/bench".to_owned(),
            directory: fixture.root.join(format!("pod{number}")),
            cgroup: format!("{}/pod{number}", fixture.parent),
            ..fixture.sandbox_config()
        };
        tokio::time::sleep(PAUSE).await;
        let begin = Instant::now();
        let sandbox = fixture.runtime.run_sandbox(config).await.unwrap();
        sandboxes.push(begin.elapsed());
        let spec = spec::parse(spec::kubernetes(&["sleep", "1000"], &sandbox.shm()));
        fixture.start(&sandbox, &format!("sleeper{number}"), spec).await.unwrap();
        tokio::time::sleep(PAUSE).await;
        let begin = Instant::now();
        sandbox.stop().await.unwrap();
        stops.push(begin.elapsed());
    }
    let sandbox = fixture.sandbox().await;
    let (mut starts, mut removals) = (Vec::new(), Vec::new());
    for number in 0..runs {
        let id = format!("c{number}");
        let spec = spec::parse(spec::kubernetes(&["true"], &sandbox.shm()));
        tokio::time::sleep(PAUSE).await;
        let begin = Instant::now();
        fixture.start(&sandbox, &id, spec).await.unwrap();
        starts.push(begin.elapsed());
        fixture.exit(&id).await;
        let begin = Instant::now();
        sandbox.remove_container(&id).await.unwrap();
        removals.push(begin.elapsed());
    }
    let spec = spec::parse(spec::kubernetes(&["sleep", "1000"], &sandbox.shm()));
    fixture.start(&sandbox, "sleeper", spec).await.unwrap();
    let (mut execs, mut ends) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let streams = StandardStreams { stdin: false, stdout: true, stderr: true };
        let exec = ExecConfig { arguments: vec!["true".to_owned()], terminal: false, streams };
        tokio::time::sleep(PAUSE).await;
        let begin = Instant::now();
        let (mut process, _streams) = sandbox.exec("sleeper", exec).await.unwrap();
        execs.push(begin.elapsed());
        process.wait().await.unwrap();
        ends.push(begin.elapsed());
    }
    report("sandbox: request to namespaces ready", sandboxes);
    report("container: request to exec", starts);
    report("container: removal", removals);
    report("exec of true: request to exec", execs);
    report("exec of true: request to exit", ends);
    report("sandbox: stop with a running container", stops);
    let memory = fs::read_to_string(format!("/proc/{}/smaps_rollup", sandbox.pid())).unwrap();
    let private: u64 = memory
        .lines()
        .filter(|line| line.starts_with("Private_"))
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
        .sum();
    println!("{:40} {private} KiB private", "supervisor after all that");
    sandbox.stop().await.unwrap();
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!("{what:40} min {:6.2} ms   p50 {:6.2} ms   p90 {:6.2} ms   p99 {:6.2} ms", at(0), at(50), at(90), at(99));
}
