//! What is wrong with YAML, on one line, with its place.

use anyhow::{Error, anyhow};

/// Such as `pod.yaml:3:5: …`. The parser's own text goes on with an excerpt over several lines.
pub fn complaint(name: &str, error: &serde_saphyr::Error) -> Error {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let Some(at) = error.location() else { return anyhow!("{name}: {line}") };
    if let serde_saphyr::Error::DuplicateMappingKey { key, .. } = error.without_snippet() {
        let key = key.as_deref().unwrap_or_default();
        return anyhow!("{name}:{}:{}: key {key:?} already set in map", at.line(), at.column());
    }
    let place = format!("error: line {} column {}: ", at.line(), at.column());
    anyhow!("{name}:{}:{}: {}", at.line(), at.column(), line.strip_prefix(&place).unwrap_or(line))
}
