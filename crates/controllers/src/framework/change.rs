//! What a controller wants changed: a value, so that a decision can be compared, and how it is carried out.

use super::Key;
use kube::{
    Api, Client, Resource,
    api::{DynamicObject, Patch, PatchParams, PostParams},
    discovery::ApiResource,
};
use serde::Serialize;
use serde_json::Value;

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    resource: ApiResource,
    key: Key,
    write: Write,
}

#[derive(Clone, Debug, PartialEq)]
enum Write {
    Create(Value),
    Replace(Value),
    /// A strategic merge patch.
    Patch(Value),
}

impl Change {
    /// Makes an object.
    pub fn create<K: Resource<DynamicType = ()> + Serialize>(object: &K) -> serde_json::Result<Self> {
        Ok(Self::to::<K>(Key::of(object), Write::Create(serde_json::to_value(object)?)))
    }

    /// Replaces an object, if it still has the resourceVersion that this one carries.
    pub fn replace<K: Resource<DynamicType = ()> + Serialize>(object: &K) -> serde_json::Result<Self> {
        Ok(Self::to::<K>(Key::of(object), Write::Replace(serde_json::to_value(object)?)))
    }

    /// Patches an object, by the patch strategies of its kind.
    #[must_use]
    pub fn patch<K: Resource<DynamicType = ()>>(key: Key, patch: Value) -> Self {
        Self::to::<K>(key, Write::Patch(patch))
    }

    fn to<K: Resource<DynamicType = ()>>(key: Key, write: Write) -> Self {
        Self { resource: ApiResource::erase::<K>(&()), key, write }
    }

    pub(super) async fn carry_out(&self, client: &Client) -> kube::Result<()> {
        let name = &self.key.name;
        let objects: Api<DynamicObject> = match &self.key.namespace {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &self.resource),
            None => Api::all_with(client.clone(), &self.resource),
        };
        let object = |value: &Value| serde_json::from_value(value.clone()).map_err(kube::Error::SerdeError);
        match &self.write {
            Write::Create(value) => objects.create(&PostParams::default(), &object(value)?).await,
            Write::Replace(value) => objects.replace(name, &PostParams::default(), &object(value)?).await,
            Write::Patch(patch) => objects.patch(name, &PatchParams::default(), &Patch::Strategic(patch)).await,
        }
        .map(drop)
    }

    /// What is done to what, for messages.
    pub(super) fn describe(&self) -> String {
        let verb = match self.write {
            Write::Create(_) => "create",
            Write::Replace(_) => "replace",
            Write::Patch(_) => "patch",
        };
        format!("{verb} {} {}", self.resource.plural, self.key)
    }
}

/// Whether a write failed only because the cluster has moved on since the decision: the news are on their way.
pub(super) fn is_outdated(error: &kube::Error) -> bool {
    let kube::Error::Api(status) = error else { return false };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let is_terminating = causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating");
    matches!(status.code, 404 | 409) || is_terminating
}
