//! What makes a kind's objects different when they are created, updated and deleted
//! (`k8s.io/apiserver/pkg/registry/rest`: create, update and delete strategies).

mod job;
mod names;
mod namespace;
mod part;
mod pod;
mod service;

use serde_json::{Value, json};

pub use part::Part;

use crate::{defaults, field::ErrorList, kind::Kind, meta, validation};

/// How the objects of one kind are created, updated and deleted. All of it is pure; objects are complete and typed
/// right (they have passed `schema::decode`).
#[derive(Clone, Copy, Debug)]
pub struct Strategy<'a> {
    kind: &'a Kind,
}

/// The strategy of a kind. Versions of a kind that are stored alike have the same one: pass the stored kind.
#[must_use]
pub fn of(kind: &Kind) -> Strategy<'_> {
    Strategy { kind }
}

/// Kinds that count the changes of their specification in `metadata.generation`.
const GENERATIONAL: [(&str, &str); 20] = [
    ("", "Pod"),
    ("", "ReplicationController"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("batch", "Job"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "Ingress"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
];

impl<'a> Strategy<'a> {
    /// Fills in what the object leaves open. Applied to everything that comes in, also on update.
    pub fn default(self, object: &mut Value) {
        defaults::apply(&self.kind.group, &self.kind.kind, object);
    }

    /// Brings a new object into its first state: no status where status is a subresource, generation 1.
    pub fn prepare_for_create(self, object: &mut Value) {
        // A node's status comes with the node: the kubelet registers both at once.
        if self.has_status() && self.name() != ("", "Node") {
            object["status"] = json!({});
            self.default(object);
        }
        if self.is_generational() {
            meta::set(object, "generation", 1);
        }
        self.drop_disabled(object, &Value::Null);
        match self.name() {
            ("", "Pod") => pod::prepare_for_create(object),
            ("", "Namespace") => namespace::prepare_for_create(object),
            ("", "Service") => service::prepare_for_create(object),
            ("batch", "Job") => job::prepare_for_create(object),
            _ => {}
        }
    }

    fn prepare_whole(self, new: &mut Value, old: &Value) {
        if self.has_status() {
            put_back(new, old, "status");
        }
        self.drop_disabled(new, old);
        match self.name() {
            ("", "Pod") => pod::prepare_for_update(new, old),
            ("", "Namespace") => put_back_in(new, old, "spec", "finalizers"),
            ("", "Service") => service::prepare_for_update(new, old),
            _ => {}
        }
        self.count_change(new, old);
    }

    fn count_change(self, new: &mut Value, old: &Value) {
        let changed = self.is_generational() && desired(new) != desired(old);
        let generation = meta::generation(old) + i64::from(changed);
        if generation > 0 {
            meta::set(new, "generation", generation);
        } else {
            meta::remove(new, &["generation"]);
        }
    }

    /// Forgets fields of pods, and of pods to be, that this version does not have.
    fn drop_disabled(self, new: &mut Value, old: &Value) {
        let pointer = match self.name() {
            ("", "Pod") => "/spec",
            ("", "PodTemplate") => "/template/spec",
            ("batch", "CronJob") => "/spec/jobTemplate/spec/template/spec",
            ("", "ReplicationController") | ("apps" | "batch", _) => "/spec/template/spec",
            _ => return,
        };
        if let Some(spec) = new.pointer_mut(pointer) {
            pod::drop_disabled(spec, old.pointer(pointer).unwrap_or(&Value::Null));
        }
    }

    /// Puts back everything but the status (and, for pods and nodes, what their node may write into the metadata).
    fn prepare_status(self, new: &mut Value, old: &Value) {
        if self.name() == ("", "Pod") {
            pod::prepare_status_update(new, old);
        }
        let status = new.get("status").cloned();
        if !matches!(self.name(), ("", "Pod" | "Node")) {
            keep_metadata(new, old);
        }
        let metadata = new["metadata"].take();
        *new = old.clone();
        new["metadata"] = metadata;
        put_back_in(new, old, "metadata", "generation");
        put_back_in(new, old, "metadata", "ownerReferences");
        match status {
            Some(status) => new["status"] = status,
            None => {
                new.as_object_mut().map(|object| object.remove("status"));
            }
        }
    }

    /// All that is wrong with a new object. Its name must be set already.
    #[must_use]
    pub fn validate(self, object: &Value) -> ErrorList {
        let mut errors = meta::validate(object, self.kind.namespaced, |name| self.name_errors(name));
        errors.extend(validation::validate(self.kind, object));
        errors
    }

    /// What a client should know about a valid object, for the `Warning` headers.
    #[must_use]
    pub fn warnings(self, object: &Value) -> Vec<String> {
        validation::warnings(self.kind, object)
    }

    /// What a client should know about an object after a change of it: pods cannot change in what there are warnings for.
    #[must_use]
    pub fn warnings_on_update(self, object: &Value) -> Vec<String> {
        if self.name() == ("", "Pod") { Vec::new() } else { self.warnings(object) }
    }

    /// What is wrong with an object's name; empty if nothing is.
    #[must_use]
    pub fn name_errors(self, name: &str) -> Vec<String> {
        names::rule(self.kind)(name)
    }

    /// Whether PUT may create an object that does not exist.
    #[must_use]
    pub fn allow_create_on_update(self) -> bool {
        matches!(
            self.name(),
            ("", "Endpoints" | "Event" | "LimitRange" | "ResourceQuota" | "Service")
                | ("coordination.k8s.io", "Lease")
                | ("rbac.authorization.k8s.io", _)
        )
    }

    /// How many seconds an object lives on after its deletion was asked for with `requested` seconds of grace.
    /// `None`: the kind knows no graceful deletion, the object goes at once.
    #[must_use]
    pub fn deletion_grace_period(self, object: &Value, requested: Option<i64>) -> Option<i64> {
        (self.name() == ("", "Pod")).then(|| pod::deletion_grace_period(object, requested))
    }

    fn name(self) -> (&'a str, &'a str) {
        (&self.kind.group, &self.kind.kind)
    }

    fn has_status(self) -> bool {
        self.kind.subresource("status").is_some()
    }

    fn is_generational(self) -> bool {
        GENERATIONAL.contains(&self.name())
    }
}

/// What the object's author wants: all but metadata and status.
fn desired(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        for field in ["apiVersion", "kind", "metadata", "status"] {
            fields.remove(field);
        }
    }
    validation::canonical(object)
}

/// Puts back the metadata, all but what the update itself writes there.
fn keep_metadata(new: &mut Value, old: &Value) {
    let mut written = new["metadata"].take();
    new["metadata"] = old["metadata"].clone();
    for field in ["resourceVersion", "managedFields"] {
        let value = written[field].take();
        if !value.is_null() {
            new["metadata"][field] = value;
        }
    }
}

/// Gives the field of `new` the value it has in `old`.
fn put_back(new: &mut Value, old: &Value, field: &str) {
    let Some(fields) = new.as_object_mut() else { return };
    match old.get(field) {
        Some(value) => {
            fields.insert(field.to_owned(), value.clone());
        }
        None => {
            fields.remove(field);
        }
    }
}

fn put_back_in(new: &mut Value, old: &Value, part: &str, field: &str) {
    let old = old.get(part).cloned().unwrap_or_default();
    if let Some(new) = new.get_mut(part) {
        put_back(new, &old, field);
    }
}

#[cfg(test)]
mod tests;
