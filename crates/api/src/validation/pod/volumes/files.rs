//! Volumes that are files of the node or of the API.

use crate::validation::{paths, required::required, text};
use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, GitRepoVolumeSource, HostPathVolumeSource, KeyToPath, SecretVolumeSource,
};
use machinery::field::{Error, ErrorList, Path};

const HOST_PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// `hostPath`.
pub fn host_path(source: &HostPathVolumeSource, path: &Path) -> ErrorList {
    if source.path.is_empty() {
        return vec![Error::required(&path.child("path"), "")];
    }
    let mut errors: ErrorList = paths::no_backsteps(&source.path, &path.child("path")).into_iter().collect();
    if let Some(kind) = source.type_.as_deref().filter(|kind| !HOST_PATH_TYPES.contains(kind)) {
        errors.push(Error::not_supported(&path.child("type"), kind, &HOST_PATH_TYPES));
    }
    errors
}

/// `gitRepo`.
pub fn git_repository(source: &GitRepoVolumeSource, path: &Path) -> ErrorList {
    let mut errors = required(&[("repository", &source.repository)], path);
    errors.extend(paths::local_descending(text(source.directory.as_ref()), &path.child("directory")));
    errors
}

/// `secret`.
pub fn secret(source: &SecretVolumeSource, path: &Path) -> ErrorList {
    let mut errors = required(&[("secretName", text(source.secret_name.as_ref()))], path);
    errors.extend(files(source.default_mode, source.items.as_deref(), path));
    errors
}

/// `configMap`.
pub fn config_map(source: &ConfigMapVolumeSource, path: &Path) -> ErrorList {
    let mut errors = required(&[("name", &source.name)], path);
    errors.extend(files(source.default_mode, source.items.as_deref(), path));
    errors
}

fn files(default_mode: Option<i32>, items: Option<&[KeyToPath]>, path: &Path) -> ErrorList {
    let mut errors: ErrorList = paths::file_mode(default_mode, &path.child("defaultMode")).into_iter().collect();
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        errors.extend(key_to_path(item, &path.child("items").index(index)));
    }
    errors
}

/// A key and the file it becomes.
pub fn key_to_path(item: &KeyToPath, path: &Path) -> ErrorList {
    let mut errors = required(&[("key", &item.key), ("path", &item.path)], path);
    errors.extend(paths::local_non_reserved(&item.path, &path.child("path")));
    errors.extend(paths::file_mode(item.mode, &path.child("mode")));
    errors
}
