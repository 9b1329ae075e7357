//! What is in a namespace: finds it by discovery, deletes it, and waits until it is gone.

use futures::{StreamExt, future::join_all};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, DynamicObject, ListParams, PropagationPolicy},
    core::PartialObjectMeta,
    discovery::{ApiCapabilities, ApiResource, Discovery, Scope, verbs},
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What a round of deleting left behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// Why it is not known what there can be in a namespace.
    pub(super) discovery_failure: Option<String>,
    /// Why some of the content could not be deleted or listed.
    pub(super) failures: BTreeSet<String>,
    remaining: Vec<(ApiResource, usize)>,
    /// The finalizers of what remains, and how many objects have each.
    pub(super) finalizers: BTreeMap<String, usize>,
}

impl Progress {
    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.discovery_failure.is_none() && self.failures.is_empty() && self.remaining.is_empty()
    }

    /// The resources of which something is left.
    pub(super) fn resources(&self) -> impl Iterator<Item = &ApiResource> {
        self.remaining.iter().map(|(resource, _)| resource)
    }

    /// How much is left of each resource (as `plural.group`, in order).
    pub(super) fn remaining(&self) -> impl Iterator<Item = (String, usize)> {
        let counts = self.remaining.iter().map(|(resource, count)| (display_name(resource), *count));
        counts.collect::<BTreeMap<_, _>>().into_iter()
    }

    pub(super) fn note_remaining(&mut self, resource: &ApiResource, finalizers: &[&[String]]) {
        if finalizers.is_empty() {
            return;
        }
        self.remaining.push((resource.clone(), finalizers.len()));
        for finalizer in finalizers.iter().copied().flatten() {
            *self.finalizers.entry(finalizer.clone()).or_default() += 1;
        }
    }
}

/// Deletes all there is in a namespace. Pods go before everything else (KEP-5080), so that none outlives what
/// protects the others from it, like a network policy.
pub(super) async fn delete(client: &Client, namespace: &str) -> Progress {
    let mut progress = Progress::default();
    let resources = match deletable_resources(client).await {
        Ok(resources) => resources,
        Err(error) => {
            progress.discovery_failure = Some(error.to_string());
            return progress;
        }
    };
    let is_pods =
        |(resource, _): &(ApiResource, ApiCapabilities)| resource.group.is_empty() && resource.plural == "pods";
    let (pods, others): (Vec<_>, Vec<_>) = resources.into_iter().partition(is_pods);
    for resources in [pods, others] {
        for (resource, capabilities) in resources {
            if let Err(error) = delete_all(client, namespace, &resource, &capabilities, &mut progress).await {
                progress.failures.insert(error.to_string());
            }
        }
        if !progress.is_empty() {
            break;
        }
    }
    progress
}

/// The resources in namespaces whose objects can be listed and deleted, each in its preferred version.
async fn deletable_resources(client: &Client) -> kube::Result<Vec<(ApiResource, ApiCapabilities)>> {
    let discovery = Discovery::new(client.clone()).run_aggregated().await?;
    let resources = discovery.groups().flat_map(kube::discovery::ApiGroup::recommended_resources);
    let deletable = resources.filter(|(_, capabilities)| {
        capabilities.scope == Scope::Namespaced
            && capabilities.supports_operation(verbs::LIST)
            && capabilities.supports_operation(verbs::DELETE)
    });
    Ok(deletable.collect())
}

async fn delete_all(
    client: &Client,
    namespace: &str,
    resource: &ApiResource,
    capabilities: &ApiCapabilities,
    progress: &mut Progress,
) -> kube::Result<()> {
    let objects: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, resource);
    let found = list(&objects).await?;
    if found.is_empty() {
        return Ok(());
    }
    let parameters =
        DeleteParams { propagation_policy: Some(PropagationPolicy::Background), ..DeleteParams::default() };
    if capabilities.supports_operation(verbs::DELETE_COLLECTION) {
        objects.delete_collection(&parameters, &ListParams::default()).await?;
    } else {
        for object in &found {
            objects.delete(&object.name_any(), &parameters).await?;
        }
    }
    let remaining = list(&objects).await?;
    progress.note_remaining(resource, &remaining.iter().map(ResourceExt::finalizers).collect::<Vec<_>>());
    Ok(())
}

async fn list(objects: &Api<DynamicObject>) -> kube::Result<Vec<PartialObjectMeta<DynamicObject>>> {
    Ok(objects.list_metadata(&ListParams::default()).await?.items)
}

/// Waits until nothing is left of these resources in a namespace.
pub(super) async fn gone(client: &Client, namespace: &str, resources: impl Iterator<Item = &ApiResource>) {
    join_all(resources.map(|resource| {
        let objects = Api::namespaced_with(client.clone(), namespace, resource);
        all_gone(objects)
    }))
    .await;
}

async fn all_gone(objects: Api<PartialObjectMeta<DynamicObject>>) {
    let mut names = HashSet::new();
    let mut events = watcher(objects, watcher::Config::default()).default_backoff().boxed();
    while let Some(event) = events.next().await {
        // A failed watch is resumed.
        if event.is_ok_and(|event| follow(&mut names, event)) {
            return;
        }
    }
}

/// Notes in `names` what there is; says whether that is known to be nothing.
fn follow(names: &mut HashSet<String>, event: Event<PartialObjectMeta<DynamicObject>>) -> bool {
    match event {
        Event::Init => names.clear(),
        Event::InitApply(object) | Event::Apply(object) => {
            names.insert(object.name_any());
        }
        Event::InitDone => return names.is_empty(),
        Event::Delete(object) => {
            names.remove(&object.name_any());
            return names.is_empty();
        }
    }
    false
}

/// `plural.group`; the dot stays when the group is empty, as in Kubernetes' own messages.
fn display_name(resource: &ApiResource) -> String {
    format!("{}.{}", resource.plural, resource.group)
}
