//! Making and ending a pod's sandbox.

use super::{
    context::{Context, has_host_network},
    prepare::{Prepared, prepare, write_etc_hosts},
};
use crate::{
    Error,
    container::{pod_resources, sysctls},
    directories::PodDirectory,
    metrics::Phase,
    pod::{SandboxRecord, SandboxState},
};
use k8s_openapi::api::core::v1::Pod;
use runtime::{Ipc, Network, PidNamespace, Sandbox, SandboxConfig};
use std::{net::IpAddr, time::Instant};

/// A sandbox that is ready, and what was made for its pod before it.
pub struct CreatedSandbox {
    pub sandbox: Sandbox,
    pub record: SandboxRecord,
    pub prepared: Prepared,
}

/// The id of a pod's sandbox. It carries the pod's uid, so that the runtime's events find their pod.
fn sandbox_id(uid: &str, attempt: u32) -> String {
    format!("{uid}_{attempt}")
}

/// The uid of the pod that a sandbox belongs to.
pub fn pod_of_sandbox(sandbox_id: &str) -> Option<&str> {
    sandbox_id.rsplit_once('_').map(|(uid, _)| uid)
}

/// Makes the pod's volumes, sandbox and network; of a failure nothing is left but volumes.
pub async fn create(
    context: &Context,
    pod: &Pod,
    directory: &PodDirectory,
    attempt: u32,
) -> Result<CreatedSandbox, Error> {
    check(pod)?;
    let prepared = prepare(context, pod, directory).await?;
    let begun = Instant::now();
    let config = config(context, pod, directory, attempt, prepared.hostname.clone());
    let sandbox = context.runtime.run_sandbox(config).await?;
    context.metrics.phase(Phase::Sandbox, begun.elapsed());
    match connect(context, pod, directory, &sandbox).await {
        Ok(ips) => {
            let record = SandboxRecord {
                id: sandbox.id().to_owned(),
                attempt,
                state: SandboxState::Ready,
                ips,
                created_at: context.clock.now(),
            };
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

/// Refuses what would silently be less than it was meant to be.
fn check(pod: &Pod) -> Result<(), Error> {
    match pod.spec.as_ref().and_then(|spec| spec.host_users) {
        Some(false) => Err(Error::UserNamespaces),
        Some(true) | None => Ok(()),
    }
}

/// Attaches the sandbox to the pod network and writes the file that names its address.
async fn connect(
    context: &Context,
    pod: &Pod,
    directory: &PodDirectory,
    sandbox: &Sandbox,
) -> Result<Vec<IpAddr>, Error> {
    let mut ips = Vec::new();
    if !has_host_network(pod) {
        let begun = Instant::now();
        let path = sandbox.network_namespace();
        let namespace = std::fs::File::open(&path).map_err(|error| Error::io("open", &path, error))?;
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        let addresses = context.network.attach(uid, std::os::fd::AsFd::as_fd(&namespace)).await?;
        ips.extend(addresses.iter().map(|address| address.ip));
        context.metrics.phase(Phase::Network, begun.elapsed());
    }
    write_etc_hosts(context, pod, directory, &ips)?;
    Ok(ips)
}

fn config(context: &Context, pod: &Pod, directory: &PodDirectory, attempt: u32, hostname: String) -> SandboxConfig {
    let spec = pod.spec.clone().unwrap_or_default();
    SandboxConfig {
        id: sandbox_id(pod.metadata.uid.as_deref().unwrap_or_default(), attempt),
        directory: directory.path().to_owned(),
        hostname,
        network: if has_host_network(pod) { Network::Host } else { Network::Own },
        ipc: if spec.host_ipc.unwrap_or_default() { Ipc::Host } else { Ipc::Own },
        pid: if spec.share_process_namespace.unwrap_or_default() { PidNamespace::Pod } else { PidNamespace::Container },
        sysctls: sysctls(pod),
        cgroup: context.cgroup(pod),
        resources: pod_resources(pod),
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
