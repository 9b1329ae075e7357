//! PATCH: JSON patch, JSON merge patch, strategic merge patch. (Server-side apply is in `apply.rs`.)

use super::{
    Registry, Target, WriteOptions, Written, managed_fields,
    update::{advance, settle},
};
use api::{
    meta, patch,
    schema::{self, Definition},
    status::Status,
    strategy::{self, Part},
};
use serde_json::Value;

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchType {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' own: merges lists by the keys of their items.
    StrategicMerge,
}

impl PatchType {
    /// The media type of server-side apply, which is no patch of something that exists.
    pub const APPLY: &str = "application/apply-patch+yaml";
    /// The media types that PATCH takes.
    pub const MEDIA_TYPES: [&str; 4] = [
        "application/json-patch+json",
        "application/merge-patch+json",
        "application/strategic-merge-patch+json",
        Self::APPLY,
    ];

    /// The type of a patch by the Content-Type of its request.
    pub fn from_media_type(media_type: &str) -> Result<Self, Status> {
        match media_type {
            "application/json-patch+json" => Ok(Self::Json),
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" => Ok(Self::StrategicMerge),
            _ => Err(Status::unsupported_media_type(&Self::MEDIA_TYPES)),
        }
    }
}

impl Registry {
    /// Changes parts of an object, or of its status.
    pub async fn patch(
        &self,
        target: &Target,
        name: &str,
        part: Part,
        patch_type: PatchType,
        patch: &Value,
        options: &WriteOptions,
    ) -> Result<Written, Status> {
        let mut warnings = Vec::new();
        let outcome = self
            .transact(target, name, options.dry_run, |old| {
                let current = target.present(old.clone());
                let patched = match patch_type {
                    PatchType::Json => patch::json_patch(&current, patch.clone())?,
                    PatchType::Merge => patch::merge_patch(&current, patch),
                    PatchType::StrategicMerge => {
                        let definition = Definition::of(&target.kind).ok_or_else(Status::no_such_resource)?;
                        patch::strategic_merge_patch(definition, &current, patch.clone())?
                    }
                };
                let (new, found) = schema::decode(&target.kind, patched.into(), options.field_validation)?;
                if meta::name(&new) != name {
                    return Err(Status::bad_request("the name of an object cannot be changed by a patch"));
                }
                warnings = found;
                let mut new = advance(target, part, old, target.store_form(new))?;
                self.admit_change(target, &new)?;
                managed_fields::record(target, part, Some(old), &mut new, options);
                Ok(settle(&target.kind, new))
            })
            .await?;
        let object = outcome.into_object();
        if part == Part::Whole {
            warnings.extend(strategy::of(target.kind.storage()).warnings_on_update(&object));
        }
        Ok(Written { object: target.present(object), created: false, warnings })
    }
}
