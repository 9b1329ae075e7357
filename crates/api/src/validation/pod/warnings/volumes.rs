//! Sources of volumes that no node has any more.

use super::containers::fractional;
use k8s_openapi::api::core::v1::Volume;
use machinery::field::Path;

/// Deprecated sources, and ephemeral claims of a fraction of a byte.
pub fn volume_warnings(volumes: &[Volume], path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    for (index, volume) in volumes.iter().enumerate() {
        let path = path.index(index);
        let mut warn = |set: bool, source: &str, message: &str| {
            if set {
                warnings.push(format!("{}: {message}", path.child(source)));
            }
        };
        let photon = volume.photon_persistent_disk.is_some();
        warn(photon, "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+");
        warn(volume.git_repo.is_some(), "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+");
        warn(volume.scale_io.is_some(), "scaleIO", "deprecated in v1.16, non-functional in v1.22+");
        warn(volume.flocker.is_some(), "flocker", "deprecated in v1.22, non-functional in v1.25+");
        warn(volume.storageos.is_some(), "storageOS", "deprecated in v1.22, non-functional in v1.25+");
        warn(volume.quobyte.is_some(), "quobyte", "deprecated in v1.22, non-functional in v1.25+");
        warn(volume.glusterfs.is_some(), "glusterfs", "deprecated in v1.25, non-functional in v1.26+");
        let template = volume.ephemeral.as_ref().and_then(|source| source.volume_claim_template.as_ref());
        if let Some(resources) = template.and_then(|template| template.spec.resources.as_ref()) {
            let path = path.child("ephemeral").child("volumeClaimTemplate").child("spec").child("resources");
            warnings.extend(fractional(resources.requests.as_ref(), "storage", &path.child("requests")));
            warnings.extend(fractional(resources.limits.as_ref(), "storage", &path.child("limits")));
        }
        let mut warn = |set: bool, source: &str| {
            if set {
                warnings.push(format!("{}: deprecated in v1.28, non-functional in v1.31+", path.child(source)));
            }
        };
        warn(volume.cephfs.is_some(), "cephfs");
        warn(volume.rbd.is_some(), "rbd");
    }
    warnings
}
