//! What Kubernetes fills in where an object is silent (`pkg/apis/*/v1/defaults.go`). Each function takes an object,
//! or a part of one, as the schema let it in; null and the empty string count as silence, as in Go.

pub mod batch;
pub mod cluster;
mod container;
pub mod pod;
pub mod service;
pub mod volume;
pub mod workload;

#[cfg(test)]
mod tests;
