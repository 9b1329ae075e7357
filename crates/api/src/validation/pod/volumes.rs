//! The volumes of a pod.

mod certificates;
mod cloud;
mod cluster;
mod files;
mod iscsi;
mod projected;

use crate::validation::{
    claim::claim_template,
    one_of::{OneOf, one_of_values},
    required::required,
    text,
};
use k8s_openapi::api::core::v1::{EphemeralVolumeSource, PodSpec, Volume};
use machinery::{
    field::{Error, ErrorList, Path, invalid_each},
    format,
    quantity::Quantity,
};
use std::collections::HashMap;

/// The valid volumes by name: what mounts can refer to.
pub type Volumes<'pod> = HashMap<&'pod str, &'pod Volume>;

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

/// The one source, in Kubernetes' order. Three sources go by another name here or there, as they do in Kubernetes.
fn source(volume: &Volume, pod_name: &str, path: &Path) -> ErrorList {
    let mut one_of = OneOf::new(path, "volume");
    one_of.alternative("emptyDir", volume.empty_dir.as_ref(), |source, path| {
        let limit: Option<Quantity> = source.size_limit.as_ref().and_then(|limit| limit.0.parse().ok());
        let negative = limit.is_some_and(Quantity::is_negative);
        let detail = "SizeLimit field must be a valid resource quantity";
        negative.then(|| Error::forbidden(&path.child("sizeLimit"), detail)).into_iter().collect()
    });
    one_of.alternative("hostPath", volume.host_path.as_ref(), files::host_path);
    one_of.alternative("gitRepo", volume.git_repo.as_ref(), files::git_repository);
    let disk = volume.gce_persistent_disk.as_ref();
    one_of.misnamed("gcePersistentDisk", "persistentDisk", disk, cloud::gce_persistent_disk);
    one_of.alternative("awsElasticBlockStore", volume.aws_elastic_block_store.as_ref(), cloud::elastic_block_store);
    one_of.alternative("secret", volume.secret.as_ref(), files::secret);
    one_of.alternative("nfs", volume.nfs.as_ref(), cluster::nfs);
    one_of.alternative("iscsi", volume.iscsi.as_ref(), iscsi::iscsi);
    one_of.also(iscsi::session_name(volume, path));
    one_of.alternative("glusterfs", volume.glusterfs.as_ref(), |source, path| {
        required(&[("endpoints", &source.endpoints), ("path", &source.path)], path)
    });
    one_of.alternative("flocker", volume.flocker.as_ref(), cluster::flocker);
    one_of.alternative("persistentVolumeClaim", volume.persistent_volume_claim.as_ref(), |source, path| {
        required(&[("claimName", &source.claim_name)], path)
    });
    one_of.alternative("rbd", volume.rbd.as_ref(), |source, path| {
        let mut errors = cluster::monitors(&source.monitors, path);
        errors.extend(required(&[("image", &source.image)], path));
        errors
    });
    one_of.alternative("cinder", volume.cinder.as_ref(), cloud::cinder);
    one_of
        .misnamed("cephFS", "cephfs", volume.cephfs.as_ref(), |source, path| cluster::monitors(&source.monitors, path));
    one_of.alternative("quobyte", volume.quobyte.as_ref(), cluster::quobyte);
    one_of.misnamed("downwarAPI", "downwardAPI", volume.downward_api.as_ref(), projected::downward_api);
    one_of.alternative("fc", volume.fc.as_ref(), cluster::fibre_channel);
    one_of.alternative("flexVolume", volume.flex_volume.as_ref(), cluster::flex_volume);
    one_of.alternative("configMap", volume.config_map.as_ref(), files::config_map);
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
    one_of.alternative("azureDisk", volume.azure_disk.as_ref(), cloud::azure_disk);
    one_of.alternative("storageos", volume.storageos.as_ref(), cluster::storage_os);
    one_of.alternative("projected", volume.projected.as_ref(), projected::projected);
    one_of.alternative("scaleIO", volume.scale_io.as_ref(), |source, path| {
        let volume_name = text(source.volume_name.as_ref());
        required(&[("gateway", &source.gateway), ("system", &source.system), ("volumeName", volume_name)], path)
    });
    one_of.alternative("csi", volume.csi.as_ref(), cluster::csi);
    one_of.alternative("ephemeral", volume.ephemeral.as_ref(), |source, source_path| {
        let mut errors = ephemeral(source, source_path);
        errors.extend(claim_name(&volume.name, pod_name, &path.child("name")));
        errors
    });
    one_of.alternative("image", volume.image.as_ref(), |source, path| {
        let mut errors = required(&[("reference", text(source.reference.as_ref()))], path);
        let supported = ["Always", "IfNotPresent", "Never"];
        errors.extend(one_of_values(source.pull_policy.as_ref(), &supported, path, "pullPolicy"));
        errors
    });
    one_of.finish()
}

fn ephemeral(source: &EphemeralVolumeSource, path: &Path) -> ErrorList {
    let path = path.child("volumeClaimTemplate");
    let Some(template) = &source.volume_claim_template else { return vec![Error::required(&path, "")] };
    claim_template(template, &path)
}

/// The claim made for an ephemeral volume is called after pod and volume.
fn claim_name(volume: &str, pod_name: &str, path: &Path) -> ErrorList {
    if pod_name.is_empty() || volume.is_empty() {
        return ErrorList::new();
    }
    let claim = format!("{pod_name}-{volume}");
    let messages = format::dns1123_subdomain(&claim).into_iter();
    messages.map(|message| Error::invalid(path, volume, format!("PVC name \"{claim}\": {message}"))).collect()
}
