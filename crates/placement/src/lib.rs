//! Whether a pod may be on a node, and what it takes there: one answer for the scheduler, for the node that is asked
//! to run the pod, and for controllers that put a pod on every node that takes it. Pure functions of values.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod admission;
mod claims;
pub mod fit;
pub mod node_affinity;
mod node_info;
pub mod node_name;
mod pod_info;
pub mod ports;
mod resources;
pub mod taints;

pub use admission::{Misfit, admission_check};
pub use claims::{PodClaim, pod_claims};
pub use node_info::{NodeInfo, Offer};
pub use pod_info::{Demand, PodInfo};
pub use resources::Resources;
