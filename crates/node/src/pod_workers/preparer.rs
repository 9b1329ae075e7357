//! What a pod has on the node before and beside its sandbox: folder, volumes, names, network files.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use super::find::has_host_network;
use crate::{
    Error, blocking,
    container::VolumeOnNode,
    directories::PodDirectory,
    events::{EventType::Warning, Recorder},
    metrics::{Metrics, Phase},
    naming::{node_reference, pod_reference},
    pod_files::{About, ClusterDns, PodHostname, ResolvConf, hosts},
    volumes::Volumes,
};
use k8s_openapi::api::core::v1::Pod;
use std::{
    collections::BTreeMap,
    fs,
    net::IpAddr,
    path::Path,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Instant,
};

/// What containers need to know of it.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    pub volumes: BTreeMap<String, VolumeOnNode>,
    /// The host name as the kernel shows it in the pod.
    pub hostname: String,
}

/// Prepares pods.
pub struct Preparer {
    pub volumes: Volumes,
    pub recorder: Recorder,
    pub metrics: Metrics,
    pub node_name: String,
    pub cluster_dns: ClusterDns,
    pub node_resolv_conf: ResolvConf,
    /// What is wrong with the node is said of it once, not with each pod.
    pub has_warned_of_node: AtomicBool,
}

impl Preparer {
    /// Makes what is missing. Runs again after a restart of the node, over what is there.
    pub async fn prepare(&self, pod: &Pod, directory: &PodDirectory) -> Result<Prepared, Error> {
        let hostname = self.hostname(pod)?;
        let files = [
            (directory.hostname(), format!("{hostname}\n")),
            (directory.resolv_conf(), self.resolv_conf(pod).to_string()),
        ];
        let folder = directory.path().to_owned();
        blocking::run(move || {
            fs::create_dir_all(&folder).map_err(|error| Error::io("create", &folder, error))?;
            files.iter().try_for_each(|(path, text)| write(path, text))
        })
        .await?;
        let begun = Instant::now();
        let volumes = self.volumes.set_up(pod, directory).await?;
        self.metrics.phase(Phase::Volumes, begun.elapsed());
        Ok(Prepared { volumes, hostname })
    }

    /// Writes /etc/hosts, which names the pod's own addresses.
    pub async fn write_etc_hosts(&self, pod: &Pod, directory: &PodDirectory, pod_ips: &[IpAddr]) -> Result<(), Error> {
        let Some(spec) = &pod.spec else { return Ok(()) };
        let (path, aliases) = (directory.etc_hosts(), spec.host_aliases.clone().unwrap_or_default());
        if has_host_network(pod) {
            return blocking::run(move || {
                let of_node = fs::read_to_string("/etc/hosts").unwrap_or_default();
                write(&path, &hosts::host_network(&of_node, &aliases))
            })
            .await;
        }
        let text = hosts::managed(pod_ips, &self.names(pod)?, &aliases);
        blocking::run(move || write(&path, &text)).await
    }

    fn resolv_conf(&self, pod: &Pod) -> ResolvConf {
        let (resolv_conf, warnings) = ResolvConf::of(pod, &self.node_resolv_conf, &self.cluster_dns);
        for warning in warnings {
            let about = match warning.about {
                About::Pod => pod_reference(pod),
                About::Node if !self.has_warned_of_node.swap(true, Relaxed) => node_reference(&self.node_name),
                About::Node => continue,
            };
            self.recorder.record(about, Warning, warning.reason, warning.message);
        }
        resolv_conf
    }

    fn hostname(&self, pod: &Pod) -> Result<String, Error> {
        if has_host_network(pod) {
            return Ok(self.node_name.clone());
        }
        let fully_qualified = pod.spec.as_ref().and_then(|spec| spec.set_hostname_as_fqdn).unwrap_or_default();
        self.names(pod)?.kernel_name(fully_qualified)
    }

    fn names(&self, pod: &Pod) -> Result<PodHostname, Error> {
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let spec = pod.spec.clone().unwrap_or_default();
        PodHostname::of(name, namespace, &spec, &self.cluster_dns.domain)
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|error| Error::io("write", path, error))
}
