//! What makes an object invalid, kind by kind, in Kubernetes' words (`pkg/apis/*/validation`).

pub mod format;
