//! What requests say beside their objects: query parameters, and the options of reads, writes and deletions
//! (`k8s.io/apimachinery/pkg/apis/meta/v1/types.go`), checked as `meta/v1/validation` checks them.

mod delete;
mod list;
mod query;
mod write;

pub use delete::{DeleteOptions, bounded_grace_period};
pub use list::{ListOptions, Version};
pub use query::Query;
pub use write::{WriteOptions, Writing};

use machinery::field::{Error, Path};
use serde_json::Value;

/// `dryRun` has one value that means something (`ValidateDryRun`).
fn dry_run_error(given: &[String]) -> Option<Error> {
    let unknown = given.iter().any(|value| value != "All");
    unknown.then(|| Error::not_supported(&Path::new("dryRun"), Value::from(given.to_vec()), &["All"]))
}
