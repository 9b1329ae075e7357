//! Volumes of pods, `PersistentVolume`s and their claims.

use super::container::{field_reference, image_pull_policy};
use machinery::fields::{Object, child, child_or_new, items, set_default, text};
use serde_json::json;

/// `0644`, the mode of files that a volume's source does not give one.
const FILE_MODE: i64 = 0o644;

/// A volume of a pod. One without a source is an empty directory.
pub fn volume(volume: &mut Object) {
    let has_source = volume.iter().any(|(key, value)| key != "name" && !value.is_null());
    if !has_source {
        volume.insert("emptyDir".to_owned(), json!({}));
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = child(volume, source) {
            set_default(source, "defaultMode", FILE_MODE);
        }
    }
    if let Some(source) = child(volume, "downwardAPI") {
        items(source, "items").for_each(field_reference);
    }
    if let Some(projected) = child(volume, "projected") {
        items(projected, "sources").for_each(projection);
    }
    if let Some(image) = child(volume, "image") {
        let policy = image_pull_policy(text(image, "reference"));
        set_default(image, "pullPolicy", policy);
    }
    if let Some(template) = child(volume, "ephemeral").and_then(|source| child(source, "volumeClaimTemplate")) {
        claim_spec(template);
    }
    source(volume);
}

/// A `PersistentVolume`.
pub fn persistent_volume(object: &mut Object) {
    pending(object);
    let Some(spec) = child(object, "spec") else { return };
    set_default(spec, "persistentVolumeReclaimPolicy", "Retain");
    set_default(spec, "volumeMode", "Filesystem");
    source(spec);
}

/// A `PersistentVolumeClaim`.
pub fn persistent_volume_claim(object: &mut Object) {
    pending(object);
    claim_spec(object);
}

fn pending(object: &mut Object) {
    if let Some(status) = child_or_new(object, "status") {
        set_default(status, "phase", "Pending");
    }
}

fn claim_spec(claim: &mut Object) {
    if let Some(spec) = child(claim, "spec") {
        set_default(spec, "volumeMode", "Filesystem");
    }
}

fn projection(source: &mut Object) {
    if let Some(token) = child(source, "serviceAccountToken") {
        set_default(token, "expirationSeconds", 3600);
    }
    if let Some(certificate) = child(source, "podCertificate") {
        set_default(certificate, "maxExpirationSeconds", 86400);
    }
    if let Some(fields) = child(source, "downwardAPI") {
        items(fields, "items").for_each(field_reference);
    }
}

/// The sources that pods and `PersistentVolume`s share.
fn source(volume: &mut Object) {
    if let Some(host_path) = child(volume, "hostPath") {
        set_default(host_path, "type", "");
    }
    if let Some(iscsi) = child(volume, "iscsi") {
        set_default(iscsi, "iscsiInterface", "default");
    }
    if let Some(rbd) = child(volume, "rbd") {
        set_default(rbd, "pool", "rbd");
        set_default(rbd, "user", "admin");
        set_default(rbd, "keyring", "/etc/ceph/keyring");
    }
    if let Some(disk) = child(volume, "azureDisk") {
        set_default(disk, "cachingMode", "ReadWrite");
        set_default(disk, "kind", "Shared");
        set_default(disk, "fsType", "ext4");
        set_default(disk, "readOnly", false);
    }
    if let Some(scale_io) = child(volume, "scaleIO") {
        set_default(scale_io, "storageMode", "ThinProvisioned");
        set_default(scale_io, "fsType", "xfs");
    }
}
