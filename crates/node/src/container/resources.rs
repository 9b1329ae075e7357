//! Limits of containers and pods as cgroups understand them (`pkg/kubelet/cm/helpers_linux.go`,
//! `pkg/kubelet/kuberuntime/kuberuntime_container_linux.go`).

#[cfg(test)]
mod tests;

use super::{CgroupVersion, Machine, amounts::amount, security};
use api::{
    pod::resources,
    qos::{self, QosClass},
};
use k8s_openapi::api::core::v1::{Container, PodSpec, ResourceRequirements};
use oci_spec::runtime::{LinuxCpu, LinuxDeviceCgroup, LinuxMemory, LinuxResources};
use std::collections::HashMap;

/// The least weight a cgroup can have.
const MIN_SHARES: u64 = 2;
/// The greatest.
const MAX_SHARES: u64 = 262_144;
const SHARES_PER_CPU: u64 = 1024;
/// Microseconds in which a quota is used up.
const QUOTA_PERIOD: u64 = 100_000;
/// The least quota the kernel takes, in microseconds.
const MIN_QUOTA: i64 = 1000;

/// What the cgroup of a container is told.
pub(crate) fn of_container(container: &Container, machine: &Machine) -> LinuxResources {
    let resources = container.resources.clone().unwrap_or_default();
    let cpu_limit = amount(resources.limits.as_ref(), "cpu").milli_value();
    let requested = resources.requests.as_ref().filter(|requests| requests.contains_key("cpu"));
    let cpu_request = requested.map_or(cpu_limit, |requests| amount(Some(requests), "cpu").milli_value());
    let memory_limit = amount(resources.limits.as_ref(), "memory").value();
    let mut limits = limits(shares(cpu_request), Some(cpu_limit), Some(memory_limit));
    if machine.cgroup_version == CgroupVersion::V2 {
        // When one process of a container is killed for want of memory, all are: half a container is no use.
        limits.set_unified(Some(HashMap::from([("memory.oom.group".to_owned(), "1".to_owned())])));
    }
    limits.set_devices(Some(vec![all_devices(security::is_privileged(container))]));
    limits
}

/// What the cgroup of a pod is told: the sums, and only those limits that every container has.
pub(crate) fn of_pod(spec: &PodSpec) -> LinuxResources {
    let requested = resources::requests(spec).remove("cpu").unwrap_or_default();
    let shares = shares(requested.milli_value());
    let mut limit = resources::limits(spec);
    let cpu = limit.remove("cpu").unwrap_or_default().milli_value();
    let memory = limit.remove("memory").unwrap_or_default().value();
    match qos::class(spec) {
        QosClass::Guaranteed => limits(shares, Some(cpu), Some(memory)),
        QosClass::Burstable => limits(
            shares,
            Some(cpu).filter(|_| is_limited(spec, "cpu")),
            Some(memory).filter(|_| is_limited(spec, "memory")),
        ),
        QosClass::BestEffort => limits(MIN_SHARES, None, None),
    }
}

fn limits(shares: u64, milli_cpu: Option<i64>, memory: Option<i64>) -> LinuxResources {
    let mut cpu = LinuxCpu::default();
    cpu.set_shares(Some(shares));
    if let Some(milli_cpu) = milli_cpu.filter(|milli_cpu| *milli_cpu > 0) {
        cpu.set_quota(Some(quota(milli_cpu))).set_period(Some(QUOTA_PERIOD));
    }
    let mut limits = LinuxResources::default();
    limits.set_cpu(Some(cpu)).set_devices(None);
    if let Some(limit) = memory.filter(|limit| *limit > 0) {
        let mut memory = LinuxMemory::default();
        memory.set_limit(Some(limit));
        limits.set_memory(Some(memory));
    }
    limits
}

/// `MilliCPUToShares`.
fn shares(milli_cpu: i64) -> u64 {
    let milli_cpu = u64::try_from(milli_cpu).unwrap_or(0);
    (milli_cpu.saturating_mul(SHARES_PER_CPU) / 1000).clamp(MIN_SHARES, MAX_SHARES)
}

/// `MilliCPUToQuota`, in microseconds a period.
fn quota(milli_cpu: i64) -> i64 {
    milli_cpu.saturating_mul(i64::try_from(QUOTA_PERIOD / 1000).unwrap_or(i64::MAX)).max(MIN_QUOTA)
}

fn all_devices(allow: bool) -> LinuxDeviceCgroup {
    let mut devices = LinuxDeviceCgroup::default();
    devices.set_allow(allow).set_access(Some("rwm".to_owned()));
    devices
}

/// Whether the pod as a whole is limited, or each of its containers.
fn is_limited(spec: &PodSpec, name: &str) -> bool {
    let limit = |resources: Option<&ResourceRequirements>| amount(resources.and_then(|r| r.limits.as_ref()), name);
    let mut containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    !limit(spec.resources.as_ref()).is_zero()
        || containers.all(|container| !limit(container.resources.as_ref()).is_zero())
}
