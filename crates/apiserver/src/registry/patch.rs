//! PATCH: JSON patch, JSON merge patch, strategic merge patch. (Server-side apply is in `apply.rs`.)

use super::{Proposal, Registry, View, Written, update::written};
use crate::admission::Attributes;
use machinery::{decode, kind::Kind, meta, patch, status::Status};
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

/// What is to change.
pub struct Patch {
    /// How it is written.
    pub patch_type: PatchType,
    /// What it says.
    pub value: Value,
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
    const OF_CUSTOM_KINDS: [&str; 3] = ["application/json-patch+json", "application/merge-patch+json", Self::APPLY];

    /// The type of a patch by the Content-Type of its request. Objects whose kind came at run time have no strategies.
    pub fn from_media_type(kind: &Kind, media_type: &str) -> Result<Self, Status> {
        match media_type {
            "application/json-patch+json" => Ok(Self::Json),
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" if kind.is_built_in() => Ok(Self::StrategicMerge),
            _ if kind.is_built_in() => Err(Status::unsupported_media_type(&Self::MEDIA_TYPES)),
            _ => Err(Status::unsupported_media_type(&Self::OF_CUSTOM_KINDS)),
        }
    }
}

impl Patch {
    fn apply(&self, kind: &Kind, current: &Value) -> Result<Value, Status> {
        match self.patch_type {
            PatchType::Json => patch::json_patch(current, self.value.clone()),
            PatchType::Merge => Ok(patch::merge_patch(current, &self.value)),
            PatchType::StrategicMerge => {
                let definition = kind.definition().ok_or_else(Status::no_such_resource)?;
                patch::strategic_merge_patch(definition, current, self.value.clone())
            }
        }
    }
}

impl Registry {
    /// Changes what a patch says of an object, or of a part of it.
    pub async fn patch(&self, attributes: &Attributes<'_>, view: &View, patch: &Patch) -> Result<Written, Status> {
        let Attributes { target, name, .. } = attributes;
        let kind = view.kind_of(&target.kind);
        let mut warnings = Vec::new();
        let propose = |old: Option<&Value>| {
            let current = target.present(old.ok_or_else(|| target.not_found(name))?.clone());
            let patched = patch.apply(kind, view.look_at(&target.kind, &current)?.as_ref())?;
            let (new, found) = decode::object(kind, patched.into(), attributes.options.field_validation)?;
            if meta::name(&new) != *name {
                return Err(Status::bad_request("the name of an object cannot be changed by a patch"));
            }
            warnings = found;
            Ok(Proposal::Wanted(target.working_form(view.put(&target.kind, || current, new)?)))
        };
        let outcome = self.change(attributes, propose).await?;
        written(attributes, view, outcome, warnings)
    }
}
