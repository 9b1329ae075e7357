//! An instance of the runtime with one sandbox, and what is needed to see what containers do in it. All of it goes away
//! with the test, however that ends.

use libtest_mimic::Trial;
use oci_spec::runtime::Spec;
use runtime::{
    Config, ContainerConfig, ContainerState, Event, Ipc, LogConfig, Network, PidNamespace, Result, RootFilesystem,
    Runtime, Sandbox, SandboxConfig, Started,
};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::sync::mpsc::UnboundedReceiver;

/// Longer than anything takes on a machine that is very busy.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Fixture {
    pub runtime: Runtime,
    pub events: UnboundedReceiver<Event>,
    pub root: PathBuf,
    pub parent: String,
}

/// A test that gets a fixture of its own.
pub fn trial<F: Future<Output = ()>>(name: &str, test: impl Fn(Fixture) -> F + Send + 'static) -> Trial {
    Trial::test(name, move || {
        let temporary = tempfile::tempdir()?;
        let parent = unique_parent();
        let (root, cgroups) = (temporary.path().to_owned(), parent.clone());
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            tokio.block_on(async {
                let fixture = Fixture::new(root, cgroups);
                let test = tokio::time::timeout(PATIENCE, test(fixture)).await;
                test.expect("the test did not end");
            });
            // The runtime and with it the zygote have ended.
        }));
        let left = clean_up(temporary.path(), &parent);
        match outcome {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) if left.is_empty() => Ok(()),
            Ok(()) => Err(format!("left behind: {left:?}").into()),
        }
    })
}

pub fn unique_parent() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("/minke-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Fixture {
    pub fn new(root: PathBuf, parent: String) -> Self {
        make_busybox_layer(&root.join("busybox"));
        let (runtime, events) = Runtime::start(Config { cgroup_parent: parent.clone() }).unwrap();
        Self { runtime, events, root, parent }
    }

    pub fn directory(&self) -> PathBuf {
        self.root.join("pod")
    }

    pub fn cgroup(&self) -> String {
        format!("{}/pod", self.parent)
    }

    pub fn sandbox_config(&self) -> SandboxConfig {
        SandboxConfig {
            id: "pod".to_owned(),
            title: "minke-pod default/pod-name".to_owned(),
            directory: self.directory(),
            hostname: "pod-name".to_owned(),
            network: Network::Own,
            ipc: Ipc::Own,
            pid: PidNamespace::Container,
            sysctls: BTreeMap::new(),
            cgroup: self.cgroup(),
            resources: oci_spec::runtime::LinuxResources::default(),
        }
    }

    pub async fn sandbox(&self) -> Sandbox {
        self.runtime.run_sandbox(self.sandbox_config()).await.unwrap()
    }

    pub fn log(&self, container: &str) -> PathBuf {
        self.directory().join("logs").join(container).join("0.log")
    }

    pub fn config(&self, id: &str, spec: Spec) -> ContainerConfig {
        ContainerConfig {
            id: id.to_owned(),
            bundle: self.directory().join("containers").join(id),
            spec,
            target: None,
            root: RootFilesystem { lower: vec![self.root.join("busybox")] },
            volumes: Vec::new(),
            log: LogConfig::new(self.log(id)),
            stdin: false,
            stdin_once: false,
        }
    }

    pub async fn start(&self, sandbox: &Sandbox, id: &str, spec: Spec) -> Result<Started> {
        sandbox.start_container(self.config(id, spec)).await
    }

    /// Waits for the exit of a container.
    pub async fn exit(&mut self, id: &str) -> ContainerState {
        loop {
            match self.events.recv().await.unwrap() {
                Event::ContainerExited { container, .. } if container.id == id => return container,
                _ => {}
            }
        }
    }

    /// Runs a container to its end and returns what it wrote and how it ended.
    pub async fn run(&mut self, sandbox: &Sandbox, id: &str, spec: Spec) -> (String, ContainerState) {
        self.start(sandbox, id, spec).await.unwrap();
        let state = self.exit(id).await;
        (self.output(id), state)
    }

    /// What a container has written so far, without the log's dates and tags.
    pub fn output(&self, id: &str) -> String {
        content(&fs::read_to_string(self.log(id)).unwrap_or_default())
    }

    /// Waits until a container has written something that contains `text`.
    pub async fn wait_for_output(&self, id: &str, text: &str) {
        while !self.output(id).contains(text) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The lines of a log in the CRI's format, without what precedes their content.
pub fn content(log: &str) -> String {
    log.lines().filter_map(|line| line.splitn(4, ' ').nth(3)).flat_map(|line| [line, "\n"]).collect()
}

fn make_busybox_layer(layer: &Path) {
    if layer.exists() {
        return;
    }
    for directory in ["bin", "etc", "tmp", "root"] {
        fs::create_dir_all(layer.join(directory)).unwrap();
    }
    fs::copy("/bin/busybox", layer.join("bin/busybox")).expect("Debian's busybox-static");
    for applet in [
        "sh", "echo", "cat", "ls", "id", "env", "pwd", "sleep", "true", "false", "hostname", "mount", "touch", "seq",
        "ps", "grep", "readlink", "ip", "stat", "head", "dd", "umask", "kill", "ipcs", "tr", "mknod", "tty", "chroot",
        "yes", "wc", "unshare", "setsid", "nsenter", "chmod", "chown", "tail", "mkdir", "umount", "ln", "sed",
    ] {
        symlink("busybox", layer.join("bin").join(applet)).unwrap();
    }
    fs::write(layer.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").unwrap();
}

pub fn cgroup_mounts() -> Vec<PathBuf> {
    let entries = fs::read_dir("/sys/fs/cgroup").unwrap();
    let mut mounts: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    mounts.push("/sys/fs/cgroup".into());
    mounts
}

/// Kills and removes what is left of a test, and says what that was, apart from what an instance keeps: its parent cgroup
/// and that of its supervisors.
pub fn clean_up(root: &Path, parent: &str) -> Vec<String> {
    let mut left = Vec::new();
    for mount in cgroup_mounts() {
        let top = mount.join(parent.trim_start_matches('/'));
        for cgroup in descendants(&top) {
            let processes = fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
            let is_ours = cgroup == top || cgroup == top.join("supervisors");
            if !processes.is_empty() || !is_ours {
                left.push(format!("{} with processes {processes:?}", cgroup.display()));
            }
            for process in processes.lines().filter_map(|line| rustix::process::Pid::from_raw(line.parse().ok()?)) {
                let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
            }
            for _ in 0..1000 {
                match fs::remove_dir(&cgroup) {
                    Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy => {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    _ => break,
                }
            }
        }
    }
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    for mount in mounts.lines().filter_map(|line| line.split(' ').nth(1)) {
        if Path::new(mount).starts_with(root) {
            left.push(format!("mount {mount}"));
            let _ = rustix::mount::unmount(mount, rustix::mount::UnmountFlags::DETACH);
        }
    }
    left
}

/// A cgroup and those below it, the deepest first.
fn descendants(cgroup: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(cgroup).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(descendants(&entry.path()));
        }
    }
    if cgroup.exists() {
        found.push(cgroup.to_owned());
    }
    found
}
