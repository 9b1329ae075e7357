//! Containers from their start to their end.

use crate::{
    fixture::{Fixture, trial},
    spec::{kubernetes, parse},
};
use libtest_mimic::Trial;
use oci_spec::runtime::Spec;
use runtime::{Error, RootFilesystem, Status};
use serde_json::json;
use std::path::Path;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a container says hello and ends", says_hello),
        trial("exit codes and signals are told apart", exit_codes),
        trial("a signal reaches the init process", signal),
        trial("a signal that comes before its handler is not lost", early_signal),
        trial("environment, working directory, user, groups and umask are as specified", identity),
        trial("a program that does not exist is a start error in runc's words", not_found),
        trial("a program that cannot be executed is a start error", not_executable),
        trial("what cannot be built is a create error", create_error),
        trial("containers of a pod start side by side", parallel),
        trial("a root of a hundred layers shows the uppermost file", many_layers),
        trial("standard input stays open if asked for", stdin),
        trial("a terminal is one", terminal),
        trial("a removed container is forgotten and leaves nothing", removal),
        trial("states tell the times", times),
    ]
}

pub fn shell(fixture: &Fixture, script: &str) -> Spec {
    parse(kubernetes(&["sh", "-c", script], &fixture.directory().join("shm")))
}

/// A specification changed by merging `change` into it.
pub fn changed(fixture: &Fixture, script: &str, pointer: &str, value: serde_json::Value) -> Spec {
    let mut spec = kubernetes(&["sh", "-c", script], &fixture.directory().join("shm"));
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    spec.pointer_mut(parent).unwrap()[key] = value;
    parse(spec)
}

async fn says_hello(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let spec = shell(&fixture, "echo hello; echo problem >&2");
    let (output, state) = fixture.run(&sandbox, "hello", spec).await;
    assert_eq!((output.as_str(), state.exit_code, state.status), ("hello\nproblem\n", Some(0), Status::Exited));
    let log = std::fs::read_to_string(fixture.log("hello")).unwrap();
    assert!(log.contains(" stdout F hello\n") && log.contains(" stderr F problem\n"), "{log}");
    sandbox.stop().await.unwrap();
}

async fn exit_codes(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    for (number, (script, exit_code, signal)) in
        [("exit 0", 0, None), ("exit 42", 42, None), ("kill -TERM $$; kill -KILL $$", 0, None)].into_iter().enumerate()
    {
        // Process 1 of a PID namespace is not harmed by its own signals.
        let (_, state) = fixture.run(&sandbox, &format!("c{number}"), shell(&fixture, script)).await;
        assert_eq!((state.exit_code, state.signal), (Some(exit_code), signal), "{script}");
    }
    fixture.start(&sandbox, "killed", shell(&fixture, "sleep 1000")).await.unwrap();
    sandbox.kill("killed", libc::SIGKILL).await.unwrap();
    let state = fixture.exit("killed").await;
    assert_eq!((state.exit_code, state.signal, state.oom_killed), (Some(137), Some(9), false));
    sandbox.stop().await.unwrap();
}

async fn signal(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "trap 'echo caught; exit 7' TERM; echo ready; while true; do sleep 0.01; done";
    fixture.start(&sandbox, "c", shell(&fixture, script)).await.unwrap();
    fixture.wait_for_output("c", "ready").await;
    sandbox.kill("c", libc::SIGTERM).await.unwrap();
    assert_eq!(fixture.exit("c").await.exit_code, Some(7));
    assert_eq!(fixture.output("c"), "ready\ncaught\n");
    let error = sandbox.kill("c", libc::SIGTERM).await.unwrap_err();
    assert_eq!(error.to_string(), "container c: it does not run");
    sandbox.stop().await.unwrap();
}

async fn early_signal(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "sleep 0.2; trap 'exit 7' TERM; while true; do sleep 0.01; done";
    fixture.start(&sandbox, "c", shell(&fixture, script)).await.unwrap();
    sandbox.kill("c", libc::SIGTERM).await.unwrap();
    assert_eq!(fixture.exit("c").await.exit_code, Some(7));
    sandbox.stop().await.unwrap();
}

async fn identity(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let mut spec = kubernetes(
        &[
            "sh",
            "-c",
            "echo $A $HOME; pwd; id -u; id -g; id -G; umask; cat /proc/self/oom_score_adj; echo x > /dev/stdout",
        ],
        &sandbox.shm(),
    );
    let process = &mut spec["process"];
    process["env"] = json!(["A=b c", "HOME=/home", "PATH=/bin"]);
    process["cwd"] = json!("/made/for/me");
    process["user"] = json!({"uid": 1000, "gid": 2000, "umask": 0o027, "additionalGids": [3000, 4000]});
    let (output, _) = fixture.run(&sandbox, "c", parse(spec)).await;
    assert_eq!(output, "b c /home\n/made/for/me\n1000\n2000\n2000 3000 4000\n0027\n1000\nx\n");
    sandbox.stop().await.unwrap();
}

async fn not_found(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let shm = sandbox.shm();
    for (program, message) in [
        ("nosuch", r#"exec: "nosuch": executable file not found in $PATH"#),
        ("/nosuch", r#"exec: "/nosuch": stat /nosuch: no such file or directory"#),
    ] {
        let error = fixture.start(&sandbox, "c", parse(kubernetes(&[program], &shm))).await.unwrap_err();
        assert!(matches!(&error, Error::Start { message: text, .. } if text == message), "{error:?}");
    }
    assert_eq!(sandbox.containers().await.unwrap(), []);
    sandbox.stop().await.unwrap();
}

async fn not_executable(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let shm = sandbox.shm();
    for (program, message) in
        [("/etc/passwd", r#"exec: "/etc/passwd": permission denied"#), ("/etc", r#"exec: "/etc": is a directory"#)]
    {
        let error = fixture.start(&sandbox, "c", parse(kubernetes(&[program], &shm))).await.unwrap_err();
        assert!(matches!(&error, Error::Start { message: text, .. } if text == message), "{error:?}");
    }
    sandbox.stop().await.unwrap();
}

async fn create_error(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let mounts = json!([{"destination": "/data", "type": "bind", "source": "/no/such/volume", "options": ["rbind"]}]);
    let error = fixture.start(&sandbox, "c", changed(&fixture, "true", "/mounts", mounts)).await.unwrap_err();
    let expected = r#"error mounting "/no/such/volume" to rootfs at "/data": no such file or directory"#;
    assert!(matches!(&error, Error::Create { message, .. } if message == expected), "{error:?}");
    // The name is free again.
    fixture.start(&sandbox, "c", shell(&fixture, "true")).await.unwrap();
    sandbox.stop().await.unwrap();
}

async fn parallel(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let ids: Vec<String> = (0..8).map(|number| format!("c{number}")).collect();
    let starts = ids.iter().map(|id| fixture.start(&sandbox, id, shell(&fixture, "sleep 1000")));
    for started in futures::future::join_all(starts).await {
        started.unwrap();
    }
    let containers = sandbox.containers().await.unwrap();
    assert!(containers.iter().all(|container| container.status == Status::Running));
    assert_eq!(containers.len(), ids.len());
    sandbox.kill_all("c3").await.unwrap();
    assert_eq!(fixture.exit("c3").await.exit_code, Some(137));
    sandbox.stop().await.unwrap();
}

async fn many_layers(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let mut config = fixture.config("c", shell(&fixture, "cat /which; ls /layers | wc -l"));
    let mut lower = vec![fixture.root.join("busybox")];
    for number in 0..100 {
        let layer = fixture.root.join(format!("sha256-with,odd:characters-and-{}-{number}", "a".repeat(64)));
        std::fs::create_dir_all(layer.join("layers")).unwrap();
        std::fs::write(layer.join("which"), format!("{number}\n")).unwrap();
        std::fs::write(layer.join(format!("layers/{number}")), "").unwrap();
        lower.push(layer);
    }
    config.root = RootFilesystem { lower };
    sandbox.start_container(config).await.unwrap();
    fixture.exit("c").await;
    assert_eq!(fixture.output("c"), "99\n100\n");
    sandbox.stop().await.unwrap();
}

async fn stdin(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let mut config = fixture.config("open", shell(&fixture, "echo ready; cat; echo end"));
    config.stdin = true;
    sandbox.start_container(config).await.unwrap();
    let (output, _) = fixture.run(&sandbox, "empty", shell(&fixture, "cat; echo end")).await;
    assert_eq!(output, "end\n");
    fixture.wait_for_output("open", "ready").await;
    assert_eq!(fixture.output("open"), "ready\n");
    sandbox.stop().await.unwrap();
}

async fn terminal(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "tty; echo to-console > /dev/console; stat -c %t:%T /dev/console";
    let spec = changed(&fixture, script, "/process/terminal", json!(true));
    let (output, state) = fixture.run(&sandbox, "c", spec).await;
    assert_eq!((output.as_str(), state.exit_code), ("/dev/pts/0\nto-console\n88:0\n", Some(0)));
    sandbox.stop().await.unwrap();
}

async fn removal(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.start(&sandbox, "c", shell(&fixture, "sleep 1000")).await.unwrap();
    let error = sandbox.remove_container("c").await.unwrap_err();
    assert_eq!(error.to_string(), "container c: it still runs");
    sandbox.kill("c", libc::SIGKILL).await.unwrap();
    let state = fixture.exit("c").await;
    let bundle = fixture.config("c", shell(&fixture, "")).bundle;
    assert!(bundle.join("config.json").is_file());
    sandbox.remove_container("c").await.unwrap();
    assert!(!bundle.exists());
    for mount in crate::fixture::cgroup_mounts() {
        assert!(!mount.join(state.cgroup.trim_start_matches('/')).exists(), "{}", mount.display());
    }
    assert_eq!(sandbox.containers().await.unwrap(), []);
    assert!(fixture.log("c").is_file(), "a log outlives its container");
    sandbox.stop().await.unwrap();
}

async fn times(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let before = jiff::Timestamp::now();
    let started = fixture.start(&sandbox, "c", shell(&fixture, "true")).await.unwrap();
    let state = fixture.exit("c").await;
    assert!(before < state.created_at);
    assert_eq!(state.started_at, Some(started.started_at));
    assert!(state.created_at < started.started_at && Some(started.started_at) < state.finished_at);
    assert_eq!(sandbox.containers().await.unwrap(), [state]);
    assert!(Path::new(&fixture.directory()).join("supervisor.sock").exists());
    sandbox.stop().await.unwrap();
}
