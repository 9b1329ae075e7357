//! The volumes of a pod.

use std::collections::HashMap;

use k8s_openapi::api::core::v1::{HostPathVolumeSource, KeyToPath, PersistentVolumeClaimTemplate, PodSpec, Volume};

use super::projected::{downward_api_files, projected};
use crate::{
    field::{Error, ErrorList, Path, invalid_each},
    quantity::Quantity,
    validation::{format, labels, one_of::OneOf, paths, text},
};

/// The valid volumes by name: what mounts can refer to.
pub type Volumes<'pod> = HashMap<&'pod str, &'pod Volume>;

const HOST_PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// All volumes; returns those that are valid. `pod_name` is empty in a template.
pub fn volumes<'pod>(spec: &'pod PodSpec, pod_name: &str, path: &Path) -> (Volumes<'pod>, ErrorList) {
    let volumes = spec.volumes.as_deref().unwrap_or_default();
    let mut errors = ErrorList::new();
    let mut valid = Volumes::new();
    let made_for_pod = |claim: &str| {
        let of = |volume: &Volume| volume.ephemeral.is_some() && claim == format!("{pod_name}-{}", volume.name);
        !pod_name.is_empty() && volumes.iter().any(of)
    };
    for (index, volume) in volumes.iter().enumerate() {
        let path = path.index(index);
        let mut found = source(volume, pod_name, &path);
        let name_path = path.child("name");
        if volume.name.is_empty() {
            found.push(Error::required(&name_path, ""));
        } else {
            found.extend(invalid_each(&name_path, &volume.name, format::dns1123_label(&volume.name)));
        }
        if valid.contains_key(volume.name.as_str()) {
            found.push(Error::duplicate(&name_path, volume.name.as_str()));
        }
        if found.is_empty() {
            valid.insert(&volume.name, volume);
        }
        errors.extend(found);
        if let Some(claim) = volume.persistent_volume_claim.as_ref().filter(|claim| made_for_pod(&claim.claim_name)) {
            let path = path.child("persistentVolumeClaim").child("claimName");
            let detail = "must not reference a PVC that gets created for an ephemeral volume";
            errors.push(Error::invalid(&path, claim.claim_name.as_str(), detail));
        }
    }
    (valid, errors)
}

fn source(volume: &Volume, pod_name: &str, path: &Path) -> ErrorList {
    let mut one_of = OneOf::new(path, "volume");
    one_of.alternative("emptyDir", volume.empty_dir.as_ref(), |source, path| {
        let limit: Option<Quantity> = source.size_limit.as_ref().and_then(|limit| limit.0.parse().ok());
        let negative = limit.is_some_and(Quantity::is_negative);
        let detail = "SizeLimit field must be a valid resource quantity";
        negative.then(|| Error::forbidden(&path.child("sizeLimit"), detail)).into_iter().collect()
    });
    one_of.alternative("hostPath", volume.host_path.as_ref(), host_path);
    one_of.alternative("gitRepo", volume.git_repo.as_ref(), |source, path| {
        let mut errors = required(&[("repository", &source.repository)], path);
        errors.extend(paths::local_descending(text(source.directory.as_ref()), &path.child("directory")));
        errors
    });
    one_of.alternative("secret", volume.secret.as_ref(), |source, path| {
        let mut errors = required(&[("secretName", text(source.secret_name.as_ref()))], path);
        errors.extend(files(source.default_mode, source.items.as_deref(), path));
        errors
    });
    one_of.alternative("nfs", volume.nfs.as_ref(), |source, path| {
        let mut errors = required(&[("server", &source.server), ("path", &source.path)], path);
        if !source.path.is_empty() && !source.path.starts_with('/') {
            errors.push(Error::invalid(&path.child("path"), source.path.as_str(), "must be an absolute path"));
        }
        errors
    });
    one_of.alternative("persistentVolumeClaim", volume.persistent_volume_claim.as_ref(), |source, path| {
        required(&[("claimName", &source.claim_name)], path)
    });
    one_of.alternative("downwardAPI", volume.downward_api.as_ref(), |source, path| {
        let mut errors: ErrorList =
            paths::file_mode(source.default_mode, &path.child("defaultMode")).into_iter().collect();
        errors.extend(downward_api_files(source.items.as_deref().unwrap_or_default(), path));
        errors
    });
    one_of.alternative("configMap", volume.config_map.as_ref(), |source, path| {
        let mut errors = required(&[("name", &source.name)], path);
        errors.extend(files(source.default_mode, source.items.as_deref(), path));
        errors
    });
    one_of.alternative("projected", volume.projected.as_ref(), projected);
    one_of.alternative("csi", volume.csi.as_ref(), |source, path| {
        let mut errors = csi_driver_name(&source.driver, &path.child("driver"));
        if let Some(secret) = &source.node_publish_secret_ref {
            errors.extend(required(&[("name", &secret.name)], &path.child("nodePublishSecretRef")));
        }
        errors
    });
    one_of.alternative("ephemeral", volume.ephemeral.as_ref(), |source, path| {
        let path = path.child("volumeClaimTemplate");
        let Some(template) = &source.volume_claim_template else { return vec![Error::required(&path, "")] };
        claim_template(template, &path)
    });
    one_of.alternative("image", volume.image.as_ref(), |source, path| {
        let mut errors = required(&[("reference", text(source.reference.as_ref()))], path);
        let supported = ["Always", "IfNotPresent", "Never"];
        errors.extend(super::containers::one_of_values(source.pull_policy.as_ref(), &supported, path, "pullPolicy"));
        errors
    });
    other_sources(volume, &mut one_of);
    let mut errors = one_of.finish();
    if volume.ephemeral.is_some() && !pod_name.is_empty() && !volume.name.is_empty() {
        let claim = format!("{pod_name}-{}", volume.name);
        for message in format::dns1123_subdomain(&claim) {
            let detail = format!("PVC name \"{claim}\": {message}");
            errors.push(Error::invalid(&path.child("name"), volume.name.as_str(), detail));
        }
    }
    errors
}

/// Storage of clouds and clusters: what these sources cannot do without.
fn other_sources(volume: &Volume, one_of: &mut OneOf) {
    one_of.alternative("gcePersistentDisk", volume.gce_persistent_disk.as_ref(), |source, path| {
        required(&[("pdName", &source.pd_name)], path)
    });
    one_of.alternative("awsElasticBlockStore", volume.aws_elastic_block_store.as_ref(), |source, path| {
        required(&[("volumeID", &source.volume_id)], path)
    });
    one_of.alternative("iscsi", volume.iscsi.as_ref(), |source, path| {
        required(&[("targetPortal", &source.target_portal), ("iqn", &source.iqn)], path)
    });
    one_of.alternative("glusterfs", volume.glusterfs.as_ref(), |source, path| {
        required(&[("endpoints", &source.endpoints), ("path", &source.path)], path)
    });
    one_of.alternative("flocker", volume.flocker.as_ref(), |source, path| {
        let unnamed = source.dataset_name.is_none() && source.dataset_uuid.is_none();
        let detail = "one of datasetName and datasetUUID is required";
        unnamed.then(|| Error::required(path, detail)).into_iter().collect()
    });
    one_of.alternative("rbd", volume.rbd.as_ref(), |source, path| {
        let mut errors = required(&[("image", &source.image)], path);
        if source.monitors.is_empty() {
            errors.insert(0, Error::required(&path.child("monitors"), ""));
        }
        errors
    });
    one_of.alternative("cinder", volume.cinder.as_ref(), |source, path| {
        required(&[("volumeID", &source.volume_id)], path)
    });
    one_of.alternative("cephfs", volume.cephfs.as_ref(), |source, path| {
        let unset = source.monitors.is_empty();
        unset.then(|| Error::required(&path.child("monitors"), "")).into_iter().collect()
    });
    one_of.alternative("quobyte", volume.quobyte.as_ref(), |source, path| {
        required(&[("registry", &source.registry), ("volume", &source.volume)], path)
    });
    one_of.alternative("fc", volume.fc.as_ref(), |source, path| {
        let unset = source.target_wwns.is_none() && source.wwids.is_none();
        let detail = "must specify either targetWWNs or wwids, but not both";
        unset.then(|| Error::required(&path.child("targetWWNs"), detail)).into_iter().collect()
    });
    one_of.alternative("flexVolume", volume.flex_volume.as_ref(), |source, path| {
        required(&[("driver", &source.driver)], path)
    });
    one_of.alternative("azureFile", volume.azure_file.as_ref(), |source, path| {
        required(&[("secretName", &source.secret_name), ("shareName", &source.share_name)], path)
    });
    one_of.alternative("vsphereVolume", volume.vsphere_volume.as_ref(), |source, path| {
        required(&[("volumePath", &source.volume_path)], path)
    });
    one_of.alternative("photonPersistentDisk", volume.photon_persistent_disk.as_ref(), |source, path| {
        required(&[("pdID", &source.pd_id)], path)
    });
    one_of.alternative("portworxVolume", volume.portworx_volume.as_ref(), |source, path| {
        required(&[("volumeID", &source.volume_id)], path)
    });
    one_of.alternative("azureDisk", volume.azure_disk.as_ref(), |source, path| {
        required(&[("diskName", &source.disk_name), ("diskURI", &source.disk_uri)], path)
    });
    one_of.alternative("storageos", volume.storageos.as_ref(), |source, path| {
        required(&[("volumeName", text(source.volume_name.as_ref()))], path)
    });
    one_of.alternative("scaleIO", volume.scale_io.as_ref(), |source, path| {
        let volume_name = text(source.volume_name.as_ref());
        required(&[("gateway", &source.gateway), ("system", &source.system), ("volumeName", volume_name)], path)
    });
}

fn required(fields: &[(&str, &str)], path: &Path) -> ErrorList {
    let missing = fields.iter().filter(|(_, value)| value.is_empty());
    missing.map(|(field, _)| Error::required(&path.child(field), "")).collect()
}

fn host_path(source: &HostPathVolumeSource, path: &Path) -> ErrorList {
    if source.path.is_empty() {
        return vec![Error::required(&path.child("path"), "")];
    }
    let mut errors: ErrorList = paths::no_backsteps(&source.path, &path.child("path")).into_iter().collect();
    if let Some(kind) = source.type_.as_deref().filter(|kind| !HOST_PATH_TYPES.contains(kind)) {
        errors.push(Error::not_supported(&path.child("type"), kind, &HOST_PATH_TYPES));
    }
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

fn claim_template(template: &PersistentVolumeClaimTemplate, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(found) = template.metadata.as_ref().and_then(|metadata| metadata.labels.as_ref()) {
        errors.extend(labels::labels(found, &path.child("metadata").child("labels")));
    }
    let path = path.child("spec");
    if template.spec.access_modes.as_ref().is_none_or(Vec::is_empty) {
        errors.push(Error::required(&path.child("accessModes"), "at least 1 access mode is required"));
    }
    let requests = template.spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    if requests.is_none_or(|requests| !requests.contains_key("storage")) {
        errors.push(Error::required(&path.child("resources").key("storage"), ""));
    }
    errors
}
