//! The patch formats of PATCH requests, applied to an object (server-side apply is not one of them).

mod json;
mod merge;
mod strategic;

pub use json::json_patch;
pub use merge::merge_patch;
pub use strategic::strategic_merge_patch;
