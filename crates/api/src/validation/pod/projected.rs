//! Projected volumes: several sources in one directory.

use std::collections::HashSet;

use k8s_openapi::api::core::v1::{DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, VolumeProjection};

use super::{
    environment::{field_selector, resource_selector},
    volumes::key_to_path,
};
use crate::{
    field::{Error, ErrorList, Path},
    validation::paths,
};

const DOWNWARD_API_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
const MIN_TOKEN_SECONDS: i64 = 10 * 60;
const MAX_TOKEN_SECONDS: i64 = 1 << 32;

/// Files with fields of the pod.
pub fn downward_api_files(files: &[DownwardAPIVolumeFile], path: &Path) -> ErrorList {
    files.iter().flat_map(|file| downward_api_file(file, path)).collect()
}

fn downward_api_file(file: &DownwardAPIVolumeFile, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if file.path.is_empty() {
        errors.push(Error::required(&path.child("path"), ""));
    }
    errors.extend(paths::local_non_reserved(&file.path, &path.child("path")));
    match (&file.field_ref, &file.resource_field_ref) {
        (Some(reference), other) => {
            errors.extend(field_selector(reference, &DOWNWARD_API_FIELDS, &path.child("fieldRef")));
            if other.is_some() {
                let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
                errors.push(Error::invalid(path, "resource", detail));
            }
        }
        (None, Some(reference)) => errors.extend(resource_selector(reference, true, &path.child("resourceFieldRef"))),
        (None, None) => errors.push(Error::required(path, "one of fieldRef and resourceFieldRef is required")),
    }
    errors.extend(paths::file_mode(file.mode, &path.child("mode")));
    errors
}

/// A projected volume: no two sources may claim the same file.
pub fn projected(source: &ProjectedVolumeSource, path: &Path) -> ErrorList {
    let mut errors: ErrorList = paths::file_mode(source.default_mode, &path.child("defaultMode")).into_iter().collect();
    let mut taken = HashSet::new();
    for (index, projection) in source.sources.iter().flatten().enumerate() {
        let found = sources(projection, path, &path.child("sources").index(index), &mut taken);
        errors.extend(found);
    }
    errors
}

fn sources<'pod>(
    projection: &'pod VolumeProjection,
    volume: &Path,
    path: &Path,
    taken: &mut HashSet<&'pod str>,
) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut claim = |file: &'pod str, value: &str, errors: &mut ErrorList| {
        if !file.is_empty() && !taken.insert(file) {
            errors.push(Error::invalid(volume, value, "conflicting duplicate paths"));
        }
    };
    let mut keys = |name: &'pod str, items: Option<&'pod Vec<KeyToPath>>, path: &Path, errors: &mut ErrorList| {
        if name.is_empty() {
            errors.push(Error::required(&path.child("name"), ""));
        }
        for (index, item) in items.into_iter().flatten().enumerate() {
            errors.extend(key_to_path(item, &path.child("items").index(index)));
            claim(&item.path, name, errors);
        }
    };
    if let Some(secret) = &projection.secret {
        keys(&secret.name, secret.items.as_ref(), &path.child("secret"), &mut errors);
    }
    if let Some(config_map) = &projection.config_map {
        keys(&config_map.name, config_map.items.as_ref(), &path.child("configMap"), &mut errors);
    }
    if let Some(fields) = &projection.downward_api {
        for file in fields.items.iter().flatten() {
            errors.extend(downward_api_file(file, &path.child("downwardAPI")));
            claim(&file.path, &file.path, &mut errors);
        }
    }
    if let Some(token) = &projection.service_account_token {
        let seconds = token.expiration_seconds.unwrap_or_default();
        let seconds_path = path.child("serviceAccountToken").child("expirationSeconds");
        if seconds < MIN_TOKEN_SECONDS {
            let detail = "may not specify a duration less than 10 minutes";
            errors.push(Error::invalid(&seconds_path, seconds, detail));
        }
        if seconds > MAX_TOKEN_SECONDS {
            let detail = "may not specify a duration larger than 2^32 seconds";
            errors.push(Error::invalid(&seconds_path, seconds, detail));
        }
        if token.path.is_empty() {
            errors.push(Error::required(&volume.child("path"), ""));
        }
        errors.extend(paths::local_non_reserved(&token.path, &volume.child("path")));
    }
    if let Some(bundle) = &projection.cluster_trust_bundle {
        let path = path.child("clusterTrustBundle");
        if bundle.name.is_some() == bundle.signer_name.is_some() {
            errors.push(Error::required(&path, "either name or signerName must be specified"));
        }
        if bundle.path.is_empty() {
            errors.push(Error::required(&path.child("path"), ""));
        }
        errors.extend(paths::local_non_reserved(&bundle.path, &path.child("path")));
        claim(&bundle.path, &bundle.path, &mut errors);
    }
    let count = [
        projection.secret.is_some(),
        projection.config_map.is_some(),
        projection.downward_api.is_some(),
        projection.service_account_token.is_some(),
        projection.cluster_trust_bundle.is_some(),
        projection.pod_certificate.is_some(),
    ];
    if count.iter().filter(|set| **set).count() > 1 {
        errors.push(Error::forbidden(path, "may not specify more than 1 volume type per source"));
    }
    errors
}
