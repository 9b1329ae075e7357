//! What is wrong with YAML, on one line, with its place.

use anyhow::{Error, anyhow};
use machinery::serializer::Fault;

/// Such as `pod.yaml:3:5: …`.
pub fn complaint(name: &str, error: &serde_saphyr::Error) -> Error {
    anyhow!(Fault::from(error).of(name))
}
