//! `minke server` as a child process.

use crate::{Kubectl, Machine, PATIENCE, images, minke};
use anyhow::{Context, Result, bail};
use futures::TryStreamExt;
use k8s_openapi::{NamespaceResourceScope, api::core::v1::Pod};
use kube::{
    Api, Client, Config, Resource, ResourceExt,
    config::{KubeConfigOptions, Kubeconfig},
    runtime::watcher::{self, Event, watcher},
};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    pin::pin,
    process::{Child, ChildStdout, Command, Stdio},
};

/// A running server; its pods end with the machine at the latest.
pub struct Server<'a> {
    machine: &'a Machine,
    data_dir: PathBuf,
    child: Option<Child>,
    lines: BufReader<ChildStdout>,
    announcements: Vec<String>,
}

impl<'a> Server<'a> {
    /// Starts a server with the images of the tests and waits until its node is ready.
    pub fn start(machine: &'a Machine) -> Result<Self> {
        let data_dir = machine.data_dir("data");
        load_images(machine, &data_dir)?;
        Self::start_in(machine, data_dir, &[])
    }

    /// Starts a server on a data folder that may have been used before.
    pub fn start_in(machine: &'a Machine, data_dir: PathBuf, arguments: &[&str]) -> Result<Self> {
        let mut child = Self::command(machine, &data_dir)?.args(arguments).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut server = Self { machine, data_dir, child: Some(child), lines, announcements: Vec::new() };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// A server that has not been started.
    pub fn command(machine: &Machine, data_dir: &Path) -> Result<Command> {
        let mut command = machine.command(minke()?);
        command.args(["server", "--node-name", "node-1", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data_dir);
        command.stdin(Stdio::null());
        Ok(command)
    }

    /// Reads what the server prints until the API and the node are ready.
    fn wait_until_ready(&mut self) -> Result<()> {
        while self.announcements.len() < 2 {
            let mut line = String::new();
            if self.lines.read_line(&mut line)? == 0 {
                bail!("the server ended before it was ready");
            }
            if line.contains("ready after") {
                self.announcements.push(line);
            }
        }
        Ok(())
    }

    /// The lines in which the server said that it is ready, and when.
    pub fn announcements(&self) -> &[String] {
        &self.announcements
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map(Child::id).unwrap_or_default()
    }

    /// The machine that it runs on.
    pub fn machine(&self) -> &'a Machine {
        self.machine
    }

    /// Its data folder.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// kubectl for this server.
    pub fn kubectl(&self) -> Kubectl {
        let enter = self.machine.command("env");
        let mut words = vec![enter.get_program().to_string_lossy().into_owned()];
        words.extend(enter.get_args().map(|word| word.to_string_lossy().into_owned()));
        Kubectl { enter: words, kubeconfig: self.data_dir.join("admin.kubeconfig"), environment: Vec::new() }
    }

    /// A client for this server; usable in [`block_on`] only, on the thread that made the machine.
    pub async fn client(&self) -> Result<Client> {
        let kubeconfig = Kubeconfig::read_from(self.data_dir.join("admin.kubeconfig"))?;
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        Ok(Client::try_from(config)?)
    }

    /// Waits until a pod of the default namespace is as the test wants it, and returns it.
    pub fn wait_for_pod(&self, name: &str, wanted: impl Fn(&Pod) -> bool) -> Result<Pod> {
        let found = self.wait_for(&format!("metadata.name={name}"), |pods: &[Pod]| pods.iter().any(&wanted))?;
        found.into_iter().next().context("no pod")
    }

    /// Waits until the objects of a kind in the default namespace that a field selector chooses are as the test wants
    /// them, and returns them.
    pub fn wait_for<K>(&self, fields: &str, wanted: impl Fn(&[K]) -> bool) -> Result<Vec<K>>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
        K: Clone + DeserializeOwned + Serialize + fmt::Debug + Send + 'static,
    {
        block_on(async {
            let objects: Api<K> = Api::default_namespaced(self.client().await?);
            let mut changes = pin!(watcher(objects, watcher::Config::default().fields(fields)));
            let mut known: BTreeMap<String, K> = BTreeMap::new();
            let found = tokio::time::timeout(PATIENCE, async {
                while let Some(change) = changes.try_next().await? {
                    let is_partial = matches!(change, Event::Init | Event::InitApply(_));
                    match change {
                        Event::Init => known.clear(),
                        Event::InitDone => {}
                        Event::InitApply(object) | Event::Apply(object) => {
                            known.insert(object.name_any(), object);
                        }
                        Event::Delete(object) => {
                            known.remove(&object.name_any());
                        }
                    }
                    let all: Vec<K> = known.values().cloned().collect();
                    if !is_partial && wanted(&all) {
                        return Ok(all);
                    }
                }
                bail!("the watch ended")
            });
            match found.await {
                Ok(found) => found,
                Err(_) => bail!("{} are not as wanted: {}", K::plural(&()), serde_json::to_string(&known)?),
            }
        })
    }

    /// Kills the server like a crash would; its pods go on.
    pub fn kill(mut self) -> Result<PathBuf> {
        let mut child = self.child.take().context("no server")?;
        child.kill()?;
        child.wait()?;
        Ok(self.data_dir.clone())
    }

    /// Ends the server with SIGTERM; its pods go on.
    pub fn terminate(mut self) -> Result<PathBuf> {
        let mut child = self.child.take().context("no server")?;
        signal(&child, Signal::TERM)?;
        let status = child.wait()?;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        Ok(self.data_dir.clone())
    }
}

impl Drop for Server<'_> {
    /// Ends the server; its pods end with the machine.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn signal(child: &Child, signal: Signal) -> Result<()> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("no process")?;
    Ok(kill_process(pid, signal)?)
}

/// Loads the images of the tests into a data folder.
pub fn load_images(machine: &Machine, data_dir: &Path) -> Result<()> {
    let output =
        machine.command(minke()?).args(["image", "load", "--data-dir"]).arg(data_dir).args(images()?).output()?;
    if !output.status.success() {
        bail!("minke image load: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// Runs a future on this thread, whose network is the machine's.
pub fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}
