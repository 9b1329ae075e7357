//! The specification of a pod, alone or in a template.

use super::{
    affinity::affinity,
    claims::pod_resource_claims,
    containers::{Context, containers, ephemeral_containers, init_containers},
    file_keys::file_keys,
    names::{dns_config, host_aliases, hostname_override, hostnames},
    operating_system::operating_system,
    resources::{overhead, pod_resources},
    scheduling::{scheduling_gates, tolerations, topology_spread_constraints},
    security::pod_security_context,
    visit::visit,
    volumes::volumes,
    windows::host_processes,
};
use crate::validation::{labels::labels, one_of::one_of_values, text};
use k8s_openapi::api::core::v1::PodSpec;
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};

const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const RESTART_POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
const PREEMPTION_POLICIES: [&str; 2] = ["PreemptLowerPriority", "Never"];

/// The pod that a specification belongs to.
#[derive(Clone, Copy)]
pub struct Owner<'pod> {
    pub name: &'pod str,
    /// Whether it is the API's image of a static pod.
    pub is_mirror: bool,
}

/// A whole pod specification, in Kubernetes' order. A template has no owner.
pub fn pod_spec(spec: &PodSpec, owner: Option<Owner>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if spec.termination_grace_period_seconds.is_none() {
        errors.push(Error::required(&path.child("terminationGracePeriodSeconds"), ""));
    }
    errors.extend(what_runs(spec, owner, path));
    errors.extend(host_network_ports(spec, owner.is_some(), path));
    errors.extend(one_of_values(spec.restart_policy.as_ref(), &RESTART_POLICIES, path, "restartPolicy"));
    errors.extend(one_of_values(spec.dns_policy.as_ref(), &DNS_POLICIES, path, "dnsPolicy"));
    if let Some(selector) = &spec.node_selector {
        errors.extend(labels(selector, &path.child("nodeSelector")));
    }
    if let Some(context) = &spec.security_context {
        errors.extend(pod_security_context(context, spec, &path.child("securityContext")));
    }
    errors.extend(shared_process_namespace(spec, &path.child("shareProcessNamespace")));
    if let Some(found) = &spec.affinity {
        errors.extend(affinity(found, &path.child("affinity")));
    }
    errors.extend(dns_config(spec.dns_config.as_ref(), text(spec.dns_policy.as_ref()), &path.child("dnsConfig")));
    for (index, gate) in spec.readiness_gates.iter().flatten().enumerate() {
        let path = path.child("readinessGates").index(index).child("conditionType");
        errors.extend(invalid_each(&path, &gate.condition_type, format::qualified_name(&gate.condition_type)));
    }
    let gates = spec.scheduling_gates.as_deref().unwrap_or_default();
    errors.extend(scheduling_gates(gates, &path.child("schedulingGates")));
    let constraints = spec.topology_spread_constraints.as_deref().unwrap_or_default();
    errors.extend(topology_spread_constraints(constraints, &path.child("topologySpreadConstraints")));
    errors.extend(host_processes(spec, path));
    errors.extend(host_namespaces(spec, path));
    errors.extend(hostname_override(spec, &path.child("hostnameOverride")));
    errors.extend(object_name(spec.service_account_name.as_ref(), &path.child("serviceAccountName")));
    errors.extend(object_name(spec.node_name.as_ref(), &path.child("nodeName")));
    if let Some(seconds) = spec.active_deadline_seconds {
        let path = path.child("activeDeadlineSeconds");
        let messages = format::in_range(seconds, 1, i64::from(i32::MAX));
        errors.extend(messages.into_iter().map(|message| Error::invalid(&path, seconds, message)));
    }
    errors.extend(hostnames(spec, path));
    errors.extend(tolerations(spec.tolerations.as_deref().unwrap_or_default(), &path.child("tolerations")));
    errors.extend(host_aliases(spec.host_aliases.as_deref().unwrap_or_default(), &path.child("hostAliases")));
    errors.extend(object_name(spec.priority_class_name.as_ref(), &path.child("priorityClassName")));
    if let Some(name) = &spec.runtime_class_name {
        errors.extend(invalid_each(&path.child("runtimeClassName"), name, format::dns1123_subdomain(name)));
    }
    if spec.preemption_policy.is_some() {
        errors.extend(one_of_values(spec.preemption_policy.as_ref(), &PREEMPTION_POLICIES, path, "preemptionPolicy"));
    }
    if let Some(found) = &spec.overhead {
        errors.extend(overhead(found, &path.child("overhead")));
    }
    errors.extend(operating_system(spec, path));
    errors.extend(file_keys(spec, path));
    errors
}

/// Containers, and what they use.
fn what_runs(spec: &PodSpec, owner: Option<Owner>, path: &Path) -> ErrorList {
    let (valid, mut errors) = volumes(spec, owner.map(|owner| owner.name).unwrap_or_default(), &path.child("volumes"));
    let claims = spec.resource_claims.as_deref().unwrap_or_default();
    let is_mirror = owner.is_some_and(|owner| owner.is_mirror);
    errors.extend(pod_resource_claims(claims, is_mirror, &path.child("resourceClaims")));
    let context = Context {
        volumes: valid,
        claims: claims.iter().map(|claim| claim.name.as_str()).filter(|name| !name.is_empty()).collect(),
        grace_period: spec.termination_grace_period_seconds,
        restart_policy: text(spec.restart_policy.as_ref()),
        host_users: spec.host_users != Some(false),
        os: spec.os.as_ref().map(|os| os.name.as_str()),
    };
    errors.extend(containers(&spec.containers, &context, &path.child("containers")));
    errors.extend(init_containers(spec, &context, &path.child("initContainers")));
    errors.extend(ephemeral_containers(spec, &context, &path.child("ephemeralContainers")));
    errors.extend(pod_resources(spec, &context.claims, &path.child("resources")));
    errors
}

/// On the host's network a port is the host's port; templates may leave it open.
fn host_network_ports(spec: &PodSpec, is_pod: bool, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if spec.host_network != Some(true) {
        return errors;
    }
    for (index, container) in spec.containers.iter().enumerate() {
        for (port_index, port) in container.ports.iter().flatten().enumerate() {
            let host_port = port.host_port.unwrap_or_default();
            if (is_pod || host_port != 0) && host_port != port.container_port {
                let path = path.child("containers").index(index).child("ports").index(port_index).child("hostPort");
                let detail = "must match `containerPort` when `hostNetwork` is true";
                errors.push(Error::invalid(&path, host_port, detail));
            }
        }
    }
    errors
}

fn shared_process_namespace(spec: &PodSpec, path: &Path) -> Option<Error> {
    let both = spec.share_process_namespace == Some(true) && spec.host_pid == Some(true);
    both.then(|| Error::invalid(path, true, "ShareProcessNamespace and HostPID cannot both be enabled"))
}

/// A user namespace of its own does not go with the host's other namespaces, nor with its devices (KEP-127).
fn host_namespaces(spec: &PodSpec, path: &Path) -> ErrorList {
    if spec.host_users != Some(false) {
        return ErrorList::new();
    }
    let forbidden = |path: &Path| Error::forbidden(path, "when `hostUsers` is false");
    let fields = [("hostNetwork", spec.host_network), ("HostPID", spec.host_pid), ("HostIPC", spec.host_ipc)];
    let set = fields.iter().filter(|(_, set)| *set == Some(true));
    let mut errors: ErrorList = set.map(|(field, _)| forbidden(&path.child(field))).collect();
    let with_devices = visit(spec, path).into_iter().filter(|container| !container.devices.is_empty());
    errors.extend(with_devices.map(|container| forbidden(&container.path.child("volumeDevices"))));
    errors
}

fn object_name(name: Option<&String>, path: &Path) -> ErrorList {
    let name = text(name);
    if name.is_empty() {
        return ErrorList::new();
    }
    invalid_each(path, name, format::dns1123_subdomain(name)).collect()
}

/// A projected token needs the service account it is for.
pub fn tokens_without_account(spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if !text(spec.service_account_name.as_ref()).is_empty() {
        return errors;
    }
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        let sources = volume.projected.as_ref().and_then(|projected| projected.sources.as_deref()).unwrap_or_default();
        for (source_index, _) in sources.iter().enumerate().filter(|(_, source)| source.service_account_token.is_some())
        {
            let path = path.child("volumes").index(index).child("projected").child("sources").index(source_index);
            let detail = "must not be specified when serviceAccountName is not set";
            errors.push(Error::forbidden(&path.child("serviceAccountToken"), detail));
        }
    }
    errors
}
