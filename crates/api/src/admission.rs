//! What the admission plugins that every cluster has do to new pods (`plugin/pkg/admission`): decisions alone, about
//! objects that the registry has looked up. An `Err` is the cause of a 403.

pub mod claim_resize;
pub mod default_class;
pub mod default_toleration_seconds;
pub mod limit_ranger;
pub mod node_restriction;
pub mod priority;
pub mod runtime_class;
pub mod service_account;
mod tolerations;
