//! Volume mounts and volume devices.

use super::volumes::Volumes;
use crate::validation::{paths, text};
use k8s_openapi::api::core::v1::{Container, VolumeMount};
use machinery::field::{Error, ErrorList, Path};
use std::collections::HashSet;

/// `volumeMounts`.
pub fn volume_mounts(container: &Container, volumes: &Volumes, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let devices = container.volume_devices.as_deref().unwrap_or_default();
    let mut mount_points = HashSet::new();
    for (index, mount) in container.volume_mounts.iter().flatten().enumerate() {
        let item = path.index(index);
        let (name, mount_path) = (item.child("name"), item.child("mountPath"));
        if mount.name.is_empty() {
            errors.push(Error::required(&name, ""));
        }
        if !volumes.contains_key(mount.name.as_str()) {
            errors.push(Error::not_found(&name, mount.name.as_str()));
        }
        if mount.mount_path.is_empty() {
            errors.push(Error::required(&mount_path, ""));
        }
        if !mount_points.insert(mount.mount_path.as_str()) {
            errors.push(Error::invalid(&mount_path, mount.mount_path.as_str(), "must be unique"));
        }
        if devices.iter().any(|device| device.name == mount.name) {
            errors.push(Error::invalid(&name, mount.name.as_str(), "must not already exist in volumeDevices"));
        }
        if devices.iter().any(|device| device.device_path == mount.mount_path) {
            let detail = "must not already exist as a path in volumeDevices";
            errors.push(Error::invalid(&mount_path, mount.mount_path.as_str(), detail));
        }
        errors.extend(sub_paths(mount, path, &item));
        errors.extend(propagation(mount, container, &path.child("mountPropagation")));
        errors.extend(recursive_read_only(mount, &path.child("recursiveReadOnly")));
    }
    errors
}

fn sub_paths(mount: &VolumeMount, list: &Path, item: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let (sub_path, expression) = (text(mount.sub_path.as_ref()), text(mount.sub_path_expr.as_ref()));
    if !sub_path.is_empty() {
        errors.extend(paths::local_descending(sub_path, &list.child("subPath")));
    }
    if !expression.is_empty() {
        if !sub_path.is_empty() {
            let detail = "subPathExpr and subPath are mutually exclusive";
            errors.push(Error::invalid(&item.child("subPathExpr"), expression, detail));
        }
        errors.extend(paths::local_descending(expression, &list.child("subPathExpr")));
    }
    errors
}

fn propagation(mount: &VolumeMount, container: &Container, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(propagation) = mount.mount_propagation.as_deref() else { return errors };
    let supported = ["Bidirectional", "HostToContainer", "None"];
    if !supported.contains(&propagation) {
        errors.push(Error::not_supported(path, propagation, &supported));
    }
    let privileged = container.security_context.as_ref().and_then(|context| context.privileged) == Some(true);
    if propagation == "Bidirectional" && !privileged {
        let detail = "Bidirectional mount propagation is available only to privileged containers";
        errors.push(Error::forbidden(path, detail));
    }
    errors
}

fn recursive_read_only(mount: &VolumeMount, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    match mount.recursive_read_only.as_deref() {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if mount.read_only != Some(true) {
                errors.push(Error::forbidden(path, "may only be specified when readOnly is true"));
            }
            if mount.mount_propagation.as_deref().is_some_and(|propagation| propagation != "None") {
                let detail = "may only be specified when mountPropagation is None or not specified";
                errors.push(Error::forbidden(path, detail));
            }
        }
        Some(other) => errors.push(Error::not_supported(path, other, &["Disabled", "Enabled", "IfPossible"])),
    }
    errors
}

/// `volumeDevices`.
pub fn volume_devices(container: &Container, volumes: &Volumes, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    let (mut names, mut device_paths) = (HashSet::new(), HashSet::new());
    for (index, device) in container.volume_devices.iter().flatten().enumerate() {
        let item = path.index(index);
        let (name, device_path) = (item.child("name"), item.child("devicePath"));
        if device.name.is_empty() {
            errors.push(Error::required(&name, ""));
        } else if !names.insert(device.name.as_str()) {
            errors.push(Error::invalid(&name, device.name.as_str(), "must be unique"));
        }
        match volumes.get(device.name.as_str()) {
            None => errors.push(Error::not_found(&name, device.name.as_str())),
            Some(volume) if volume.persistent_volume_claim.is_none() && volume.ephemeral.is_none() => {
                let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                errors.push(Error::invalid(&name, device.name.as_str(), detail));
            }
            Some(_) => {}
        }
        if device.device_path.is_empty() {
            errors.push(Error::required(&device_path, ""));
        }
        if device_paths.contains(device.device_path.as_str()) {
            errors.push(Error::invalid(&device_path, device.device_path.as_str(), "must be unique"));
        }
        if paths::no_backsteps(&device.device_path, &device_path).is_some() {
            let detail = "can not contain backsteps ('..')";
            errors.push(Error::invalid(&device_path, device.device_path.as_str(), detail));
        } else {
            device_paths.insert(device.device_path.as_str());
        }
        if mounts.iter().any(|mount| mount.name == device.name) {
            errors.push(Error::invalid(&name, device.name.as_str(), "must not already exist in volumeMounts"));
        }
        if mounts.iter().any(|mount| mount.mount_path == device.device_path) {
            let detail = "must not already exist as a path in volumeMounts";
            errors.push(Error::invalid(&device_path, device.device_path.as_str(), detail));
        }
    }
    errors
}
