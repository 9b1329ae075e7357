//! Admission: looks up what the plugins in `api::admission` decide by. Objects are in their stored form.

use super::{Registry, Target};
use api::{
    admission::{priority, runtime_class, service_account},
    kind::Kind,
    kinds, meta,
    status::Status,
};
use serde_json::Value;

impl Registry {
    /// Completes a new object, or refuses it, in the order of the plugins in `pkg/kubeapiserver/options/plugins.go`.
    pub(super) async fn admit(&self, target: &Target, object: &mut Value) -> Result<(), Status> {
        let storage = target.kind.storage();
        let admitted = match (&*storage.group, &*storage.kind) {
            ("", "Pod") => {
                self.cache.catch_up().await;
                self.admit_pod(object)
            }
            ("scheduling.k8s.io", "PriorityClass") => {
                self.cache.catch_up().await;
                self.validate(target, object)
            }
            _ => Ok(()),
        };
        admitted.map_err(|cause| Status::forbidden(&target.kind, given_name(object), cause))
    }

    /// Refuses what an object must not become.
    pub(super) fn admit_change(&self, target: &Target, object: &Value) -> Result<(), Status> {
        let valid = self.validate(target, object);
        valid.map_err(|cause| Status::forbidden(&target.kind, given_name(object), cause))
    }

    fn admit_pod(&self, pod: &mut Value) -> Result<(), String> {
        let namespace = meta::namespace(pod);
        let account = service_account::name(pod).and_then(|name| self.find(kinds::SERVICE_ACCOUNT, namespace, name));
        service_account::admit(pod, account.as_ref())?;
        priority::admit(pod, &self.all(kinds::PRIORITY_CLASS))?;
        let class = runtime_class::name(pod).and_then(|name| self.find(kinds::RUNTIME_CLASS, "", name));
        runtime_class::admit(pod, class.as_ref())
    }

    fn validate(&self, target: &Target, object: &Value) -> Result<(), String> {
        let storage = target.kind.storage();
        match (&*storage.group, &*storage.kind) {
            ("scheduling.k8s.io", "PriorityClass") => {
                priority::validate_class(object, &self.all(kinds::PRIORITY_CLASS))
            }
            _ => Ok(()),
        }
    }

    fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<Value> {
        let target = Target { kind, namespace: namespace.into() };
        Some(self.cache.collection(&target.collection()).get(&target.key(name))?.value())
    }

    fn all(&self, kind: Kind) -> Vec<Value> {
        let target = Target { kind, namespace: String::new() };
        self.cache.collection(&target.collection()).list(&target.prefix()).iter().map(|object| object.value()).collect()
    }
}

/// The name in a refusal, before one is generated (`k8s.io/apiserver/pkg/admission/errors.go`).
fn given_name(object: &Value) -> &str {
    [meta::name(object), meta::generate_name(object)].into_iter().find(|name| !name.is_empty()).unwrap_or("Unknown")
}
