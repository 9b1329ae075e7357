//! A container that ended and is not to restart stays ended.

use crate::validation::text;
use k8s_openapi::api::core::v1::{Container, ContainerRestartRule, ContainerStatus, PodSpec, PodStatus};
use machinery::field::{Error, ErrorList, Path};

type Statuses = Option<Vec<ContainerStatus>>;
/// A list of statuses, and the containers they are of, unless those never restart.
type List<'pod> = (&'static str, fn(&PodStatus) -> &Statuses, Option<&'pod [Container]>);

/// Checks all three lists of statuses against those before.
pub fn transitions(new: &PodStatus, old: &PodStatus, spec: &PodSpec, path: &Path) -> ErrorList {
    let together = restart_together(spec);
    let init_containers = spec.init_containers.as_deref().unwrap_or_default();
    let lists: [List; 3] = [
        ("containerStatuses", |status| &status.container_statuses, Some(&spec.containers)),
        ("initContainerStatuses", |status| &status.init_container_statuses, Some(init_containers)),
        ("ephemeralContainerStatuses", |status| &status.ephemeral_container_statuses, None),
    ];
    let mut errors = ErrorList::new();
    for (list, statuses, containers) in lists {
        if containers.is_some() && together {
            continue;
        }
        let find = |name: &str| containers.into_iter().flatten().find(|container| container.name == name);
        for (index, old) in statuses(old).iter().flatten().enumerate() {
            let Some(code) = exit_code(old) else { continue };
            let runs = |new: &ContainerStatus| new.name == old.name && exit_code(new).is_none();
            let restarts = find(&old.name).is_some_and(|container| should_restart(container, spec, code));
            if !restarts && statuses(new).iter().flatten().any(runs) {
                let path = path.child(list).index(index).child("state");
                errors.push(Error::forbidden(&path, "may not be transitioned to non-terminated state"));
            }
        }
    }
    errors
}

fn exit_code(status: &ContainerStatus) -> Option<i32> {
    Some(status.state.as_ref()?.terminated.as_ref()?.exit_code)
}

/// Whether the end of one container may start all of them again (KEP-5532).
fn restart_together(spec: &PodSpec) -> bool {
    let mut containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let together = |rule: &ContainerRestartRule| rule.action == "RestartAllContainers";
    containers.any(|container| container.restart_policy_rules.iter().flatten().any(together))
}

/// A container's rules come before its policy, and that before the pod's.
fn should_restart(container: &Container, spec: &PodSpec, code: i32) -> bool {
    let own = container.restart_policy.as_deref();
    let mut rules = container.restart_policy_rules.iter().flatten();
    let matching = rules.find(|rule| matches(rule, code));
    if own.is_some() && matching.is_some_and(|rule| rule.action == "Restart") {
        return true;
    }
    match own.unwrap_or(text(spec.restart_policy.as_ref())) {
        "Never" => false,
        "OnFailure" => code != 0,
        _ => true,
    }
}

fn matches(rule: &ContainerRestartRule, code: i32) -> bool {
    let Some(codes) = &rule.exit_codes else { return false };
    let listed = codes.values.iter().flatten().any(|value| *value == code);
    match codes.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        _ => false,
    }
}
