//! The API server over a memory store, called in process and through `kube`. One program of tests: to link many takes
//! longer than to run them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admission;
mod custom_kinds;
mod custom_resource_definitions;
mod deletion;
mod documents;
mod events;
mod every_endpoint;
mod eviction;
mod identity;
mod kinds;
mod known_holes;
mod kubernetes_service;
mod lists_and_watches;
mod managed_fields;
mod nodes;
mod nodes_rights;
mod object_model;
mod objects;
mod options;
mod rbac;
mod scale;
mod signers;
mod streams;
mod support;
mod tokens;
