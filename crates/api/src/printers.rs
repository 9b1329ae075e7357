//! The tables of the kinds that have one of their own (`pkg/printers/internalversion/printers.go`).

pub mod batch;
pub mod cluster;
pub mod configuration;
pub mod event;
pub mod network;
pub mod node;
pub mod pod;
pub mod storage;
pub mod workload;

#[cfg(test)]
mod tests;
