//! The files of configMap, secret, projected and downwardAPI volumes as a pure function of the objects behind them
//! (pkg/volume/configmap, secret, projected, downwardapi).

use super::atomic_writer::{File, Payload};
use crate::{
    Error,
    container::{Machine, PodFacts, field_ref},
};
use k8s_openapi::api::core::v1::{ConfigMap, Container, DownwardAPIVolumeFile, KeyToPath, Pod, Secret};
use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

const DEFAULT_MODE: u32 = 0o644;
const MODE_BITS: u32 = 0o777;

/// The mode of files that do not say their own.
pub fn default_mode(mode: Option<i32>) -> u32 {
    mode.and_then(|mode| u32::try_from(mode).ok()).map_or(DEFAULT_MODE, |mode| mode & MODE_BITS)
}

/// What a source holds, key by key.
pub type Data = BTreeMap<String, Vec<u8>>;

pub fn config_map_data(config_map: &ConfigMap) -> Data {
    let text = config_map.data.iter().flatten().map(|(key, text)| (key.clone(), text.clone().into_bytes()));
    let binary = config_map.binary_data.iter().flatten().map(|(key, bytes)| (key.clone(), bytes.0.clone()));
    text.chain(binary).collect()
}

pub fn secret_data(secret: &Secret) -> Data {
    secret.data.iter().flatten().map(|(key, bytes)| (key.clone(), bytes.0.clone())).collect()
}

/// The files for a source: all its keys, or those that `items` names. A key that is missing is an error unless the
/// source is optional. `kind` is how messages call the source.
pub fn files(
    kind: &'static str,
    data: &Data,
    items: Option<&[KeyToPath]>,
    mode: u32,
    optional: bool,
) -> Result<Payload, Error> {
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        return Ok(data.iter().map(|(key, data)| (PathBuf::from(key), File { data: data.clone(), mode })).collect());
    };
    let mut files = Payload::new();
    for item in items {
        match data.get(&item.key) {
            Some(data) => {
                let mode = item.mode.map_or(mode, |own| default_mode(Some(own)));
                files.insert(relative(&item.path)?, File { data: data.clone(), mode });
            }
            None if optional => {}
            None => return Err(Error::KeyNotFound { kind, key: item.key.clone() }),
        }
    }
    Ok(files)
}

/// The files of a downward API source.
pub fn downward_files(
    pod: &Pod,
    machine: &Machine,
    items: &[DownwardAPIVolumeFile],
    mode: u32,
) -> Result<Payload, Error> {
    let mut files = Payload::new();
    for item in items {
        let text = match (&item.field_ref, &item.resource_field_ref) {
            (Some(field), _) => field_ref::field(pod, &PodFacts::default(), &field.field_path)?,
            (None, Some(resource)) => field_ref::resource(pod, &Container::default(), resource, machine)?,
            (None, None) => continue,
        };
        let mode = item.mode.map_or(mode, |own| default_mode(Some(own)));
        files.insert(relative(&item.path)?, File { data: text.into_bytes(), mode });
    }
    Ok(files)
}

/// A path below the volume's root.
fn relative(path: &str) -> Result<PathBuf, Error> {
    let parsed = Path::new(path);
    let below = parsed.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if path.is_empty() || !below || path.starts_with("..") {
        return Err(Error::VolumePath(path.to_owned()));
    }
    Ok(parsed.components().filter(|part| *part != Component::CurDir).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn data(pairs: &[(&str, &str)]) -> Data {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
    }

    fn item(key: &str, path: &str, mode: Option<i32>) -> KeyToPath {
        KeyToPath { key: key.to_owned(), path: path.to_owned(), mode, ..KeyToPath::default() }
    }

    #[test]
    fn all_keys_become_files_unless_items_choose() {
        let data = data(&[("a", "1"), ("b", "2")]);
        let all = files("configmap", &data, None, 0o600, false).unwrap();
        assert_eq!(all.keys().collect::<Vec<_>>(), [Path::new("a"), Path::new("b")]);
        assert_eq!(all[Path::new("a")], File { data: b"1".to_vec(), mode: 0o600 });

        let chosen = files("configmap", &data, Some(&[item("b", "sub/./c", Some(0o400))]), 0o644, false).unwrap();
        assert_eq!(chosen[Path::new("sub/c")], File { data: b"2".to_vec(), mode: 0o400 });
    }

    #[test]
    fn a_missing_key_is_an_error_unless_optional() {
        let items = [item("gone", "x", None)];
        let error = files("secret", &Data::new(), Some(&items), 0o644, false).unwrap_err();
        assert_eq!(error.to_string(), "secret references non-existent secret key: gone");
        assert!(files("secret", &Data::new(), Some(&items), 0o644, true).unwrap().is_empty());
    }

    #[test]
    fn paths_stay_inside_the_volume() {
        for path in ["/etc/passwd", "../x", "a/../../x", "", "..data"] {
            let error = files("secret", &data(&[("a", "")]), Some(&[item("a", path, None)]), 0o644, false);
            assert!(matches!(error, Err(Error::VolumePath(_))), "{path}");
        }
    }

    #[test]
    fn the_downward_api_shows_metadata_and_resources() {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": { "name": "web", "labels": { "app": "shop", "b": "say \"hi\"" } },
            "spec": { "containers": [{ "name": "server", "resources": { "limits": { "memory": "64Mi" } } }] },
        }))
        .unwrap();
        let items: Vec<DownwardAPIVolumeFile> = serde_json::from_value(json!([
            { "path": "labels", "fieldRef": { "fieldPath": "metadata.labels" } },
            { "path": "memory", "resourceFieldRef": { "containerName": "server", "resource": "limits.memory" } },
        ]))
        .unwrap();
        let machine = Machine {
            cgroup_version: crate::container::CgroupVersion::V2,
            memory_capacity: 0,
            allocatable: BTreeMap::new(),
            devices: Vec::new(),
        };
        let files = downward_files(&pod, &machine, &items, 0o644).unwrap();
        let text = |path: &str| String::from_utf8(files[Path::new(path)].data.clone()).unwrap();
        assert_eq!(text("labels"), "app=\"shop\"\nb=\"say \\\"hi\\\"\"");
        assert_eq!(text("memory"), (64 << 20).to_string());
    }
}
