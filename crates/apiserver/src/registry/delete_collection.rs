//! DELETE of a collection: each of its objects that the selectors let through.

use super::{Deletion, Registry};
use crate::{
    admission::Attributes,
    options::{DeleteOptions, ListOptions},
    target::Target,
};
use machinery::{meta, status::Status};
use serde_json::Value;

impl Registry {
    /// Deletes all objects of a collection that the selectors let through, and returns what they were.
    pub async fn delete_collection(
        &self,
        attributes: &Attributes<'_>,
        selection: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<Vec<Value>, Status> {
        let mut deleted = Vec::new();
        for object in self.list(attributes.target, selection).await?.objects {
            let value = object.value();
            let target = Target::in_namespace(attributes.target.kind.clone(), meta::namespace(&value));
            let one = Attributes { target: &target, name: meta::name(&value), ..attributes.clone() };
            // Somebody may have been faster: that is no fault.
            if let Some(Deletion::Gone(object) | Deletion::Pending(object)) = self.delete(&one, options).await? {
                deleted.push(object);
            }
        }
        Ok(deleted)
    }
}
