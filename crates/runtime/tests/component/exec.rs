//! Processes that run in a container beside its own: what they are, how they end, and what they get hold of.

use crate::{
    containers::{changed, shell},
    fixture::{Fixture, trial},
    spec::{kubernetes, parse},
};
use libtest_mimic::Trial;
use runtime::{Error, ExecConfig, PidNamespace, Sandbox, SandboxConfig, StandardStreams, Streams};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::symlink};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("exec: streams are apart, input ends, the exit code is told", streams),
        trial("exec: the process is as confined as the container's own", confined),
        trial("exec: no descriptor is leaked and nothing of the machine is seen on the way", nothing_leaks),
        trial("exec: a terminal of its own, with its size", terminal),
        trial("exec: what cannot be executed is told in runc's words", refused),
        trial("exec: a working directory that leads to a descriptor is refused", working_directory),
        trial("exec: it is killed with its group, and dies with the container", killed),
        trial("exec: it joins processes that are shared", shared),
        trial("exec: a thousand one after the other leave nothing", a_thousand),
        trial("exec: streams that are not wanted are empty", unwanted),
    ]
}

const ALL: StandardStreams = StandardStreams { stdin: true, stdout: true, stderr: true };

pub fn config(arguments: &[&str]) -> ExecConfig {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    ExecConfig { arguments, terminal: false, streams: ALL }
}

/// Runs a script in a container to its end: output, error output, exit code.
pub async fn run(sandbox: &Sandbox, container: &str, script: &str, input: &str) -> (String, String, i32) {
    let (mut process, streams) = sandbox.exec(container, config(&["sh", "-c", script])).await.unwrap();
    let Streams { stdin, stdout, stderr, .. } = streams;
    let mut stdin = stdin.unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    let (mut output, mut error) = (String::new(), String::new());
    stdout.unwrap().read_to_string(&mut output).await.unwrap();
    stderr.unwrap().read_to_string(&mut error).await.unwrap();
    (output, error, process.wait().await.unwrap())
}

async fn streams(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.start(&sandbox, "c", shell(&fixture, "exec sleep 1000")).await.unwrap();
    for (script, input, expected) in [
        ("true", "", ("", "", 0)),
        ("cat; echo problem >&2; exit 3", "hello", ("hello", "problem\n", 3)),
        ("kill -9 $$", "", ("", "", 137)),
        ("pwd; echo $HOME", "", ("/\n/root\n", "", 0)),
        ("echo out > /dev/stdout; echo err > /dev/stderr", "", ("out\n", "err\n", 0)),
    ] {
        let (output, error, code) = run(&sandbox, "c", script, input).await;
        assert_eq!((output.as_str(), error.as_str(), code), expected, "{script}");
    }
    assert_eq!(fixture.output("c"), "", "its output is not the container's");
    sandbox.stop().await.unwrap();
}

/// What a process says of who and where it is.
const WHO: &str = "grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):' /proc/self/status; umask; \
                   for kind in cgroup ipc mnt net pid uts; do readlink /proc/self/ns/$kind; done; \
                   cat /proc/self/cgroup /proc/self/limits /proc/self/oom_score_adj; env | grep -v SHLVL; pwd; echo end";

async fn confined(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let capabilities = json!(["CAP_NET_BIND_SERVICE", "CAP_KILL"]);
    for (id, change) in [
        ("usual", json!({})),
        ("privileges", json!({"noNewPrivileges": false})),
        ("user", json!({"user": {"uid": 1000, "gid": 2000, "additionalGids": [3000], "umask": 0o77}})),
        ("few", json!({"capabilities": {"bounding": capabilities, "permitted": capabilities}})),
        ("limits", json!({"rlimits": [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}], "cwd": "/tmp"})),
    ] {
        let mut spec = kubernetes(&["sh", "-c", &format!("{WHO}; exec sleep 1000")], &sandbox.shm());
        for (field, value) in change.as_object().unwrap() {
            spec["process"][field] = value.clone();
        }
        fixture.start(&sandbox, id, parse(spec)).await.unwrap();
        fixture.wait_for_output(id, "end\n").await;
        let (output, error, _) = run(&sandbox, id, WHO, "").await;
        assert_eq!((output, error), (fixture.output(id), String::new()), "{id}");
    }
    sandbox.stop().await.unwrap();
}

async fn nothing_leaks(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let marker = fixture.root.join("marker");
    fs::write(&marker, "").unwrap();
    let script = format!(
        "own=$(grep CapEff /proc/self/status); echo ready
        while [ ! -e /dev/shm/stop ]; do for p in /proc/[0-9]*; do
            [ -e $p/root{marker} ] && echo ESCAPED root $p
            echo x 2>/dev/null > $p/exe && echo ESCAPED exe $p
            for fd in $p/fd/*; do [ -e $fd{marker} ] && echo ESCAPED fd $fd; [ -e $fd/busybox/bin ] && echo ESCAPED $fd; done
            case \"$(grep CapEff $p/status 2>/dev/null)\" in \"\"|\"$own\") ;; *) echo ESCAPED caps $p;; esac
        done; done; echo end; exec sleep 1000",
        marker = marker.display()
    );
    fixture.start(&sandbox, "c", attacker(&sandbox, &script)).await.unwrap();
    fixture.wait_for_output("c", "ready").await;
    for _ in 0..20 {
        let (output, _, _) = run(&sandbox, "c", "ls /proc/self/fd | tr '\\n' ' '; pwd", "").await;
        // The fourth is the directory that ls itself reads.
        assert_eq!(output, "0 1 2 3 /\n");
    }
    fs::write(sandbox.shm().join("stop"), "").unwrap();
    fixture.wait_for_output("c", "end").await;
    assert_eq!(fixture.output("c"), "ready\nend\n");
    sandbox.stop().await.unwrap();
}

/// With the capabilities of an attacker, and without a seccomp profile that would stop it.
fn attacker(sandbox: &Sandbox, script: &str) -> oci_spec::runtime::Spec {
    let mut spec = kubernetes(&["sh", "-c", script], &sandbox.shm());
    let usual = spec["process"]["capabilities"]["bounding"].as_array().unwrap().clone();
    let set: Vec<Value> = usual.into_iter().chain([json!("CAP_SYS_PTRACE")]).collect();
    spec["process"]["capabilities"] = json!({"bounding": set, "effective": set, "permitted": set});
    spec["linux"]["seccomp"] = Value::Null;
    parse(spec)
}

async fn terminal(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.start(&sandbox, "c", shell(&fixture, "exec sleep 1000")).await.unwrap();
    let script = "echo $TERM; tty; read line; busybox stty size; echo \"<$line>\"; exit 5";
    let exec = ExecConfig { terminal: true, ..config(&["sh", "-c", script]) };
    let (mut process, streams) = sandbox.exec("c", exec).await.unwrap();
    let Streams { stdin, stdout, stderr, terminal } = streams;
    assert!(stderr.is_none());
    terminal.unwrap().resize(123, 45).unwrap();
    let mut stdin = stdin.unwrap();
    stdin.write_all(b"word\r").await.unwrap();
    let mut output = String::new();
    stdout.unwrap().read_to_string(&mut output).await.unwrap();
    // The terminal echoes the word when it comes, which may be between any of these.
    for part in ["xterm\r\n", "word\r\n", "/dev/pts/0\r\n"] {
        assert!(output.contains(part), "{output:?}");
    }
    assert!(output.ends_with("45 123\r\n<word>\r\n"), "{output:?}");
    assert_eq!(process.wait().await.unwrap(), 5);
    sandbox.stop().await.unwrap();
}

async fn refused(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.start(&sandbox, "c", shell(&fixture, "exec sleep 1000")).await.unwrap();
    for (program, why) in [
        ("nosuch", r#"exec: "nosuch": executable file not found in $PATH"#),
        ("/nosuch", r#"exec: "/nosuch": stat /nosuch: no such file or directory"#),
        ("/etc", r#"exec: "/etc": is a directory"#),
        ("/etc/passwd", r#"exec: "/etc/passwd": permission denied"#),
    ] {
        let error = sandbox.exec("c", config(&[program])).await.map(drop).unwrap_err();
        let expected = format!("failed to exec in container c: unable to start container process: {why}");
        assert_eq!(error.to_string(), expected);
    }
    for length in [200_000, 1_000_000] {
        let error = sandbox.exec("c", config(&["echo", &"x".repeat(length)])).await.map(drop).unwrap_err();
        assert!(error.to_string().contains("argument list too long"), "{error}");
    }
    assert_eq!(run(&sandbox, "c", "echo on", "").await.0, "on\n");
    let error = sandbox.exec("other", config(&["true"])).await.map(drop).unwrap_err();
    assert_eq!(error.to_string(), "container other: it does not run");
    sandbox.kill("c", libc::SIGKILL).await.unwrap();
    fixture.exit("c").await;
    let error = sandbox.exec("c", config(&["true"])).await.map(drop).unwrap_err();
    assert_eq!(error.to_string(), "container c: it does not run");
    sandbox.stop().await.unwrap();
}

async fn working_directory(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "echo ready; while [ ! -e /dev/shm/go ]; do sleep 0.01; done; cd /; mv /work /old; \
                  ln -s /proc/self/fd/7/../../.. /work; echo linked; exec sleep 1000";
    let spec = changed(&fixture, script, "/process/cwd", json!("/work"));
    fixture.start(&sandbox, "c", spec).await.unwrap();
    assert_eq!(run(&sandbox, "c", "pwd", "").await.0, "/work\n");
    fs::write(sandbox.shm().join("go"), "").unwrap();
    fixture.wait_for_output("c", "linked").await;
    for target in ["/proc/self/fd/7/../../..", "/proc/self/cwd", "/proc/self/root"] {
        let link = format!("{}/work", rootfs(&fixture));
        fs::remove_file(&link).unwrap();
        symlink(target, &link).unwrap();
        let error = sandbox.exec("c", config(&["pwd"])).await.map(drop).unwrap_err();
        assert!(matches!(error, Error::Exec { .. }), "{target}: {error}");
    }
    sandbox.stop().await.unwrap();
}

/// The container's writable layer, where its root may put what it likes.
fn rootfs(fixture: &Fixture) -> String {
    fixture.directory().join("containers/c/upper").display().to_string()
}

async fn killed(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.start(&sandbox, "c", shell(&fixture, "exec sleep 1000")).await.unwrap();
    let (mut process, streams) = sandbox.exec("c", config(&["sh", "-c", "sleep 4242 & wait"])).await.unwrap();
    process.kill().await;
    assert_eq!(process.wait().await.unwrap(), 137);
    // It has the streams, too.
    let mut rest = String::new();
    streams.stdout.unwrap().read_to_string(&mut rest).await.unwrap();
    process.kill().await;

    let (mut process, _streams) = sandbox.exec("c", config(&["sleep", "1000"])).await.unwrap();
    sandbox.kill("c", libc::SIGKILL).await.unwrap();
    assert_eq!(process.wait().await.unwrap(), 137);
    fixture.exit("c").await;
    sandbox.stop().await.unwrap();
}

async fn shared(mut fixture: Fixture) {
    let config = SandboxConfig { pid: PidNamespace::Pod, ..fixture.sandbox_config() };
    let sandbox = fixture.runtime.run_sandbox(config).await.unwrap();
    for id in ["first", "second"] {
        let mut spec = kubernetes(&["sh", "-c", &format!("exec sleep 77{}", id.len())], &sandbox.shm());
        let namespace = sandbox.pid_namespace().unwrap();
        spec["linux"]["namespaces"] =
            json!([{"type": "pid", "path": namespace}, {"type": "mount"}, {"type": "cgroup"}]);
        fixture.start(&sandbox, id, parse(spec)).await.unwrap();
    }
    let (output, ..) = run(&sandbox, "first", "ps -o args", "").await;
    for seen in ["minke-init", "sleep 775", "sleep 776"] {
        assert!(output.contains(seen), "{output}");
    }
    let (mut process, _streams) = sandbox.exec("first", self::config(&["sleep", "1000"])).await.unwrap();
    sandbox.kill("first", libc::SIGKILL).await.unwrap();
    fixture.exit("first").await;
    assert_eq!(process.wait().await.unwrap(), 137, "it ends with its container");
    sandbox.stop().await.unwrap();
}

/// Descriptors of the supervisor and of this process, and the supervisor's children.
fn counted(sandbox: &Sandbox) -> [usize; 3] {
    let descriptors = |process: &str| fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
    let supervisor = sandbox.pid().to_string();
    let children = fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).unwrap();
    [descriptors(&supervisor), descriptors("self"), children.split_whitespace().count()]
}

async fn a_thousand(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.start(&sandbox, "c", shell(&fixture, "exec sleep 1000")).await.unwrap();
    run(&sandbox, "c", "true", "").await;
    let before = counted(&sandbox);
    for number in 0..1000 {
        let exec = ExecConfig { terminal: number % 10 == 0, ..config(&["sh", "-c", "exit 7"]) };
        let (mut process, _streams) = sandbox.exec("c", exec).await.unwrap();
        assert_eq!(process.wait().await.unwrap(), 7);
    }
    let after = counted(&sandbox);
    // Other tests of this process open and close files meanwhile.
    assert_eq!((after[0], after[2]), (before[0], before[2]));
    assert!(after[1] < before[1] + 100, "{before:?} {after:?}");
    sandbox.stop().await.unwrap();
}

async fn unwanted(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    fixture.start(&sandbox, "c", shell(&fixture, "exec sleep 1000")).await.unwrap();
    for number in 0..8 {
        let wanted = StandardStreams { stdin: number & 1 != 0, stdout: number & 2 != 0, stderr: number & 4 != 0 };
        let exec = ExecConfig { streams: wanted, ..config(&["sh", "-c", "wc -c; echo out; echo err >&2"]) };
        let (mut process, streams) = sandbox.exec("c", exec).await.unwrap();
        let Streams { stdin, stdout, stderr, .. } = streams;
        let there = StandardStreams { stdin: stdin.is_some(), stdout: stdout.is_some(), stderr: stderr.is_some() };
        assert_eq!(there, wanted);
        drop(stdin);
        for (output, expected) in [(stdout, "0\nout\n"), (stderr, "err\n")] {
            let Some(mut output) = output else { continue };
            let mut text = String::new();
            output.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, expected);
        }
        assert_eq!(process.wait().await.unwrap(), 0);
    }
    sandbox.stop().await.unwrap();
}
