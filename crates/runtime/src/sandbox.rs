//! A handle on one sandbox and the containers in it.

mod attach;
mod exec;
mod socket;
mod streams;

use crate::{
    ContainerConfig, ContainerState, Error, Event, Result, Started, Stats,
    blocking::blocking,
    bundle::prepare,
    connection::{CallError, Connection, Notice},
    leftovers,
    machine::Machine,
    protocol::{Answer, Call, Description, Failure, VERSION},
};
pub use exec::ExecProcess;
use rustix::{
    event::{PollFd, PollFlags, Timespec},
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use std::{
    io::ErrorKind,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
pub use streams::{Input, Output, Streams, Terminal};

/// How long a supervisor may take to kill its containers.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take to say who it is: as long as the kubelet waits for a runtime (`runtimeRequestTimeout`).
const ANSWER: Duration = Duration::from_mins(2);

/// A handle on a living sandbox. Cheap to clone; dropping it does nothing to the sandbox.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    machine: Arc<Machine>,
    directory: PathBuf,
    description: Description,
    connection: Arc<Connection>,
    /// Stands for the supervisor.
    process: OwnedFd,
    /// Its end is no news.
    stopping: Arc<AtomicBool>,
}

impl Sandbox {
    /// Connects to the supervisor that listens in `directory`. `None`: nobody does.
    pub(crate) async fn connect(machine: Arc<Machine>, directory: &Path) -> Result<Option<Self>> {
        let stopping = Arc::new(AtomicBool::new(false));
        // Events name the sandbox, whose name comes with the first answer.
        let name = Arc::new(Mutex::new(None::<String>));
        let notify = {
            let (name, stopping, events) = (Arc::clone(&name), Arc::clone(&stopping), machine.events.clone());
            move |notice| {
                let Some(sandbox) = name.lock().unwrap_or_else(PoisonError::into_inner).clone() else { return };
                let event = match notice {
                    Notice::Exited(container) => Event::ContainerExited { sandbox, container },
                    Notice::Closed if stopping.load(Ordering::Acquire) => return,
                    Notice::Closed => Event::SandboxGone { sandbox },
                };
                // Nobody listens when the server is going down.
                let _ = events.send(event);
            }
        };
        let connection = match Connection::open(directory, notify) {
            Err(error) if [ErrorKind::NotFound, ErrorKind::ConnectionRefused].contains(&error.kind()) => {
                return Ok(None);
            }
            connection => connection.map_err(leftovers::file("connect to the supervisor in", directory))?,
        };
        let Ok(answer) = tokio::time::timeout(ANSWER, connection.call(Call::Describe)).await else {
            return Err(Error::Gone { sandbox: directory.display().to_string() });
        };
        let description = match answer {
            Ok(Answer::Sandbox(description)) => description,
            Ok(_) | Err(CallError::Gone) => return Ok(None),
            Err(CallError::Failure(failure)) => {
                return Err(Error::Sandbox { sandbox: directory.display().to_string(), message: failure.into_text() });
            }
        };
        *name.lock().unwrap_or_else(PoisonError::into_inner) = Some(description.sandbox.clone());
        let pid = i32::try_from(description.pid).ok().and_then(Pid::from_raw);
        let Some(process) = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else { return Ok(None) };
        let directory = directory.to_owned();
        Ok(Some(Self { inner: Arc::new(Inner { machine, directory, description, connection, process, stopping }) }))
    }

    /// The name given in [`crate::SandboxConfig::id`].
    #[must_use]
    pub fn id(&self) -> &str {
        &self.inner.description.sandbox
    }

    /// The supervisor, in the machine's PID namespace.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.inner.description.pid
    }

    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.inner.directory
    }

    /// The network namespace, valid while the sandbox lives: `/proc/<pid>/ns/net`.
    #[must_use]
    pub fn network_namespace(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/ns/net", self.pid()))
    }

    /// The PID namespace that a container's spec names as `path` to join it; only with [`crate::PidNamespace::Pod`].
    #[must_use]
    pub fn pid_namespace(&self) -> Option<PathBuf> {
        self.inner.description.pid_namespace.map(|init| PathBuf::from(format!("/proc/{init}/ns/pid")))
    }

    /// The directory that containers mount as `/dev/shm`.
    #[must_use]
    pub fn shm(&self) -> PathBuf {
        leftovers::shm(&self.inner.directory)
    }

    /// Builds a container and executes its program. [`Error::Create`] and [`Error::Start`] tell how far it came; then
    /// nothing of it is left but its log.
    pub async fn start_container(&self, config: ContainerConfig) -> Result<Started> {
        let id = config.id.clone();
        let machine = Arc::clone(&self.inner.machine);
        let pod = self.inner.description.cgroup.clone();
        let start = blocking(move || prepare(&machine, &pod, config)).await?;
        let (cgroup, bundle) = (start.cgroup.clone(), start.bundle.clone());
        match self.call(&id, Call::Start(Box::new(start))).await {
            Ok(Answer::Started { pid, started_at, warnings }) => {
                self.inner.machine.warn_once(warnings);
                Ok(Started { pid, started_at })
            }
            Ok(_) => Err(self.gone()),
            Err(error) => {
                let machine = Arc::clone(&self.inner.machine);
                // The error that matters is the first one; what cannot be removed now goes with the sandbox.
                let _ = blocking(move || {
                    machine.cgroups.kill(&cgroup)?;
                    machine.cgroups.remove(&cgroup)?;
                    leftovers::remove_directory(&bundle)
                })
                .await;
                Err(error)
            }
        }
    }

    /// Sends a signal to the container's init process, and to it alone.
    pub async fn kill(&self, container: &str, signal: i32) -> Result<()> {
        self.call(container, Call::Signal { container: container.to_owned(), signal }).await.map(|_| ())
    }

    /// Kills every process of the container and returns when they are gone.
    pub async fn kill_all(&self, container: &str) -> Result<()> {
        let cgroup = self.container(container).await?.cgroup;
        let machine = Arc::clone(&self.inner.machine);
        blocking(move || machine.cgroups.kill(&cgroup)).await
    }

    /// All containers that were started and not yet removed.
    pub async fn containers(&self) -> Result<Vec<ContainerState>> {
        match self.call("", Call::Containers).await? {
            Answer::Containers(containers) => Ok(containers),
            _ => Err(self.gone()),
        }
    }

    /// Forgets a container that has ended; removes its cgroup and its bundle.
    pub async fn remove_container(&self, container: &str) -> Result<()> {
        let removed = self.call(container, Call::Remove { container: container.to_owned() }).await?;
        let Answer::Removed { bundle, cgroup } = removed else { return Err(self.gone()) };
        let machine = Arc::clone(&self.inner.machine);
        blocking(move || {
            machine.cgroups.kill(&cgroup)?;
            machine.cgroups.remove(&cgroup)?;
            leftovers::remove_directory(&bundle)
        })
        .await
    }

    /// What the container uses now.
    pub async fn stats(&self, container: &str) -> Result<Stats> {
        let cgroup = self.container(container).await?.cgroup;
        let machine = Arc::clone(&self.inner.machine);
        blocking(move || Ok(machine.cgroups.stats(&cgroup))).await
    }

    /// Kills every container, ends the supervisor, removes cgroups, socket and shared memory.
    pub async fn stop(&self) -> Result<()> {
        self.inner.stopping.store(true, Ordering::Release);
        // If it does not answer it is dead or hangs; either way it ends now, and the cgroup says what is left.
        let _ = tokio::time::timeout(PATIENCE, self.inner.connection.call(Call::Stop)).await;
        let this = self.clone();
        blocking(move || {
            let Inner { machine, directory, description, process, .. } = &*this.inner;
            // It may have ended by itself.
            let _ = pidfd_send_signal(process, Signal::KILL);
            let timeout = Timespec { tv_sec: PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
            rustix::io::retry_on_intr(|| {
                rustix::event::poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&timeout))
            })
            .map_err(|error| leftovers::file("wait for the supervisor in", directory)(error.into()))?;
            leftovers::remove(&machine.cgroups, directory, &description.cgroup)
        })
        .await
    }

    async fn container(&self, id: &str) -> Result<ContainerState> {
        let found = self.containers().await?.into_iter().find(|container| container.id == id);
        found.ok_or_else(|| Error::Container { container: id.to_owned(), message: "it does not exist".to_owned() })
    }

    async fn call(&self, container: &str, call: Call) -> Result<Answer> {
        self.inner.connection.call(call).await.map_err(|error| self.explain(container, error))
    }

    fn explain(&self, container: &str, error: CallError) -> Error {
        let (sandbox, container) = (self.id().to_owned(), container.to_owned());
        match error {
            CallError::Gone => self.gone(),
            CallError::Failure(Failure::Sandbox(message)) => Error::Sandbox { sandbox, message },
            CallError::Failure(Failure::Create(message)) => Error::Create { container, message },
            CallError::Failure(Failure::Start(message)) => Error::Start { container, message },
            CallError::Failure(Failure::Container(message)) => Error::Container { container, message },
            CallError::Failure(Failure::Exec(message)) => Error::Exec { container, message },
        }
    }

    /// A supervisor of an earlier version would take what it does not know for nonsense, and hang up.
    fn check_version(&self) -> Result<()> {
        if self.inner.description.version >= VERSION {
            return Ok(());
        }
        let message = "it was started by an earlier version of this program, and knows nothing of exec, attach and \
                       port-forward: delete the pod, or wait for its next sandbox";
        Err(Error::Sandbox { sandbox: self.id().to_owned(), message: message.to_owned() })
    }

    fn gone(&self) -> Error {
        Error::Gone { sandbox: self.id().to_owned() }
    }
}
