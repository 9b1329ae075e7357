//! Making and ending the sandboxes of pods.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use super::{
    cgroups::Cgroups,
    find::has_host_network,
    preparer::{Prepared, Preparer},
};
use crate::{
    Error, blocking,
    clock::Clock,
    container::{pod_resources, sysctls},
    directories::PodDirectory,
    metrics::{Metrics, Phase},
    pod::{SandboxRecord, SandboxState},
};
use k8s_openapi::api::core::v1::Pod;
use runtime::{Ipc, PidNamespace, Runtime, Sandbox, SandboxConfig};
use std::{fs::File, net::IpAddr, os::fd::AsFd, sync::Arc, time::Instant};

/// A sandbox that is ready, and what was made for its pod before it.
pub struct CreatedSandbox {
    pub sandbox: Sandbox,
    pub record: SandboxRecord,
    pub prepared: Prepared,
}

/// Makes and ends sandboxes.
pub struct Sandboxes {
    pub runtime: Runtime,
    pub network: network::Network,
    pub preparer: Arc<Preparer>,
    pub cgroups: Cgroups,
    pub clock: Clock,
    pub metrics: Metrics,
}

impl Sandboxes {
    /// Makes the pod's volumes, sandbox and network; of a failure nothing is left but volumes.
    pub async fn create(&self, pod: &Pod, directory: &PodDirectory, attempt: u32) -> Result<CreatedSandbox, Error> {
        check(pod)?;
        let prepared = self.preparer.prepare(pod, directory).await?;
        let begun = Instant::now();
        let sandbox = self.runtime.run_sandbox(self.config(pod, directory, attempt, prepared.hostname.clone())).await?;
        self.metrics.phase(Phase::Sandbox, begun.elapsed());
        match self.connect(pod, directory, &sandbox).await {
            Ok(ips) => {
                let (id, created_at) = (sandbox.id().to_owned(), self.clock.now());
                let record = SandboxRecord { id, attempt, state: SandboxState::Ready, ips, created_at };
                Ok(CreatedSandbox { sandbox, record, prepared })
            }
            Err(error) => {
                if let Err(stop) = sandbox.stop().await {
                    tracing::warn!(error = %stop, "cannot stop a sandbox that got no network");
                }
                Err(error)
            }
        }
    }

    /// The sandbox that an earlier run of the node left in a pod's folder, if it is alive.
    pub async fn attach(&self, directory: &PodDirectory) -> Result<Option<Sandbox>, Error> {
        Ok(self.runtime.attach(directory.path()).await?)
    }

    /// Ends a sandbox; without a handle on it, cleans up what it left.
    pub async fn stop(
        &self,
        sandbox: Option<&Sandbox>,
        directory: &PodDirectory,
        cgroup: &str,
    ) -> Result<(), runtime::Error> {
        let stopped = match sandbox {
            Some(sandbox) => sandbox.stop().await,
            None => self.runtime.cleanup(directory.path(), cgroup).await,
        };
        stopped.inspect_err(|error| tracing::warn!(%error, "cannot stop the pod's sandbox"))
    }

    /// Attaches the sandbox to the pod network and writes the file that names its address.
    async fn connect(&self, pod: &Pod, directory: &PodDirectory, sandbox: &Sandbox) -> Result<Vec<IpAddr>, Error> {
        let mut ips = Vec::new();
        if !has_host_network(pod) {
            let begun = Instant::now();
            let path = sandbox.network_namespace();
            let namespace =
                blocking::run(move || File::open(&path).map_err(|error| Error::io("open", &path, error))).await?;
            let uid = pod.metadata.uid.as_deref().unwrap_or_default();
            let addresses = self.network.attach(uid, namespace.as_fd()).await?;
            ips.extend(addresses.iter().map(|address| address.ip));
            self.metrics.phase(Phase::Network, begun.elapsed());
        }
        self.preparer.write_etc_hosts(pod, directory, &ips).await?;
        Ok(ips)
    }

    fn config(&self, pod: &Pod, directory: &PodDirectory, attempt: u32, hostname: String) -> SandboxConfig {
        let spec = pod.spec.clone().unwrap_or_default();
        let shares_pids = spec.share_process_namespace.unwrap_or_default();
        let (namespace, name) = (pod.metadata.namespace.as_deref(), pod.metadata.name.as_deref());
        SandboxConfig {
            id: sandbox_id(pod.metadata.uid.as_deref().unwrap_or_default(), attempt),
            title: format!("minke-pod {}/{}", namespace.unwrap_or_default(), name.unwrap_or_default()),
            directory: directory.path().to_owned(),
            hostname,
            network: if has_host_network(pod) { runtime::Network::Host } else { runtime::Network::Own },
            ipc: if spec.host_ipc.unwrap_or_default() { Ipc::Host } else { Ipc::Own },
            pid: if shares_pids { PidNamespace::Pod } else { PidNamespace::Container },
            sysctls: sysctls(pod),
            cgroup: self.cgroups.of_pod(pod),
            resources: pod_resources(pod),
        }
    }
}

/// The id of a pod's sandbox. It carries the pod's uid, so that the runtime's events find their pod.
fn sandbox_id(uid: &str, attempt: u32) -> String {
    format!("{uid}_{attempt}")
}

/// The uid of the pod that a sandbox belongs to.
pub fn pod_of_sandbox(sandbox_id: &str) -> Option<&str> {
    sandbox_id.rsplit_once('_').map(|(uid, _)| uid)
}

/// Refuses what would silently be less than it was meant to be.
fn check(pod: &Pod) -> Result<(), Error> {
    match pod.spec.as_ref().and_then(|spec| spec.host_users) {
        Some(false) => Err(Error::UserNamespaces),
        Some(true) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_namespace_of_its_own_is_refused() {
        for (host_users, is_refused) in [(None, false), (Some(true), false), (Some(false), true)] {
            let spec = serde_json::json!({ "containers": [], "hostUsers": host_users });
            let pod: Pod = serde_json::from_value(serde_json::json!({ "spec": spec })).unwrap();
            assert_eq!(check(&pod).is_err(), is_refused, "{host_users:?}");
        }
    }

    #[test]
    fn a_sandbox_is_found_back_to_its_pod() {
        for uid in ["0b5b1a3e-6f0e-4c3a-9d3e-1a2b3c4d5e6f", "static_pod"] {
            assert_eq!(pod_of_sandbox(&sandbox_id(uid, 12)), Some(uid));
        }
        assert_eq!(pod_of_sandbox("foreign"), None);
    }
}
