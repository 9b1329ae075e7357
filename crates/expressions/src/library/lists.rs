//! Lists: Kubernetes' own functions (k8s.io/apiserver, pkg/cel/library/lists.go) and the list extension in version 3
//! (cel-go, ext/lists.go).

mod extended;
mod kubernetes;

pub(super) use extended::ROWS as EXTENDED;
pub(super) use kubernetes::{ROWS as KUBERNETES, VERSION_1 as KUBERNETES_1};
