//! Projected volumes: several sources in one directory, and the fields of the pod as files.

use super::{
    super::environment::{field_selector, resource_selector},
    certificates::{certificate_files, cluster_trust_bundle, pod_certificate},
    files::key_to_path,
};
use crate::validation::paths;
use k8s_openapi::api::core::v1::{
    DownwardAPIVolumeFile, DownwardAPIVolumeSource, KeyToPath, ProjectedVolumeSource, ServiceAccountTokenProjection,
    VolumeProjection,
};
use machinery::field::{Error, ErrorList, Path};
use std::collections::HashSet;

const DOWNWARD_API_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
const MIN_TOKEN_SECONDS: i64 = 10 * 60;
const MAX_TOKEN_SECONDS: i64 = 1 << 32;

/// `downwardAPI`: files with fields of the pod.
pub fn downward_api(source: &DownwardAPIVolumeSource, path: &Path) -> ErrorList {
    let mut errors: ErrorList = paths::file_mode(source.default_mode, &path.child("defaultMode")).into_iter().collect();
    errors.extend(source.items.iter().flatten().flat_map(|file| downward_api_file(file, path)));
    errors
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
        errors.extend(service_account_token(token, volume, &path.child("serviceAccountToken")));
    }
    if let Some(bundle) = &projection.cluster_trust_bundle {
        errors.extend(cluster_trust_bundle(bundle, &path.child("clusterTrustBundle")));
        claim(&bundle.path, &bundle.path, &mut errors);
    }
    if let Some(certificate) = &projection.pod_certificate {
        let path = path.child("podCertificate");
        errors.extend(pod_certificate(certificate, &path));
        for (field, file) in certificate_files(certificate) {
            errors.extend(paths::local_non_reserved(file, &path.child(field)));
            claim(file, file, &mut errors);
        }
        if certificate_files(certificate).next().is_none() {
            let detail = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath";
            errors.push(Error::required(&path, detail));
        }
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

/// A token, whose file Kubernetes takes for one of the volume.
fn service_account_token(token: &ServiceAccountTokenProjection, volume: &Path, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let seconds_path = path.child("expirationSeconds");
    match token.expiration_seconds {
        None => errors.push(Error::required(&seconds_path, "")),
        Some(seconds) if seconds < MIN_TOKEN_SECONDS => {
            let detail = "may not specify a duration less than 10 minutes";
            errors.push(Error::invalid(&seconds_path, seconds, detail));
        }
        Some(seconds) if seconds > MAX_TOKEN_SECONDS => {
            let detail = "may not specify a duration larger than 2^32 seconds";
            errors.push(Error::invalid(&seconds_path, seconds, detail));
        }
        Some(_) => {}
    }
    let file_path = volume.child("path");
    if token.path.is_empty() {
        errors.push(Error::required(&file_path, ""));
    }
    errors.extend(paths::local_non_reserved(&token.path, &file_path));
    errors
}
