//! A pod as the API server sends it. One that cannot be read must not keep the node from reading the others, so the
//! reading of each pod stands for itself.

use k8s_openapi::{NamespaceResourceScope, api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::Resource;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;

/// A pod, or what could be made out of one.
#[derive(Clone, Debug)]
pub enum PodObject {
    Readable(Box<Pod>),
    Unreadable {
        /// Name, namespace, uid and resource version.
        metadata: Box<ObjectMeta>,
        is_deleting: bool,
        error: String,
    },
}

impl From<Value> for PodObject {
    fn from(object: Value) -> Self {
        match Pod::deserialize(&object) {
            Ok(pod) => Self::Readable(Box::new(pod)),
            Err(error) => Self::Unreadable {
                metadata: Box::new(identity(&object)),
                is_deleting: object.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null()),
                error: error.to_string(),
            },
        }
    }
}

fn identity(object: &Value) -> ObjectMeta {
    let text = |field: &str| object.get("metadata")?.get(field)?.as_str().map(str::to_owned);
    ObjectMeta {
        name: text("name"),
        namespace: text("namespace"),
        uid: text("uid"),
        resource_version: text("resourceVersion"),
        ..ObjectMeta::default()
    }
}

impl<'de> Deserialize<'de> for PodObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

impl Resource for PodObject {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        Pod::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        Pod::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        Pod::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        Pod::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        match self {
            Self::Readable(pod) => &pod.metadata,
            Self::Unreadable { metadata, .. } => metadata,
        }
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Readable(pod) => &mut pod.metadata,
            Self::Unreadable { metadata, .. } => metadata,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::ObjectList;
    use serde_json::json;

    #[test]
    fn one_pod_that_cannot_be_read_leaves_the_others() {
        let named = |name: &str, deleted_at: Value, restarts: u64| {
            json!({
                "metadata": { "name": name, "uid": name, "deletionTimestamp": deleted_at },
                "status": { "containerStatuses": [
                    { "name": "a", "image": "", "imageID": "", "ready": true, "restartCount": restarts },
                ] },
            })
        };
        let items = [
            named("good", json!(null), 1),
            named("counts-too-far", json!(null), 1 << 40),
            named("ended-before-time", json!("-9999-01-01T00:00:00Z"), 1),
        ];
        let list = json!({ "apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": items });
        let list: ObjectList<PodObject> = serde_json::from_value(list).unwrap();
        let found = list.items.iter().map(|object| match object {
            PodObject::Readable(pod) => (pod.metadata.name.as_deref(), None),
            PodObject::Unreadable { metadata, is_deleting, .. } => (metadata.uid.as_deref(), Some(*is_deleting)),
        });
        let expected =
            [(Some("good"), None), (Some("counts-too-far"), Some(false)), (Some("ended-before-time"), Some(true))];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}
