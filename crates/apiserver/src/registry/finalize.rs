//! PUT of `namespaces/{name}/finalize`: the list of what has to happen before a namespace goes
//! (`pkg/registry/core/namespace/storage`).

use super::{Registry, Target, Written, transaction::Next, update};
use api::{meta, status::Status};
use serde_json::Value;

impl Registry {
    /// Replaces `spec.finalizers`; a deleted namespace that has none left goes.
    pub async fn finalize(
        &self,
        target: &Target,
        name: &str,
        object: &Value,
        dry_run: bool,
    ) -> Result<Written, Status> {
        let finalizers = object.pointer("/spec/finalizers").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
        let asked_version = meta::resource_version(object);
        let outcome = self
            .transact(target, name, dry_run, |old| {
                if !asked_version.is_empty() && asked_version != meta::resource_version(old) {
                    return Err(Status::modified(&target.kind, name));
                }
                let mut new = old.clone();
                new["spec"]["finalizers"] = finalizers.clone();
                Ok(if update::is_released(&target.kind, &new) { Next::Delete(new) } else { Next::Put(new) })
            })
            .await?;
        Ok(Written { object: target.present(outcome.into_object()), created: false, warnings: Vec::new() })
    }
}
