//! The status of a pod that the node does not take: it has failed before anything of it was made.

use crate::pod::{Rejection, observed::Observed};
use api::pod::phase::is_terminal;
use k8s_openapi::api::core::v1::PodStatus;

/// Fills in the status of a pod that was not taken, or says that it was. After a restart of the node nothing but the
/// status tells: such a pod has failed and does not even show containers, since it never was to have any.
pub(super) fn has_filled(observed: &Observed, previous: &PodStatus, status: &mut PodStatus) -> bool {
    let written = is_terminal(previous.phase.as_deref());
    match &observed.rejection {
        Some(Rejection { reason, message }) if !written => {
            status.phase = Some("Failed".to_owned());
            status.reason = Some(reason.clone());
            status.message = Some(format!("Pod was rejected: {message}"));
        }
        None if !written || previous.container_statuses.is_some() || observed.has_begun() => return false,
        _ => {
            status.phase.clone_from(&previous.phase);
            status.reason.clone_from(&previous.reason);
            status.message.clone_from(&previous.message);
        }
    }
    status.conditions.clone_from(&previous.conditions);
    true
}
