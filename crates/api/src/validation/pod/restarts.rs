//! Whether and when a container starts again.

use k8s_openapi::api::core::v1::{Container, ContainerRestartRule};
use machinery::field::{Error, ErrorList, Path};
use std::collections::HashSet;

const POLICIES: [&str; 3] = ["Always", "Never", "OnFailure"];
const ACTIONS: [&str; 2] = ["Restart", "RestartAllContainers"];
const RESIZE_POLICIES: [&str; 2] = ["NotRequired", "RestartContainer"];
const NEEDS_POLICY: &str = "must specify restartPolicy when restart rules are used";

/// A container's own restart policy and its rules by exit code (KEP-5307).
pub fn restart_policy(container: &Container, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let rules = container.restart_policy_rules.as_deref().unwrap_or_default();
    let policy_path = path.child("restartPolicy");
    match container.restart_policy.as_deref() {
        Some(policy) if !POLICIES.contains(&policy) => {
            errors.push(Error::not_supported(&policy_path, policy, &POLICIES));
        }
        None if !rules.is_empty() => errors.push(Error::required(&policy_path, NEEDS_POLICY)),
        _ => {}
    }
    let path = path.child("restartPolicyRules");
    if rules.len() > 20 {
        errors.push(Error::too_many(&path, rules.len(), 20));
    }
    for (index, rule) in rules.iter().enumerate() {
        errors.extend(restart_rule(rule, &path.index(index)));
    }
    errors
}

/// That of an init container, whose rules are of no interest without a policy.
pub fn init_restart_policy(container: &Container, path: &Path) -> ErrorList {
    let ruled = container.restart_policy_rules.as_ref().is_some_and(|rules| !rules.is_empty());
    if container.restart_policy.is_none() && ruled {
        return vec![Error::required(&path.child("restartPolicy"), NEEDS_POLICY)];
    }
    restart_policy(container, path)
}

fn restart_rule(rule: &ContainerRestartRule, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if !ACTIONS.contains(&rule.action.as_str()) {
        errors.push(Error::not_supported(&path.child("action"), rule.action.as_str(), &ACTIONS));
    }
    let path = path.child("exitCodes");
    let Some(codes) = &rule.exit_codes else {
        errors.push(Error::required(&path, "must be specified"));
        return errors;
    };
    if !matches!(codes.operator.as_str(), "In" | "NotIn") {
        errors.push(Error::not_supported(&path.child("operator"), codes.operator.as_str(), &["In", "NotIn"]));
    }
    let values = codes.values.as_deref().unwrap_or_default();
    if values.len() > 255 {
        errors.push(Error::too_many(&path.child("values"), values.len(), 255));
    }
    errors
}

/// `resizePolicy` of a container.
pub fn resize_policy(container: &Container, restart_policy: &str, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut resources = HashSet::new();
    for (index, policy) in container.resize_policy.iter().flatten().enumerate() {
        let (resource, restart) = (policy.resource_name.as_str(), policy.restart_policy.as_str());
        if !resources.insert(resource) {
            errors.push(Error::duplicate(&path.index(index), resource));
        }
        match resource {
            "cpu" | "memory" => {}
            "" => errors.push(Error::required(path, "")),
            other => errors.push(Error::not_supported(path, other, &["cpu", "memory"])),
        }
        match restart {
            "" => errors.push(Error::required(path, "")),
            known if RESIZE_POLICIES.contains(&known) => {}
            other => errors.push(Error::not_supported(path, other, &RESIZE_POLICIES)),
        }
        if restart_policy == "Never" && restart != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            errors.push(Error::invalid(path, restart, detail));
        }
    }
    errors
}

/// An init container that runs once has nothing to restart for new resources.
pub fn resize_restarts(container: &Container, path: &Path) -> ErrorList {
    let policies = container.resize_policy.iter().flatten().enumerate();
    let restarting = policies.filter(|(_, policy)| policy.restart_policy == "RestartContainer");
    let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
    let error = |index: usize| Error::invalid(&path.index(index).child("restartPolicy"), "RestartContainer", detail);
    restarting.map(|(index, _)| error(index)).collect()
}
