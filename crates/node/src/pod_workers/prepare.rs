//! What a pod has on the node before and beside its sandbox: folder, volumes, names, network files.

use super::context::{Context, has_host_network};
use crate::{
    Error,
    container::VolumeOnNode,
    directories::PodDirectory,
    events::{EventType::Warning, pod_reference},
    metrics::Phase,
    pod_files::{PodHostname, ResolvConf, hosts},
};
use k8s_openapi::api::core::v1::Pod;
use std::{collections::BTreeMap, net::IpAddr, path::Path, time::Instant};

/// What containers need to know of it.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    pub volumes: BTreeMap<String, VolumeOnNode>,
    /// The host name as the kernel shows it in the pod.
    pub hostname: String,
}

/// Makes what is missing. Runs again after a restart of the node, over what is there.
pub async fn prepare(context: &Context, pod: &Pod, directory: &PodDirectory) -> Result<Prepared, Error> {
    make_folder(directory.path())?;
    let hostname = hostname(context, pod)?;
    write(&directory.hostname(), &format!("{hostname}\n"))?;
    let (resolv_conf, warnings) = ResolvConf::of(pod, &context.node_resolv_conf, &context.cluster_dns);
    for warning in warnings {
        context.recorder.record(pod_reference(pod), Warning, warning.reason, warning.message);
    }
    write(&directory.resolv_conf(), &resolv_conf.to_string())?;
    let begun = Instant::now();
    let volumes = context.volumes.set_up(pod, directory).await?;
    context.metrics.phase(Phase::Volumes, begun.elapsed());
    Ok(Prepared { volumes, hostname })
}

/// Writes /etc/hosts, which names the pod's own addresses.
pub fn write_etc_hosts(
    context: &Context,
    pod: &Pod,
    directory: &PodDirectory,
    pod_ips: &[IpAddr],
) -> Result<(), Error> {
    let Some(spec) = &pod.spec else { return Ok(()) };
    let aliases = spec.host_aliases.as_deref().unwrap_or_default();
    let text = if has_host_network(pod) {
        hosts::host_network(&std::fs::read_to_string("/etc/hosts").unwrap_or_default(), aliases)
    } else {
        hosts::managed(pod_ips, &names(context, pod)?, aliases)
    };
    write(&directory.etc_hosts(), &text)
}

fn hostname(context: &Context, pod: &Pod) -> Result<String, Error> {
    if has_host_network(pod) {
        return Ok(context.node_name.clone());
    }
    let fully_qualified = pod.spec.as_ref().and_then(|spec| spec.set_hostname_as_fqdn).unwrap_or_default();
    names(context, pod)?.kernel_name(fully_qualified)
}

fn names(context: &Context, pod: &Pod) -> Result<PodHostname, Error> {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let spec = pod.spec.clone().unwrap_or_default();
    PodHostname::of(name, namespace, &spec, &context.cluster_dns.domain)
}

fn make_folder(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(|error| Error::io("create", path, error))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|error| Error::io("write", path, error))
}
