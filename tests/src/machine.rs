//! A machine as far as a test needs one: a network namespace without a way out, a data folder.

use crate::{Instance, minke};
use anyhow::{Context, Result, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::{
    fs::{self, File},
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;

/// Tells the machines of one process apart.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A network namespace with nothing but loopback, and a folder.
pub struct Machine {
    namespace: String,
    folder: TempDir,
}

impl Machine {
    /// A new machine. The calling thread enters its network: what the test connects to is there.
    pub fn new() -> Result<Self> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("minke-test-{}-{number}", std::process::id());
        ip(&["netns", "add", &namespace])?;
        let machine = Self { namespace, folder: tempfile::tempdir()? };
        ip(&["-n", &machine.namespace, "link", "set", "lo", "up"])?;
        let namespace = File::open(machine.namespace_path())?;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
        Ok(machine)
    }

    /// A folder of the machine: for an instance, or for what a test needs.
    pub fn data_dir(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in the machine's folder.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        fs::write(&path, text)?;
        Ok(path)
    }

    /// A command inside the network namespace, with signals as a shell in front of a user gives them, whoever ignores some
    /// around the tests. (`ip netns exec` would hide the cgroups behind a new /sys.)
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.namespace_path().display()));
        command.args(["--", "env", "--default-signal"]).arg(program.as_ref());
        command
    }

    /// The program with these arguments, to its end. A server that was meant to refuse and runs is ended in time.
    pub fn minke(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command("timeout").arg("90").arg(minke()?).args(arguments).stdin(Stdio::null()).output()?)
    }

    /// The names of its network devices.
    pub fn links(&self) -> Result<Vec<String>> {
        let output = Command::new("ip").args(["-n", &self.namespace, "-json", "link"]).output()?;
        let links: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout)?;
        Ok(links.iter().filter_map(|link| link["ifname"].as_str().map(str::to_owned)).collect())
    }

    fn namespace_path(&self) -> PathBuf {
        Path::new("/run/netns").join(&self.namespace)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let folders = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for data_dir in folders(self.folder.path()) {
            Instance::of(&data_dir).remove();
            folders(&data_dir.join("run")).for_each(|run| Instance::of(&run).remove());
        }
        // The name goes; the namespace itself goes with the last process in it.
        let _ = ip(&["netns", "delete", &self.namespace]);
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let output = Command::new("ip")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .context("cannot run `ip`: install iproute2, or run the tests with `cargo xtask test`")?;
    if !output.status.success() {
        bail!("ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
