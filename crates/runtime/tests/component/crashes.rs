//! Any process may be killed at any time.

use crate::{
    containers::shell,
    fixture::{Fixture, trial},
};
use libtest_mimic::Trial;
use runtime::{Event, Sandbox, Status};
use rustix::{
    event::{PollFd, PollFlags, Timespec},
    process::{Pid, PidfdFlags, Signal},
};
use std::{
    fs,
    io::{BufRead, BufReader},
    os::fd::AsFd,
    path::Path,
    process::{Command, ExitCode, Stdio},
};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a killed server leaves its pods running, and another one takes them over", server),
        trial("a killed zygote harms no pod and is started again", zygote),
        trial("a killed supervisor takes its containers along", supervisor),
        trial("a supervisor is detached from the server", detached),
        trial("nobody lives where nobody lived", nobody),
        trial("stopping kills what resists", resistance),
        trial("cleaning up ends a supervisor that lives after all", forgotten),
        trial("a sandbox that cannot be made leaves no supervisor", half_made),
    ]
}

/// The role of a server that is going to be killed: makes a sandbox and waits.
pub fn be_a_server(arguments: std::env::ArgsOs) -> Option<ExitCode> {
    let arguments: Vec<String> = arguments.filter_map(|argument| argument.into_string().ok()).collect();
    let [_, role, root, parent] = arguments.as_slice() else { return None };
    if role != "server" {
        return None;
    }
    let tokio = tokio::runtime::Runtime::new().unwrap();
    tokio.block_on(async {
        let fixture = Fixture::new(root.into(), parent.clone());
        let sandbox = fixture.sandbox().await;
        let counter = "i=0; while true; do i=$((i+1)); echo $i; sleep 0.01; done";
        fixture.start(&sandbox, "counter", shell(&fixture, counter)).await.unwrap();
        fixture.start(&sandbox, "short", shell(&fixture, "sleep 0.3; exit 3")).await.unwrap();
        println!("ready");
        std::future::pending::<()>().await;
    });
    None
}

async fn server(mut fixture: Fixture) {
    let mut server = Command::new("/proc/self/exe")
        .args(["server", fixture.root.to_str().unwrap(), &fixture.parent])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    server.kill().unwrap();
    server.wait().unwrap();
    let before = fixture.output("counter").lines().count();

    let sandbox = fixture.runtime.attach(&fixture.directory()).await.unwrap().expect("a living sandbox");
    assert_eq!(sandbox.id(), "pod");
    let containers = sandbox.containers().await.unwrap();
    assert_eq!((containers.len(), containers[0].status), (2, Status::Running));
    // It ends with or without somebody who watches.
    let short = loop {
        let short = sandbox.containers().await.unwrap().into_iter().find(|container| container.id == "short").unwrap();
        if short.status == Status::Exited {
            break short;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(short.exit_code, Some(3));
    fixture.wait_for_output("counter", &format!("{}\n", before + 20)).await;
    let numbers: Vec<usize> = fixture.output("counter").lines().map(|line| line.parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "the log goes on without a gap");
    sandbox.kill("counter", libc::SIGKILL).await.unwrap();
    assert_eq!(fixture.exit("counter").await.exit_code, Some(137));
    sandbox.stop().await.unwrap();
}

async fn zygote(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let zygote = supervisors(&fixture).into_iter().find(|pid| comm(*pid) == "minke-zygote").unwrap();
    kill(zygote).await;
    let (output, _) = fixture.run(&sandbox, "c", shell(&fixture, "echo alive")).await;
    assert_eq!(output, "alive\n");
    let mut config = fixture.sandbox_config();
    (config.id, config.directory) = ("second".to_owned(), fixture.root.join("second"));
    config.cgroup = format!("{}/second", fixture.parent);
    let second = fixture.runtime.run_sandbox(config).await.unwrap();
    second.stop().await.unwrap();
    sandbox.stop().await.unwrap();
}

async fn supervisor(mut fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let started = fixture.start(&sandbox, "c", shell(&fixture, "sleep 1000")).await.unwrap();
    let container = open(started.pid);
    kill(sandbox.pid()).await;
    wait(&container).await;
    assert!(matches!(fixture.events.recv().await, Some(Event::SandboxGone { sandbox }) if sandbox == "pod"));
    assert!(sandbox.containers().await.is_err());
    assert!(fixture.runtime.attach(&fixture.directory()).await.unwrap().is_none());
    fixture.runtime.cleanup(&fixture.directory(), &fixture.cgroup()).await.unwrap();
    let left: Vec<String> = fs::read_dir(fixture.directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(left.iter().all(|name| ["containers", "logs"].contains(&name.as_str())), "{left:?}");
    fixture.sandbox().await.stop().await.unwrap();
}

async fn detached(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let pid = sandbox.pid();
    assert_eq!(comm(pid), "minke-pod");
    let title = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    assert_eq!(title.trim_end_matches('\0'), "minke-pod default/pod-name");
    let zygote = supervisors(&fixture).into_iter().find(|pid| comm(*pid) == "minke-zygote").unwrap();
    assert_eq!(fs::read_to_string(format!("/proc/{zygote}/cmdline")).unwrap().trim_end_matches('\0'), "minke zygote");
    let mut links: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .map(|entry| fs::read_link(entry.unwrap().path()).unwrap().to_str().unwrap().to_owned())
        .collect();
    links.sort();
    assert_eq!(links[..3], ["/dev/null", "/dev/null", "/dev/null"]);
    assert!(links[3..].iter().all(|link| link.starts_with("socket:")), "{links:?}");
    assert_eq!(links.len(), 5, "the listening socket and one connection: {links:?}");
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).unwrap(), Path::new("/"));
    let session = rustix::process::getsid(Pid::from_raw(pid.cast_signed())).unwrap();
    assert_eq!(session.as_raw_nonzero().get().unsigned_abs(), pid);
    assert!(supervisors(&fixture).contains(&pid));
    sandbox.stop().await.unwrap();
}

async fn nobody(fixture: Fixture) {
    assert!(fixture.runtime.attach(&fixture.directory()).await.unwrap().is_none());
    fs::create_dir_all(fixture.directory()).unwrap();
    assert!(fixture.runtime.attach(&fixture.directory()).await.unwrap().is_none());
    fixture.runtime.cleanup(&fixture.directory(), &fixture.cgroup()).await.unwrap();
    fixture.runtime.cleanup(Path::new("/no/such/pod"), &fixture.cgroup()).await.unwrap();
}

async fn resistance(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let script = "trap '' TERM INT HUP; (while true; do sleep 0.01 & done) & echo ready; while true; do sleep 1; done";
    fixture.start(&sandbox, "c", shell(&fixture, script)).await.unwrap();
    fixture.wait_for_output("c", "ready").await;
    let supervisor = open(sandbox.pid());
    sandbox.stop().await.unwrap();
    wait(&supervisor).await;
    is_gone(&sandbox).await;
}

async fn is_gone(sandbox: &Sandbox) {
    assert!(matches!(sandbox.containers().await, Err(runtime::Error::Gone { .. })));
}

/// The zygote and the supervisors of a fixture.
fn supervisors(fixture: &Fixture) -> Vec<u32> {
    crate::fixture::cgroup_mounts()
        .into_iter()
        .map(|mount| mount.join(fixture.parent.trim_start_matches('/')).join("supervisors/cgroup.procs"))
        .find_map(|file| fs::read_to_string(file).ok())
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect()
}

fn comm(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap().trim().to_owned()
}

fn open(pid: u32) -> rustix::fd::OwnedFd {
    rustix::process::pidfd_open(Pid::from_raw(pid.cast_signed()).unwrap(), PidfdFlags::empty()).unwrap()
}

async fn kill(pid: u32) {
    let pidfd = open(pid);
    rustix::process::pidfd_send_signal(&pidfd, Signal::KILL).unwrap();
    wait(&pidfd).await;
}

async fn wait(pidfd: &rustix::fd::OwnedFd) {
    let pidfd = pidfd.try_clone().unwrap();
    let waiting = move || {
        rustix::event::poll(&mut [PollFd::from_borrowed_fd(pidfd.as_fd(), PollFlags::IN)], None).unwrap();
    };
    tokio::task::spawn_blocking(waiting).await.unwrap();
}

async fn forgotten(fixture: Fixture) {
    let sandbox = fixture.sandbox().await;
    let supervisor = Pid::from_raw(i32::try_from(sandbox.pid()).unwrap()).unwrap();
    let supervisor = rustix::process::pidfd_open(supervisor, PidfdFlags::empty()).unwrap();
    fixture.start(&sandbox, "c", shell(&fixture, "sleep 1000")).await.unwrap();
    fixture.runtime.cleanup(&fixture.directory(), &fixture.cgroup()).await.unwrap();
    let ended = rustix::event::poll(&mut [PollFd::new(&supervisor, PollFlags::IN)], Some(&Timespec::default()));
    assert_eq!(ended.unwrap(), 1);
    assert!(fixture.runtime.attach(&fixture.directory()).await.unwrap().is_none());
}

/// That nothing is left the fixture sees.
async fn half_made(fixture: Fixture) {
    fs::create_dir(fixture.directory()).unwrap();
    fs::write(fixture.directory().join("shm"), "in the way").unwrap();
    assert!(fixture.runtime.run_sandbox(fixture.sandbox_config()).await.is_err());
}
