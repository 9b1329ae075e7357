//! Field errors: where in an object, what is wrong, in the words of Kubernetes
//! (`k8s.io/apimachinery/pkg/util/validation/field`).

mod error;
mod path;

pub use error::{Error, ErrorList, ErrorType, aggregate, invalid_each};
pub use path::Path;
