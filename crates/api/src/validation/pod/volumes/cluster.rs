//! Storage of clusters, reached over the network or through a driver.

use crate::validation::{required::required, text};
use k8s_openapi::api::core::v1::{
    CSIVolumeSource, FCVolumeSource, FlexVolumeSource, FlockerVolumeSource, NFSVolumeSource, QuobyteVolumeSource,
    StorageOSVolumeSource,
};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
};
use serde_json::json;

const REGISTRY: &str = "must be a host:port pair or multiple pairs separated by commas";
const TENANT_MAX_LENGTH: usize = 64;

/// `nfs`.
pub fn nfs(source: &NFSVolumeSource, path: &Path) -> ErrorList {
    let mut errors = required(&[("server", &source.server), ("path", &source.path)], path);
    if !source.path.starts_with('/') {
        errors.push(Error::invalid(&path.child("path"), source.path.as_str(), "must be an absolute path"));
    }
    errors
}

/// The monitors of a Ceph cluster.
pub fn monitors(monitors: &[String], path: &Path) -> ErrorList {
    let unset = monitors.is_empty();
    unset.then(|| Error::required(&path.child("monitors"), "")).into_iter().collect()
}

/// `flocker`: a dataset by name or by UUID.
pub fn flocker(source: &FlockerVolumeSource, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let (name, uuid) = (text(source.dataset_name.as_ref()), text(source.dataset_uuid.as_ref()));
    if name.is_empty() && uuid.is_empty() {
        errors.push(Error::required(path, "one of datasetName and datasetUUID is required"));
    }
    if !name.is_empty() && !uuid.is_empty() {
        let detail = "datasetName and datasetUUID can not be specified simultaneously";
        errors.push(Error::invalid(path, "resource", detail));
    }
    if name.contains('/') {
        errors.push(Error::invalid(&path.child("datasetName"), name, "must not contain '/'"));
    }
    errors
}

/// `quobyte`.
pub fn quobyte(source: &QuobyteVolumeSource, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let registry = source.registry.as_str();
    if registry.is_empty() {
        errors.push(Error::required(&path.child("registry"), REGISTRY));
    } else if text(source.tenant.as_ref()).len() > TENANT_MAX_LENGTH {
        let detail = "must be a UUID and may not exceed a length of 64 characters";
        errors.push(Error::required(&path.child("tenant"), detail));
    } else {
        let bad = registry.split(',').filter(|pair| !is_host_and_port(pair));
        errors.extend(bad.map(|_| Error::invalid(&path.child("registry"), registry, REGISTRY)));
    }
    errors.extend(required(&[("volume", &source.volume)], path));
    errors
}

/// Whether Go's `net.SplitHostPort` takes the text apart: an address with colons stands in brackets.
fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let host = match host.strip_prefix('[') {
        Some(rest) => match rest.strip_suffix(']') {
            Some(host) => host,
            None => return false,
        },
        None if host.contains(':') => return false,
        None => host,
    };
    !host.contains(['[', ']']) && !port.contains(['[', ']'])
}

/// `fc`: a target and its unit, or a world wide identifier.
pub fn fibre_channel(source: &FCVolumeSource, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let targets = source.target_wwns.as_deref().unwrap_or_default();
    let identifiers = source.wwids.as_deref().unwrap_or_default();
    let targets_path = path.child("targetWWNs");
    if targets.is_empty() && identifiers.is_empty() {
        errors.push(Error::required(&targets_path, "must specify either targetWWNs or wwids, but not both"));
    }
    if !targets.is_empty() && !identifiers.is_empty() {
        let detail = "targetWWNs and wwids can not be specified simultaneously";
        errors.push(Error::invalid(&targets_path, json!(targets), detail));
    }
    let lun_path = path.child("lun");
    match source.lun {
        _ if targets.is_empty() => {}
        None => errors.push(Error::required(&lun_path, "lun is required if targetWWNs is specified")),
        Some(lun) if !(0..=255).contains(&lun) => {
            errors.push(Error::invalid(&lun_path, lun, format::inclusive_range_error(0, 255)));
        }
        Some(_) => {}
    }
    errors
}

/// `flexVolume`: Kubernetes passes options of its own to the driver.
pub fn flex_volume(source: &FlexVolumeSource, path: &Path) -> ErrorList {
    let mut errors = required(&[("driver", &source.driver)], path);
    for key in source.options.iter().flat_map(|options| options.keys()) {
        let namespace = key.split_once('/').map_or(key.as_str(), |(namespace, _)| namespace);
        let domain = format!(".{}", namespace.to_lowercase());
        if domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io") {
            let detail = "kubernetes.io and k8s.io namespaces are reserved";
            errors.push(Error::invalid(&path.child("options").key(key), key.as_str(), detail));
        }
    }
    errors
}

/// `storageos`.
pub fn storage_os(source: &StorageOSVolumeSource, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let (name, namespace) = (text(source.volume_name.as_ref()), text(source.volume_namespace.as_ref()));
    if name.is_empty() {
        errors.push(Error::required(&path.child("volumeName"), ""));
    } else {
        errors.extend(invalid_each(&path.child("volumeName"), name, format::dns1123_label(name)));
    }
    if !namespace.is_empty() {
        errors.extend(invalid_each(&path.child("volumeNamespace"), namespace, format::dns1123_label(namespace)));
    }
    if let Some(secret) = &source.secret_ref {
        errors.extend(required(&[("name", &secret.name)], &path.child("secretRef")));
    }
    errors
}

/// `csi`.
pub fn csi(source: &CSIVolumeSource, path: &Path) -> ErrorList {
    let mut errors = csi_driver_name(&source.driver, &path.child("driver"));
    match &source.node_publish_secret_ref {
        Some(secret) if secret.name.is_empty() => {
            errors.push(Error::required(&path.child("nodePublishSecretRef").child("name"), ""));
        }
        Some(secret) => {
            let messages = format::dns1123_subdomain(&secret.name);
            errors.extend(invalid_each(&path.child("name"), &secret.name, messages));
        }
        None => {}
    }
    errors
}

fn csi_driver_name(name: &str, path: &Path) -> ErrorList {
    if name.is_empty() {
        return vec![Error::required(path, "")];
    }
    let mut errors = ErrorList::new();
    if name.len() > format::LABEL_MAX_LENGTH {
        errors.push(Error::too_long(path, format::LABEL_MAX_LENGTH));
    }
    errors.extend(invalid_each(path, name, format::dns1123_subdomain(&name.to_lowercase())));
    errors
}

#[cfg(test)]
mod tests {
    use super::is_host_and_port;

    #[test]
    fn hosts_and_ports() {
        let good = ["registry:7861", "10.0.0.1:80", "[::1]:80", ":80", "host:"];
        let bad = ["registry", "::1:80", "[::1]", "[::1:80", "a]:80", "[a]b:80", "a:b]", "[[a]:80", ""];
        for (values, expected) in [(good.as_slice(), true), (bad.as_slice(), false)] {
            for value in values {
                assert_eq!(is_host_and_port(value), expected, "{value}");
            }
        }
    }
}
