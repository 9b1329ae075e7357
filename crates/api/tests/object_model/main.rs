//! The generic object model on Kubernetes' own kinds.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod apply;
mod decode;
mod definitions;
mod discovery;
mod field_selector;
mod openapi;
mod protobuf;
mod status;
mod strategic_merge_patch;
mod write;

use api::kinds;
use machinery::kind::Kind;

/// The kind of that group, version and name, for tests that have names in their tables.
fn find_kind(group: &str, version: &str, kind: &str) -> Option<&'static Kind> {
    kinds::all().iter().find(|row| (&*row.group, &*row.version, &*row.kind) == (group, version, kind))
}
