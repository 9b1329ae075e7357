//! Manifests: YAML or JSON documents, each an object.

#![expect(clippy::disallowed_methods, reason = "read once, before anything else runs")]

use anyhow::{Context, Result, anyhow, bail};
use api::kinds;
use machinery::{catalog::Catalog, kind::Kind, serializer};
use serde_json::Value;
use std::{fs, io::Read, path::Path};

/// An object to be created, and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Its kind.
    pub kind: Kind,
    /// The object as it was written.
    pub object: Value,
    /// Such as `pod.yaml, document 2`.
    pub origin: String,
}

impl Manifest {
    /// Whether it is a Pod, which nobody has to make something of before anything runs.
    pub fn is_pod(&self) -> bool {
        self.kind == kinds::POD
    }
}

/// Reads all documents of a file; `-` is standard input.
pub fn read(path: &Path, served: &Catalog) -> Result<Vec<Manifest>> {
    let (name, text) = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        ("standard input".to_string(), text)
    } else {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        (path.display().to_string(), text)
    };
    parse(&name, &text, served)
}

/// Reads all documents of a text. `List` objects are taken apart.
fn parse(name: &str, text: &str, served: &Catalog) -> Result<Vec<Manifest>> {
    let documents = serializer::read_all(text).map_err(|fault| anyhow!(fault.of(name)))?;
    let mut manifests = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        let origin = format!("{name}, document {}", index + 1);
        match document {
            Value::Null => {}
            mut list if list["kind"] == "List" => {
                for item in list["items"].as_array_mut().map(std::mem::take).unwrap_or_default() {
                    manifests.push(manifest(item, &origin, served)?);
                }
            }
            object => manifests.push(manifest(object, &origin, served)?),
        }
    }
    if manifests.is_empty() {
        bail!("{name}: no objects in it");
    }
    Ok(manifests)
}

fn manifest(object: Value, origin: &str, served: &Catalog) -> Result<Manifest> {
    let text = |field: &str| object[field].as_str().unwrap_or_default().to_string();
    let (api_version, kind_name) = (text("apiVersion"), text("kind"));
    if api_version.is_empty() || kind_name.is_empty() {
        bail!("{origin}: apiVersion or kind is not set");
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let kind = served
        .find_kind(group, version, &kind_name)
        .with_context(|| format!("{origin}: no matches for kind {kind_name:?} in version {api_version:?}"))?;
    Ok(Manifest { kind: kind.clone(), object, origin: origin.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::kinds::served_by_default;

    fn parse(name: &str, text: &str) -> Result<Vec<Manifest>> {
        super::parse(name, text, &served_by_default())
    }

    #[test]
    fn documents_become_objects() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n---\napiVersion: apps/v1\nkind: Deployment\n";
        let manifests = parse("f", text).unwrap();
        let kinds: Vec<_> = manifests.iter().map(|manifest| &*manifest.kind.kind).collect();
        assert_eq!(kinds, ["Pod", "Deployment"]);
        assert_eq!(manifests[0].object["metadata"]["name"], "a");
    }

    #[test]
    fn lists_are_taken_apart() {
        let text = r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod"},{"apiVersion":"v1","kind":"Secret"}]}"#;
        assert_eq!(parse("f", text).unwrap().len(), 2);
    }

    #[test]
    fn json_objects_may_follow_each_other() {
        let text = r#"{"apiVersion":"v1","kind":"Pod"}{"apiVersion":"v1","kind":"Secret"}"#;
        let kinds: Vec<_> = parse("f", text).unwrap().iter().map(|manifest| manifest.kind.kind.clone()).collect();
        assert_eq!(kinds, ["Pod", "Secret"]);
    }

    #[test]
    fn numbers_are_those_of_kubectl() {
        let text = "apiVersion: v1\nkind: Pod\nspec: {terminationGracePeriodSeconds: 1e0, x: {defaultMode: 0644}}\n";
        let manifests = parse("f", text).unwrap();
        let spec = &manifests[0].object["spec"];
        assert_eq!(*spec, serde_json::json!({"terminationGracePeriodSeconds": 1, "x": {"defaultMode": 420}}));
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (text, expected) in [
            ("kind: [Pod\n", "f.yaml:"),
            ("a: b: c\n", "f.yaml:1:5: mapping values are not allowed"),
            ("kind: Pod\nkind: Pod\n", "f.yaml:2:1: key \"kind\" already set in map"),
            ("kind: Pod\n", "f.yaml, document 1: apiVersion or kind is not set"),
            ("apiVersion: v1\nkind: Pood\n", "no matches for kind \"Pood\" in version \"v1\""),
            ("# nothing\n", "f.yaml: no objects"),
        ] {
            let error = parse("f.yaml", text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
