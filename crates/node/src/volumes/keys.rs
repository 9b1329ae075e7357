//! The files that the keys of a config map or a secret become: a pure function of the objects.

use super::payload::{File, Payload};
use crate::Error;
use bytes::Bytes;
use k8s_openapi::api::core::v1::{ConfigMap, KeyToPath, Secret};
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
pub type Data = BTreeMap<String, Bytes>;

pub fn config_map_data(config_map: ConfigMap) -> Data {
    let text = config_map.data.into_iter().flatten().map(|(key, text)| (key, text.into()));
    let binary = config_map.binary_data.into_iter().flatten().map(|(key, bytes)| (key, bytes.0.into()));
    text.chain(binary).collect()
}

pub fn secret_data(secret: Secret) -> Data {
    secret.data.into_iter().flatten().map(|(key, bytes)| (key, bytes.0.into())).collect()
}

/// Adds the files for a source: all its keys, or those that `items` names. A key that is missing is an error unless the
/// source is optional. `kind` is how messages call the source.
pub fn add(
    kind: &'static str,
    data: &Data,
    items: Option<&[KeyToPath]>,
    mode: u32,
    optional: bool,
    payload: &mut Payload<'_>,
) -> Result<(), Error> {
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        let mut all = data.iter().map(|(key, data)| (PathBuf::from(key), File { data: data.clone(), mode }));
        return all.try_for_each(|(path, file)| payload.insert(path, file));
    };
    for item in items {
        match data.get(&item.key) {
            Some(data) => {
                let mode = item.mode.map_or(mode, |own| default_mode(Some(own)));
                payload.insert(relative(&item.path)?, File { data: data.clone(), mode })?;
            }
            None if optional => {}
            None => return Err(Error::KeyNotFound { kind, key: item.key.clone() }),
        }
    }
    Ok(())
}

/// A path below the volume's root.
pub fn relative(path: &str) -> Result<PathBuf, Error> {
    let parsed = Path::new(path);
    let below = parsed.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if path.is_empty() || !below || path.starts_with("..") {
        return Err(Error::VolumePath(path.to_owned()));
    }
    Ok(parsed.components().filter(|part| *part != Component::CurDir).collect())
}

#[cfg(test)]
mod tests {
    use super::{super::payload::FileRoom, *};

    fn data(pairs: &[(&str, &str)]) -> Data {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned().into())).collect()
    }

    fn item(key: &str, path: &str, mode: Option<i32>) -> KeyToPath {
        KeyToPath { key: key.to_owned(), path: path.to_owned(), mode, ..KeyToPath::default() }
    }

    fn files(
        data: &Data,
        items: Option<&[KeyToPath]>,
        mode: u32,
        optional: bool,
    ) -> Result<BTreeMap<PathBuf, File>, Error> {
        let room = FileRoom::default();
        let mut payload = Payload::new(&room);
        add("secret", data, items, mode, optional, &mut payload)?;
        Ok(payload.into_files())
    }

    #[test]
    fn all_keys_become_files_unless_items_choose() {
        let data = data(&[("a", "1"), ("b", "2")]);
        let all = files(&data, None, 0o600, false).unwrap();
        assert_eq!(all.keys().collect::<Vec<_>>(), [Path::new("a"), Path::new("b")]);
        assert_eq!(all[Path::new("a")], File { data: "1".into(), mode: 0o600 });

        let chosen = files(&data, Some(&[item("b", "sub/./c", Some(0o400))]), 0o644, false).unwrap();
        assert_eq!(chosen[Path::new("sub/c")], File { data: "2".into(), mode: 0o400 });
    }

    #[test]
    fn a_missing_key_is_an_error_unless_optional() {
        let items = [item("gone", "x", None)];
        let error = files(&Data::new(), Some(&items), 0o644, false).unwrap_err();
        assert_eq!(error.to_string(), "secret references non-existent secret key: gone");
        assert!(files(&Data::new(), Some(&items), 0o644, true).unwrap().is_empty());
    }

    #[test]
    fn paths_stay_inside_the_volume() {
        for path in ["/etc/passwd", "../x", "a/../../x", "", "..data"] {
            let error = files(&data(&[("a", "")]), Some(&[item("a", path, None)]), 0o644, false);
            assert!(matches!(error, Err(Error::VolumePath(_))), "{path}");
        }
    }

    #[test]
    fn one_key_cannot_be_shown_without_end() {
        let data = data(&[("a", &"x".repeat(1 << 20))]);
        for (count, fits) in [(64, true), (65, false)] {
            let items: Vec<_> = (0..count).map(|index| item("a", &format!("f{index}"), None)).collect();
            assert_eq!(files(&data, Some(&items), 0o644, false).is_ok(), fits, "{count}");
        }
    }
}
