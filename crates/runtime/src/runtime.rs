//! The server's side: starts sandboxes, finds them again, tells what happens to them.

use crate::{
    Error, Event, Ipc, Network, PidNamespace, Result, SandboxConfig,
    blocking::blocking,
    cgroup::Cgroups,
    leftovers,
    machine::Machine,
    protocol::{SOCKET, Supervise},
    sandbox::{PATIENCE, Sandbox},
    seqpacket, supervisor,
    zygote::Zygote,
};
use oci_spec::runtime::LinuxResources;
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::mpsc;

/// How this instance shares the machine with others.
#[derive(Clone, Debug)]
pub struct Config {
    /// The cgroup below which everything of this instance lives, from the root of each hierarchy: `/minke`.
    pub cgroup_parent: String,
}

/// Starts sandboxes and finds them again. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    machine: Arc<Machine>,
    zygote: Arc<Mutex<Zygote>>,
    cgroup_parent: Arc<str>,
}

impl Runtime {
    /// Starts the runtime of this process. To be called within a tokio runtime.
    pub fn start(config: Config) -> Result<(Self, mpsc::UnboundedReceiver<Event>)> {
        let (events, receiver) = mpsc::unbounded_channel();
        let cgroups = Cgroups::detect().map_err(leftovers::file("find the cgroups in", Path::new("/sys/fs/cgroup")))?;
        let supervisors = format!("{}/supervisors", config.cgroup_parent);
        cgroups.create(&supervisors, &LinuxResources::default(), false)?;
        let zygote = Zygote::start(supervisors).map_err(Error::Zygote)?;
        let machine = Machine::new(cgroups, events);
        let zygote = Arc::new(Mutex::new(zygote));
        Ok((Self { machine: Arc::new(machine), zygote, cgroup_parent: config.cgroup_parent.into() }, receiver))
    }

    /// Makes a sandbox: its directory, cgroup, supervisor and namespaces. Leaves nothing behind when it fails.
    pub async fn run_sandbox(&self, config: SandboxConfig) -> Result<Sandbox> {
        let (id, directory, cgroup) = (config.id.clone(), config.directory.clone(), config.cgroup.clone());
        let made = self.try_run_sandbox(config).await;
        match made {
            Ok(Some(sandbox)) => Ok(sandbox),
            failed => {
                // The error that matters is the first one.
                let _ = self.cleanup(&directory, &cgroup).await;
                Err(match failed {
                    Err(Error::Sandbox { message, .. }) => Error::Sandbox { sandbox: id, message },
                    Err(error) => error,
                    Ok(_) => Error::Sandbox { sandbox: id, message: "its supervisor ended at once".to_owned() },
                })
            }
        }
    }

    async fn try_run_sandbox(&self, config: SandboxConfig) -> Result<Option<Sandbox>> {
        let (machine, zygote) = (Arc::clone(&self.machine), Arc::clone(&self.zygote));
        let directory = config.directory.clone();
        blocking(move || {
            let directory = &config.directory;
            leftovers::make_directory(directory)?;
            if config.pid == PidNamespace::Pod {
                let init = supervisor::init_cgroup(&config.cgroup);
                machine.cgroups.create(&init, &LinuxResources::default(), false)?;
            }
            // First of all, as the supervisor sets itself up while the rest is done.
            let listener = seqpacket::listen(directory, SOCKET).map_err(leftovers::file("listen in", directory))?;
            let mut zygote = zygote.lock().unwrap_or_else(PoisonError::into_inner);
            zygote.order(&order(&config), &listener).map_err(Error::Zygote)?;
            drop((zygote, listener));
            machine.cgroups.create(&config.cgroup, &config.resources, false)?;
            if config.ipc == Ipc::Own { leftovers::mount_shm(directory) } else { Ok(()) }
        })
        .await?;
        Sandbox::connect(Arc::clone(&self.machine), &directory).await
    }

    /// Finds the living sandbox whose directory this is, also one that an earlier process made. `None`: nobody lives
    /// there; [`Self::cleanup`] removes what is left.
    pub async fn attach(&self, directory: &Path) -> Result<Option<Sandbox>> {
        Sandbox::connect(Arc::clone(&self.machine), directory).await
    }

    /// Kills what runs in a sandbox's cgroup and removes cgroups, socket and shared memory of a sandbox that is gone.
    /// The directory itself and what else the caller has put there stay. A supervisor that lives after all is ended: it is
    /// in no cgroup of the sandbox, and would stay for ever.
    pub async fn cleanup(&self, directory: &Path, cgroup: &str) -> Result<()> {
        if let Ok(Ok(Some(sandbox))) = tokio::time::timeout(PATIENCE, self.attach(directory)).await {
            sandbox.stop().await?;
        }
        let machine = Arc::clone(&self.machine);
        let (directory, cgroup) = (directory.to_owned(), cgroup.to_owned());
        blocking(move || leftovers::remove(&machine.cgroups, &directory, &cgroup)).await
    }

    /// Takes this instance off the machine once its sandboxes have been stopped: the zygote and all cgroups.
    pub async fn remove(&self) -> Result<()> {
        let (machine, zygote, parent) =
            (Arc::clone(&self.machine), Arc::clone(&self.zygote), self.cgroup_parent.clone());
        blocking(move || {
            zygote.lock().unwrap_or_else(PoisonError::into_inner).stop();
            machine.cgroups.kill(&parent)?;
            machine.cgroups.remove(&parent)
        })
        .await
    }
}

fn order(config: &SandboxConfig) -> Supervise {
    let own_network = config.network == Network::Own;
    let mut namespaces = 0;
    if own_network {
        namespaces |= libc::CLONE_NEWNET | libc::CLONE_NEWUTS;
    }
    if config.ipc == Ipc::Own {
        namespaces |= libc::CLONE_NEWIPC;
    }
    Supervise {
        sandbox: config.id.clone(),
        title: config.title.clone(),
        directory: config.directory.clone(),
        hostname: own_network.then(|| config.hostname.clone()),
        namespaces,
        pid_namespace: config.pid == PidNamespace::Pod,
        sysctls: config.sysctls.clone(),
        cgroup: config.cgroup.clone(),
    }
}
