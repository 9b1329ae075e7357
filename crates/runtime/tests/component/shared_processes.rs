//! Containers that share their processes: what each sees of the machine, which is nothing (S1 of the list of faults:
//! process 1 had the machine's root).

use crate::{
    fixture::{Fixture, trial},
    spec::{kubernetes, parse},
};
use libtest_mimic::Trial;
use oci_spec::runtime::Spec;
use runtime::{ContainerConfig, PidNamespace, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use std::fs;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("containers see each other's processes if the pod wants it", seen),
        trial("with shared processes the end of a container ends all of its processes", end),
        trial("process 1 of a pod shows nothing of the machine to whoever may trace it", init),
        trial("process 1 of a pod has nothing to give to whoever enters its namespaces", entered),
        trial("process 1 of a pod lives in the pod's cgroup and dies with the supervisor", life),
        trial("a container that is being built is never seen with what it will not have", being_built),
        trial("a container that joins another's processes has the same procfs", target),
        trial("a terminal works with shared processes", terminal),
        trial("a seccomp profile without clone is refused with shared processes", without_clone),
        trial("a program that does not exist is a start error with shared processes, too", not_found),
    ]
}

async fn pod(fixture: &Fixture) -> Sandbox {
    let config = SandboxConfig { pid: PidNamespace::Pod, ..fixture.sandbox_config() };
    fixture.runtime.run_sandbox(config).await.unwrap()
}

/// With the capabilities of an attacker, and without a seccomp profile that would stop it.
fn attacker(sandbox: &Sandbox, script: &str, capabilities: &[&str]) -> Spec {
    let mut spec = shared(sandbox, script);
    let usual = spec["process"]["capabilities"]["bounding"].as_array().unwrap().clone();
    let set: Vec<Value> = usual.into_iter().chain(capabilities.iter().map(|name| json!(name))).collect();
    spec["process"]["capabilities"] = json!({"bounding": set, "effective": set, "permitted": set});
    spec["linux"]["seccomp"] = Value::Null;
    parse(spec)
}

fn shared(sandbox: &Sandbox, script: &str) -> Value {
    let mut spec = kubernetes(&["sh", "-c", script], &sandbox.shm());
    let namespace = sandbox.pid_namespace().unwrap();
    spec["linux"]["namespaces"] = json!([{"type": "pid", "path": namespace}, {"type": "mount"}, {"type": "cgroup"}]);
    spec
}

async fn seen(mut fixture: Fixture) {
    let sandbox = pod(&fixture).await;
    fixture.start(&sandbox, "sleeper", parse(shared(&sandbox, "exec sleep 1234"))).await.unwrap();
    let (output, _) = fixture.run(&sandbox, "viewer", parse(shared(&sandbox, "ps -o pid,comm,args"))).await;
    assert!(output.contains("sleep 1234"), "{output}");
    assert!(output.lines().any(|line| line.trim().starts_with("1 minke-init")), "{output}");
    sandbox.stop().await.unwrap();
}

async fn end(mut fixture: Fixture) {
    let sandbox = pod(&fixture).await;
    let script = "setsid sleep 4321 & sleep 0.1; echo done";
    let (output, state) = fixture.run(&sandbox, "first", parse(shared(&sandbox, script))).await;
    assert_eq!((output.as_str(), state.exit_code), ("done\n", Some(0)));
    sandbox.kill_all("first").await.unwrap();
    let (output, _) = fixture.run(&sandbox, "second", parse(shared(&sandbox, "ps -o args"))).await;
    assert!(output.contains("ps -o args") && !output.contains("sleep 4321"), "{output}");
    sandbox.stop().await.unwrap();
}

async fn init(mut fixture: Fixture) {
    let sandbox = pod(&fixture).await;
    let script =
        "grep -E '^(Uid|Gid|Groups|NoNewPrivs|Seccomp|Cap...):' /proc/1/status | tr -d '\\t ' | tr '\\n' ' '; echo
        echo root $(ls -a /proc/1/root/ | tr '\\n' ' ')
        echo x > /proc/1/root/new; echo up $(ls -a /proc/1/root/../../ /proc/1/root/proc | tr '\\n' ' ')
        echo cwd $(ls -a /proc/1/cwd/ | tr '\\n' ' ')
        echo fd $(ls /proc/1/fd | tr '\\n' ' ')
        echo environ $(cat /proc/1/environ | wc -c); echo cmdline $(cat /proc/1/cmdline)
        echo exe $(cat /proc/1/exe | wc -c)
        echo cgroup $(grep -c minke /proc/1/cgroup); grep minke /proc/1/mountinfo | wc -l
        sed 's/^\\([0-9a-f]*\\)-.* /\\1 /' /proc/1/maps";
    let (output, _) = fixture.run(&sandbox, "c", attacker(&sandbox, script, &["CAP_SYS_PTRACE"])).await;
    let no = "0000000000000000";
    let expected = format!(
        "Uid:65535655356553565535 Gid:65535655356553565535 Groups: CapInh:{no} CapPrm:{no} CapEff:{no} CapBnd:{no} \
         CapAmb:{no} NoNewPrivs:1 Seccomp:2"
    );
    assert!(output.contains(&expected), "{output}");
    for line in [
        "root . ..\n",
        "up /proc/1/root/../../: . ..\n",
        "cwd . ..\n",
        "fd\n",
        "environ 0\n",
        "cmdline minke-init\n",
        "cgroup 0\n",
    ] {
        assert!(output.contains(line), "{line} {output}");
    }
    assert!(output.contains("Read-only file system"), "{output}");
    let program = output.lines().find_map(|line| line.strip_prefix("exe ")).unwrap();
    assert!(program.parse::<u32>().unwrap() < 300, "a program of its own, not the machine's: {output}");
    assert!(!output.contains(".so") && !output.contains("[heap]"), "nothing of ours is in its memory: {output}");
    sandbox.stop().await.unwrap();
}

async fn entered(mut fixture: Fixture) {
    let sandbox = pod(&fixture).await;
    let script = "nsenter -t 1 -m /bin/sh -c 'echo escaped'; nsenter -t 1 -m -p -n -i -u /bin/busybox ls /
        for kind in net cgroup mnt; do for process in 1 self; do readlink /proc/$process/ns/$kind; done; done";
    let capabilities = ["CAP_SYS_PTRACE", "CAP_SYS_ADMIN"];
    let (output, _) = fixture.run(&sandbox, "c", attacker(&sandbox, script, &capabilities)).await;
    assert!(!output.contains("escaped"), "{output}");
    assert_eq!(output.matches("No such file or directory").count(), 2, "{output}");
    let links: Vec<&str> = output.lines().filter(|line| line.contains(":[")).collect();
    assert_eq!(links[0], links[1], "the network is the pod's");
    for kind in ["net", "cgroup", "mnt"] {
        let machine = fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
        assert!(!links.contains(&machine.to_str().unwrap()), "{kind}: {output}");
    }
    sandbox.stop().await.unwrap();
}

async fn life(fixture: Fixture) {
    let sandbox = pod(&fixture).await;
    let pid: i32 = sandbox.pid_namespace().unwrap().iter().nth(2).unwrap().to_str().unwrap().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let init = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).unwrap();
    let cgroups = fs::read_to_string(format!("/proc/{}/cgroup", pid.as_raw_nonzero())).unwrap();
    assert!(cgroups.contains(&format!("{}/init", fixture.cgroup())), "{cgroups}");
    let supervisor = rustix::process::Pid::from_raw(sandbox.pid().cast_signed()).unwrap();
    rustix::process::kill_process(supervisor, rustix::process::Signal::KILL).unwrap();
    let ended = tokio::task::spawn_blocking(move || {
        let patience = rustix::event::Timespec { tv_sec: 30, tv_nsec: 0 };
        rustix::event::poll(&mut [rustix::event::PollFd::new(&init, rustix::event::PollFlags::IN)], Some(&patience))
    });
    assert_eq!(ended.await.unwrap(), Ok(1));
    fixture.runtime.cleanup(&fixture.directory(), &fixture.cgroup()).await.unwrap();
}

/// Somebody looks at all processes without a pause while containers are started.
async fn being_built(fixture: Fixture) {
    let sandbox = pod(&fixture).await;
    let marker = fixture.root.join("marker");
    fs::write(&marker, "").unwrap();
    let script = format!(
        "own=$(grep CapEff /proc/self/status); echo ready
        while [ ! -e /dev/shm/stop ]; do for p in /proc/[0-9]*; do
            [ -e $p/root{marker} ] && echo ESCAPED root $p
            for fd in $p/fd/*; do [ -e $fd{marker} ] && echo ESCAPED fd $fd; [ -e $fd/busybox/bin ] && echo ESCAPED $fd; done
            case \"$(grep CapEff $p/status 2>/dev/null)\" in \"\"|\"$own\"|*0000000000000000|*00000000a80425fb) ;; *) echo ESCAPED caps $p;; esac
        done; done; echo end",
        marker = marker.display()
    );
    let watcher = attacker(&sandbox, &script, &["CAP_SYS_PTRACE"]);
    fixture.start(&sandbox, "watcher", watcher).await.unwrap();
    fixture.wait_for_output("watcher", "ready").await;
    for number in 0..20 {
        let mut spec = shared(&sandbox, "true");
        spec["process"]["noNewPrivileges"] = json!(number % 2 == 0);
        fixture.start(&sandbox, &format!("c{number}"), parse(spec)).await.unwrap();
    }
    fs::write(sandbox.shm().join("stop"), "").unwrap();
    fixture.wait_for_output("watcher", "end").await;
    assert_eq!(fixture.output("watcher"), "ready\nend\n");
    sandbox.stop().await.unwrap();
}

async fn target(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let own = crate::containers::shell(&fixture, "exec sleep 4711");
    let started = fixture.start(&sandbox, "target", own).await.unwrap();
    let mut spec = kubernetes(
        &["sh", "-c", "ps -o pid,args; echo x > /proc/sys/kernel/hostname; ls /proc/1/root/bin/sh"],
        &sandbox.shm(),
    );
    spec["linux"]["namespaces"] = json!([{"type": "pid"}, {"type": "mount"}]);
    let joining = |fixture: &Fixture, id: &str| ContainerConfig {
        target: Some("target".to_owned()),
        ..fixture.config(id, parse(spec.clone()))
    };
    sandbox.start_container(joining(&fixture, "debugger")).await.unwrap();
    let state = fixture.exit("debugger").await;
    let output = fixture.output("debugger");
    assert!(output.lines().any(|line| line.trim() == "1 sleep 4711"), "{output}");
    assert!(output.contains("/proc/sys/kernel/hostname: Read-only file system"), "{output}");
    assert_ne!(state.pid, started.pid);

    // By then the number may be another process', one of the machine's even.
    sandbox.kill("target", 9).await.unwrap();
    fixture.exit("target").await;
    let error = sandbox.start_container(joining(&fixture, "late")).await.unwrap_err().to_string();
    assert!(error.contains("join the PID namespace of the target container target"), "{error}");
    let path = format!("/proc/{}/ns/pid", std::process::id());
    let mut foreign = kubernetes(&["true"], &sandbox.shm());
    foreign["linux"]["namespaces"] = json!([{"type": "pid", "path": path}, {"type": "mount"}]);
    let error = fixture.start(&sandbox, "foreign", parse(foreign)).await.unwrap_err().to_string();
    assert!(error.contains("join the PID namespace of the sandbox by /proc/"), "{error}");
    sandbox.stop().await.unwrap();
}

async fn terminal(mut fixture: Fixture) {
    let sandbox = pod(&fixture).await;
    let mut spec = shared(&sandbox, "tty; [ -t 2 ] && echo terminal > /dev/tty");
    spec["process"]["terminal"] = json!(true);
    let (output, state) = fixture.run(&sandbox, "c", parse(spec)).await;
    assert_eq!((output.replace('\r', "").as_str(), state.exit_code), ("/dev/pts/0\nterminal\n", Some(0)));
    sandbox.stop().await.unwrap();
}

async fn not_found(fixture: Fixture) {
    let sandbox = pod(&fixture).await;
    let mut spec = shared(&sandbox, "");
    spec["process"]["args"] = json!(["/nosuch"]);
    let error = fixture.start(&sandbox, "c", parse(spec)).await.unwrap_err();
    assert!(error.to_string().contains("exec: \"/nosuch\": stat /nosuch: no such file or directory"), "{error}");
    assert!(sandbox.containers().await.unwrap().is_empty());
    assert!(!fixture.directory().join("containers/c").exists());
    sandbox.stop().await.unwrap();
}

async fn without_clone(fixture: Fixture) {
    let sandbox = pod(&fixture).await;
    for no_new_privileges in [true, false] {
        let mut spec = shared(&sandbox, "true");
        spec["process"]["noNewPrivileges"] = json!(no_new_privileges);
        spec["linux"]["seccomp"] = json!({"defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [{"names": ["clone", "clone3"], "action": "SCMP_ACT_ERRNO"}]});
        let error = fixture.start(&sandbox, "c", parse(spec)).await.unwrap_err().to_string();
        assert!(error.contains("a seccomp profile must allow clone there): operation not permitted"), "{error}");
    }
    sandbox.stop().await.unwrap();
}
