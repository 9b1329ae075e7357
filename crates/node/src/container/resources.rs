//! Limits of containers and pods as cgroups understand them (`pkg/kubelet/cm/helpers_linux.go`,
//! `pkg/kubelet/kuberuntime/kuberuntime_container_linux.go`).

#[cfg(test)]
mod tests;

use super::{
    CgroupVersion, Machine,
    amounts::{Amounts, amount},
    security,
};
use api::{
    qos::{self, QosClass},
    quantity::Quantity,
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
    let request = Totals::of(spec, |resources| resources.requests.as_ref());
    let limit = Totals::of(spec, |resources| resources.limits.as_ref());
    let shares = shares(request.milli_cpu);
    match qos::class(spec) {
        QosClass::Guaranteed => limits(shares, Some(limit.milli_cpu), Some(limit.memory)),
        QosClass::Burstable => limits(
            shares,
            Some(limit.milli_cpu).filter(|_| limit.all_have_cpu),
            Some(limit.memory).filter(|_| limit.all_have_memory),
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

/// What a pod needs at once (`PodRequests`, `PodLimits` in `k8s.io/component-helpers/resource`): its main containers and
/// sidecars together, or an init container and the sidecars started before it, whichever is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Totals {
    milli_cpu: i64,
    memory: i64,
    all_have_cpu: bool,
    all_have_memory: bool,
}

impl Totals {
    fn of(spec: &PodSpec, kind: impl Fn(&ResourceRequirements) -> Option<&Amounts>) -> Self {
        let of_pod = spec.resources.as_ref().and_then(&kind);
        let total = |name: &str| {
            let of_container = |container: &Container| amount(container.resources.as_ref().and_then(&kind), name);
            let whole = of_pod.filter(|amounts| amounts.contains_key(name));
            let total = whole.map_or_else(|| needed_at_once(spec, of_container), |whole| amount(Some(whole), name));
            let mut containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
            let everywhere = whole.is_some() || containers.all(|container| !of_container(container).is_zero());
            (total + amount(spec.overhead.as_ref(), name), everywhere)
        };
        let (cpu, all_have_cpu) = total("cpu");
        let (memory, all_have_memory) = total("memory");
        Self { milli_cpu: cpu.milli_value(), memory: memory.value(), all_have_cpu, all_have_memory }
    }
}

fn needed_at_once(spec: &PodSpec, of_container: impl Fn(&Container) -> Quantity) -> Quantity {
    let mut sidecars = Quantity::default();
    let mut initialization = Quantity::default();
    for init in spec.init_containers.iter().flatten() {
        if init.restart_policy.as_deref() == Some("Always") {
            sidecars += of_container(init);
            initialization = initialization.max(sidecars);
        } else {
            initialization = initialization.max(of_container(init) + sidecars);
        }
    }
    let main: Quantity = spec.containers.iter().map(of_container).sum();
    initialization.max(main + sidecars)
}
