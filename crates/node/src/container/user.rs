//! Who a container runs as (`pkg/kubelet/kuberuntime/security_context.go`).

use super::{ConfigError, Image};
use crate::naming::describe;
use k8s_openapi::api::core::v1::{Container, Pod, PodSecurityContext, SecurityContext};
use oci_spec::runtime::User;
use std::collections::HashSet;

/// The user to look up in the image, as `user[:group]`: `runAsUser`, or what the image says. Empty means root.
#[must_use]
pub fn requested(pod: &Pod, container: &Container, image: &oci_spec::image::Config) -> String {
    match run_as_user(pod, container) {
        Some(uid) => uid.to_string(),
        None => image.user().clone().unwrap_or_default(),
    }
}

/// The user of the process, after the check that `runAsNonRoot` asks for.
pub(crate) fn user(pod: &Pod, container: &Container, image: &Image) -> Result<User, ConfigError> {
    verify_non_root(pod, container, image)?;
    let of_pod = pod_context(pod);
    let of_container = container.security_context.as_ref();
    let group = of_container.and_then(|context| context.run_as_group).or(of_pod.and_then(|pod| pod.run_as_group));
    let gid = group.map_or(image.user.gid, id);

    // The process's own group is among the others: else a file's owner could exclude it by its group (CVE-2022-2995).
    let mut groups = vec![gid];
    if of_pod.and_then(|pod| pod.supplemental_groups_policy.as_deref()) != Some("Strict") {
        groups.extend(&image.user.groups);
    }
    groups.extend(of_pod.and_then(|pod| pod.fs_group).map(id));
    groups.extend(of_pod.into_iter().flat_map(|pod| pod.supplemental_groups.iter().flatten()).map(|group| id(*group)));
    let mut seen = HashSet::new();
    groups.retain(|group| seen.insert(*group));
    let mut user = User::default();
    user.set_uid(image.user.uid).set_gid(gid).set_additional_gids(Some(groups));
    Ok(user)
}

fn verify_non_root(pod: &Pod, container: &Container, image: &Image) -> Result<(), ConfigError> {
    let of_container = container.security_context.as_ref().and_then(|context| context.run_as_non_root);
    if of_container.or(pod_context(pod).and_then(|pod| pod.run_as_non_root)) != Some(true) {
        return Ok(());
    }
    let (pod_name, container_name) = (describe(pod), container.name.clone());
    match run_as_user(pod, container) {
        Some(0) => return Err(ConfigError::RunAsRoot { pod: pod_name, container: container_name }),
        Some(_) => return Ok(()),
        None => {}
    }
    let of_image = image.config.user().as_deref().unwrap_or_default();
    let user = of_image.split_once(':').map_or(of_image, |(user, _)| user);
    match user.parse::<u32>() {
        Ok(uid) if uid != 0 => Ok(()),
        Err(_) if !user.is_empty() => {
            let user = user.to_owned();
            Err(ConfigError::NonNumericUser { user, pod: pod_name, container: container_name })
        }
        _ => Err(ConfigError::ImageRunsAsRoot { pod: pod_name, container: container_name }),
    }
}

fn run_as_user(pod: &Pod, container: &Container) -> Option<i64> {
    let of_container = |context: &SecurityContext| context.run_as_user;
    container
        .security_context
        .as_ref()
        .and_then(of_container)
        .or_else(|| pod_context(pod).and_then(|context| context.run_as_user))
}

fn pod_context(pod: &Pod) -> Option<&PodSecurityContext> {
    pod.spec.as_ref()?.security_context.as_ref()
}

/// Ids are validated to be in range when the pod is created.
fn id(id: i64) -> u32 {
    u32::try_from(id).unwrap_or(u32::MAX)
}
