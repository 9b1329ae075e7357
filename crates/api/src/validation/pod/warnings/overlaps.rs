//! Files of one volume that stand in each other's way.

use crate::validation::text;
use k8s_openapi::api::core::v1::{DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection};

/// A path in a volume, and the source of its file where there is more than one.
#[derive(Clone, PartialEq, Eq)]
struct File {
    path: String,
    source: String,
}

/// Warnings about files at the same path, or at a path that would have to be a directory.
pub fn overlapping_paths(volumes: &[Volume]) -> Vec<String> {
    volumes.iter().flat_map(in_volume).collect()
}

fn in_volume(volume: &Volume) -> Vec<String> {
    let mut warnings = Vec::new();
    let name = &volume.name;
    let mut warn = |what: &str, files: &[File]| {
        warnings.extend(
            overlaps(files).iter().map(|overlap| format!("volume {name:?} ({what}): overlapping paths: {overlap}")),
        );
    };
    if let Some(source) = &volume.config_map {
        warn(&format!("ConfigMap {:?}", source.name), &keys(source.items.as_deref(), ""));
    }
    if let Some(source) = &volume.secret {
        warn(&format!("Secret {:?}", text(source.secret_name.as_ref())), &keys(source.items.as_deref(), ""));
    }
    if let Some(source) = &volume.downward_api {
        warn("DownwardAPI", &fields(source.items.as_deref(), ""));
    }
    if let Some(projected) = &volume.projected {
        let sources = projected.sources.as_deref().unwrap_or_default();
        warn("Projected", &sources.iter().flat_map(projection).collect::<Vec<_>>());
        let empty = sources.iter().filter(|source| **source == VolumeProjection::default());
        warnings.extend(empty.map(|_| format!("volume {name:?} (Projected) has no sources provided")));
    }
    warnings
}

fn projection(source: &VolumeProjection) -> Vec<File> {
    if let Some(source) = source.config_map.as_ref().filter(|source| source.items.is_some()) {
        return keys(source.items.as_deref(), &format!("ConfigMap {:?}", source.name));
    }
    if let Some(source) = source.secret.as_ref().filter(|source| source.items.is_some()) {
        return keys(source.items.as_deref(), &format!("Secret {:?}", source.name));
    }
    if let Some(source) = source.downward_api.as_ref().filter(|source| source.items.is_some()) {
        return fields(source.items.as_deref(), "DownwardAPI");
    }
    if let Some(token) = &source.service_account_token {
        return vec![file(&token.path, "ServiceAccountToken")];
    }
    let Some(bundle) = &source.cluster_trust_bundle else { return Vec::new() };
    let name = text(bundle.name.as_ref().or(bundle.signer_name.as_ref()));
    vec![file(&bundle.path, &format!("ClusterTrustBundle {name:?}"))]
}

fn keys(items: Option<&[KeyToPath]>, source: &str) -> Vec<File> {
    items.unwrap_or_default().iter().map(|item| file(&item.path, source)).collect()
}

fn fields(items: Option<&[DownwardAPIVolumeFile]>, source: &str) -> Vec<File> {
    items.unwrap_or_default().iter().map(|item| file(&item.path, source)).collect()
}

fn file(path: &str, source: &str) -> File {
    File { path: path.trim_end_matches('/').to_owned(), source: source.to_owned() }
}

/// Each pair of files that overlap, the later one first.
fn overlaps(files: &[File]) -> Vec<String> {
    let below = |path: &str, other: &str| format!("{path}/").starts_with(&format!("{other}/"));
    let mut found = Vec::new();
    for (index, later) in files.iter().enumerate().filter(|(_, file)| !file.path.is_empty()) {
        for earlier in files[..index].iter().filter(|file| !file.path.is_empty()) {
            if below(&earlier.path, &later.path) || below(&later.path, &earlier.path) {
                found.push(format!("{} with {}", described(later), described(earlier)));
            }
        }
    }
    found
}

fn described(file: &File) -> String {
    if file.source.is_empty() { format!("{:?}", file.path) } else { format!("{:?} ({})", file.path, file.source) }
}
