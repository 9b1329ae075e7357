//! Disks of cloud providers.

use crate::validation::required::required;
use k8s_openapi::api::core::v1::{
    AWSElasticBlockStoreVolumeSource, AzureDiskVolumeSource, CinderVolumeSource, GCEPersistentDiskVolumeSource,
};
use machinery::field::{Error, ErrorList, Path};

const CACHING_MODES: [&str; 3] = ["None", "ReadOnly", "ReadWrite"];
const DISK_KINDS: [&str; 3] = ["Dedicated", "Managed", "Shared"];
const MANAGED_DISK_URI: &str =
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const BLOB_DISK_URI: &str = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

/// `gcePersistentDisk`.
pub fn gce_persistent_disk(source: &GCEPersistentDiskVolumeSource, path: &Path) -> ErrorList {
    let mut errors = required(&[("pdName", &source.pd_name)], path);
    errors.extend(partition(source.partition, path));
    errors
}

/// `awsElasticBlockStore`.
pub fn elastic_block_store(source: &AWSElasticBlockStoreVolumeSource, path: &Path) -> ErrorList {
    let mut errors = required(&[("volumeID", &source.volume_id)], path);
    errors.extend(partition(source.partition, path));
    errors
}

/// 0, which is none, is allowed although the message says otherwise.
fn partition(partition: Option<i32>, path: &Path) -> Option<Error> {
    let partition = partition.filter(|partition| !(0..=255).contains(partition))?;
    Some(Error::invalid(&path.child("partition"), partition, "must be between 1 and 255, inclusive"))
}

/// `cinder`.
pub fn cinder(source: &CinderVolumeSource, path: &Path) -> ErrorList {
    let mut errors = required(&[("volumeID", &source.volume_id)], path);
    if let Some(secret) = &source.secret_ref {
        errors.extend(required(&[("name", &secret.name)], &path.child("secretRef")));
    }
    errors
}

/// `azureDisk`: managed disks have another sort of address than blobs.
pub fn azure_disk(source: &AzureDiskVolumeSource, path: &Path) -> ErrorList {
    let mut errors = required(&[("diskName", &source.disk_name), ("diskURI", &source.disk_uri)], path);
    if let Some(mode) = source.caching_mode.as_deref().filter(|mode| !CACHING_MODES.contains(mode)) {
        errors.push(Error::not_supported(&path.child("cachingMode"), mode, &CACHING_MODES));
    }
    let Some(kind) = source.kind.as_deref() else { return errors };
    if !DISK_KINDS.contains(&kind) {
        errors.push(Error::not_supported(&path.child("kind"), kind, &DISK_KINDS));
    }
    let (start, supported) =
        if kind == "Managed" { ("/subscriptions/", MANAGED_DISK_URI) } else { ("https://", BLOB_DISK_URI) };
    if !source.disk_uri.starts_with(start) {
        errors.push(Error::not_supported(&path.child("diskURI"), source.disk_uri.as_str(), &[supported]));
    }
    errors
}
