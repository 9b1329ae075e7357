//! Which objects belong to a controller's object: those that name it as their controller and match its selector. One
//! that matches and has none is adopted, one that no longer matches is released
//! (`pkg/controller/controller_ref_manager.go`).

use super::{Change, Key};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Resource;
use serde_json::json;

/// What is to be done about an object that may belong to an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is the owner's.
    Keep,
    /// It becomes the owner's.
    Adopt,
    /// It is the owner's no more.
    Release,
    /// It is none of the owner's business.
    Ignore,
}

/// The reference to the object that controls this one.
#[must_use]
pub fn controller_of(object: &ObjectMeta) -> Option<&OwnerReference> {
    object.owner_references.iter().flatten().find(|reference| reference.controller == Some(true))
}

/// Decides about an object in the owner's namespace. `matches`: whether the owner's selector matches its labels.
///
/// Before anything is adopted the owner has to be read once more, past all caches: one that is being deleted, or is
/// another one of the same name, must not adopt.
#[must_use]
pub fn claim(owner: &ObjectMeta, object: &ObjectMeta, matches: bool) -> Claim {
    let owner_goes = owner.deletion_timestamp.is_some();
    match controller_of(object) {
        Some(controller) if Some(&controller.uid) != owner.uid.as_ref() => Claim::Ignore,
        Some(_) if matches => Claim::Keep,
        Some(_) if owner_goes => Claim::Ignore,
        Some(_) => Claim::Release,
        None if owner_goes || !matches || object.deletion_timestamp.is_some() => Claim::Ignore,
        None => Claim::Adopt,
    }
}

/// Makes an object the owner's.
#[must_use]
pub fn adopt<K: Resource<DynamicType = ()>>(owner: &OwnerReference, object: &K) -> Change {
    let owner = OwnerReference { controller: Some(true), block_owner_deletion: Some(true), ..owner.clone() };
    let metadata = json!({ "uid": object.meta().uid, "ownerReferences": [owner] });
    Change::patch::<K>(Key::of(object), json!({ "metadata": metadata }))
}

/// Takes an object from the owner of this uid.
#[must_use]
pub fn release<K: Resource<DynamicType = ()>>(owner_uid: &str, object: &K) -> Change {
    let reference = json!({ "$patch": "delete", "uid": owner_uid });
    let metadata = json!({ "uid": object.meta().uid, "ownerReferences": [reference] });
    Change::patch::<K>(Key::of(object), json!({ "metadata": metadata }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::Value;

    fn meta(value: &Value) -> ObjectMeta {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn owned_by(uid: &str, controller: bool) -> Value {
        json!({ "ownerReferences": [
            { "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": uid, "controller": controller },
        ] })
    }

    #[test]
    fn objects_are_kept_adopted_and_released_as_in_kubernetes() {
        let (owner, going) =
            (json!({ "uid": "1" }), json!({ "uid": "1", "deletionTimestamp": "2026-01-01T00:00:00Z" }));
        let ending = json!({ "deletionTimestamp": "2026-01-01T00:00:00Z" });
        for (owner, object, matches, expected) in [
            (&owner, owned_by("1", true), true, Claim::Keep),
            (&owner, owned_by("1", true), false, Claim::Release),
            (&owner, owned_by("2", true), true, Claim::Ignore),
            (&owner, owned_by("2", false), true, Claim::Adopt),
            (&owner, json!({}), true, Claim::Adopt),
            (&owner, json!({}), false, Claim::Ignore),
            (&owner, ending, true, Claim::Ignore),
            (&going, owned_by("1", true), true, Claim::Keep),
            (&going, owned_by("1", true), false, Claim::Ignore),
            (&going, json!({}), true, Claim::Ignore),
        ] {
            assert_eq!(claim(&meta(owner), &meta(&object), matches), expected, "{owner} {object} {matches}");
        }
    }

    #[test]
    fn ownership_changes_by_patches_that_touch_nothing_else() {
        let pod: Pod =
            serde_json::from_value(json!({ "metadata": { "name": "p", "namespace": "n", "uid": "7" } })).unwrap();
        let owner = meta(&owned_by("1", false)).owner_references.unwrap().remove(0);
        let adoption = json!({ "metadata": { "uid": "7", "ownerReferences": [{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1",
            "controller": true, "blockOwnerDeletion": true,
        }] } });
        assert_eq!(adopt(&owner, &pod), Change::patch::<Pod>(Key::namespaced("n", "p"), adoption));
        let released = json!({ "metadata": { "uid": "7", "ownerReferences": [{ "$patch": "delete", "uid": "1" }] } });
        assert_eq!(release("1", &pod), Change::patch::<Pod>(Key::namespaced("n", "p"), released));
    }
}
