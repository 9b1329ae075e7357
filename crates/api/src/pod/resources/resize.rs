//! What a pod holds while its containers are resized in place (KEP-1287): the most of what it asks for, what the node
//! has allocated to it, and what its containers really have.

use super::{Quantities, REQUESTS, add, needed_at_once, of_container, of_whole_pod, quantities, raise};
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod, PodStatus};

/// What a pod holds of a node's resources, its overhead included (`PodRequests` with `UseStatusResources`).
/// Containers count with `missing` what they request nothing of; a written 0 is a request.
#[must_use]
pub fn effective_requests(pod: &Pod, missing: &Quantities) -> Quantities {
    let Some(spec) = &pod.spec else { return Quantities::new() };
    let sum = |of: &dyn Fn(&Container) -> Quantities| {
        needed_at_once(spec, |container| {
            let mut requests = missing.clone();
            requests.extend(of(container));
            requests
        })
    };
    let wished = |container: &Container| of_container(container, REQUESTS);
    let mut total = match &pod.status {
        Some(status) if is_reported(status) => {
            let is_infeasible = is_resize_infeasible(status);
            let or_wished = |held: Option<Quantities>, container: &Container| {
                held.unwrap_or_else(|| if is_infeasible { Quantities::new() } else { wished(container) })
            };
            let mut held = sum(&|container| or_wished(allocated(status, container), container));
            raise(&mut held, &sum(&|container| or_wished(actuated(status, container), container)));
            if !is_infeasible {
                raise(&mut held, &sum(&wished));
            }
            held
        }
        _ => sum(&wished),
    };
    total = of_whole_pod(total, spec, REQUESTS);
    add(&mut total, &quantities(spec.overhead.as_ref()));
    total
}

fn statuses(status: &PodStatus) -> impl Iterator<Item = &ContainerStatus> {
    status.container_statuses.iter().chain(&status.init_container_statuses).flatten()
}

fn is_reported(status: &PodStatus) -> bool {
    statuses(status).any(|status| status.allocated_resources.is_some() || status.resources.is_some())
}

/// Whether the node will never do the resize that is asked for.
fn is_resize_infeasible(status: &PodStatus) -> bool {
    let pending = status.conditions.iter().flatten().find(|condition| condition.type_ == "PodResizePending");
    pending.is_some_and(|condition| condition.reason.as_deref() == Some("Infeasible"))
}

fn allocated(status: &PodStatus, container: &Container) -> Option<Quantities> {
    let status = statuses(status).find(|status| status.name == container.name)?;
    status.allocated_resources.as_ref().map(|allocated| quantities(Some(allocated)))
}

fn actuated(pod: &PodStatus, container: &Container) -> Option<Quantities> {
    let status = statuses(pod).find(|status| status.name == container.name)?;
    let actual = status.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    actual.map(|actual| quantities(Some(actual))).or_else(|| allocated(pod, container))
}
