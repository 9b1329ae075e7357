//! Puts back what may change, so that all that remains different may not.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Container, PodSpec, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};

type ResourceList = BTreeMap<String, Quantity>;

/// Puts back processor and memory of all containers.
pub fn put_back_of_containers(munged: &mut PodSpec, old: &PodSpec) {
    let put_back_one = |(new, old): (&mut Container, &Container)| {
        let new = new.resources.get_or_insert_default();
        put_back(new, &old.resources.clone().unwrap_or_default());
    };
    munged.containers.iter_mut().zip(&old.containers).for_each(put_back_one);
    let init_containers = munged.init_containers.iter_mut().flatten();
    init_containers.zip(old.init_containers.iter().flatten()).for_each(put_back_one);
}

/// Puts back processor and memory of the pod as a whole. Had it none, and has nothing else, it has none again.
pub fn put_back_of_pod(munged: &mut PodSpec, old: &PodSpec) {
    let Some(resources) = &mut munged.resources else { return };
    put_back(resources, &old.resources.clone().unwrap_or_default());
    let is_empty = |list: &Option<ResourceList>| list.as_ref().is_none_or(BTreeMap::is_empty);
    let no_claims = resources.claims.as_ref().is_none_or(Vec::is_empty);
    if old.resources.is_none() && is_empty(&resources.requests) && is_empty(&resources.limits) && no_claims {
        munged.resources = None;
    }
}

fn put_back(new: &mut ResourceRequirements, old: &ResourceRequirements) {
    new.limits = with_old_values(new.limits.take(), old.limits.as_ref());
    new.requests = with_old_values(new.requests.take(), old.requests.as_ref());
}

fn with_old_values(new: Option<ResourceList>, old: Option<&ResourceList>) -> Option<ResourceList> {
    if new.is_none() && old.is_none() {
        return None;
    }
    let mut list = new.unwrap_or_default();
    for name in ["cpu", "memory"] {
        match old.and_then(|old| old.get(name)) {
            Some(quantity) => list.insert(name.to_owned(), quantity.clone()),
            None => list.remove(name),
        };
    }
    Some(list)
}
