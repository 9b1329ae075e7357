//! The sources of volumes, one module each, and the list of them.
//!
//! A source that has to be attached, staged and published does so in its `set_up`, one after the other; what it must
//! undo later than the pod lives is found by the name of the volume's folder, `kubernetes.io~NAME/VOLUME`, also after
//! a restart of the node. Today's sources leave nothing behind but mounts and files, which go without asking them.

mod config_map;
mod downward_api;
mod empty_dir;
mod host_path;
mod keyed;
mod projected;
mod secret;

use super::plugin::Plugin;
use crate::Error;
use k8s_openapi::api::core::v1::Volume;

/// The plugin for a volume. Every field of the schema stands here: one that the API gets new does not compile.
pub fn plugin(volume: &Volume) -> Result<&dyn Plugin, Error> {
    let Volume {
        name: _,
        config_map,
        downward_api,
        empty_dir,
        host_path,
        projected,
        secret,
        // Not offered (yet).
        csi: _,
        ephemeral: _,
        image: _,
        persistent_volume_claim: _,
        // Never offered: Kubernetes itself has removed them, leaves them to CSI, or warns of them.
        aws_elastic_block_store: _,
        azure_disk: _,
        azure_file: _,
        cephfs: _,
        cinder: _,
        fc: _,
        flex_volume: _,
        flocker: _,
        gce_persistent_disk: _,
        git_repo: _,
        glusterfs: _,
        iscsi: _,
        nfs: _,
        photon_persistent_disk: _,
        portworx_volume: _,
        quobyte: _,
        rbd: _,
        scale_io: _,
        storageos: _,
        vsphere_volume: _,
    } = volume;
    let sources = [
        config_map.as_ref().map(source),
        downward_api.as_ref().map(source),
        empty_dir.as_ref().map(source),
        host_path.as_ref().map(source),
        projected.as_ref().map(source),
        secret.as_ref().map(source),
    ];
    sources.into_iter().flatten().next().ok_or(Error::UnsupportedVolume)
}

fn source(source: &impl Plugin) -> &dyn Plugin {
    source
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_source_has_its_plugin() {
        for (field, expected) in [
            ("configMap", Some("configmap")),
            ("downwardAPI", Some("downward-api")),
            ("emptyDir", Some("empty-dir")),
            ("hostPath", Some("host-path")),
            ("projected", Some("projected")),
            ("secret", Some("secret")),
            ("nfs", None),
            ("persistentVolumeClaim", None),
        ] {
            let volume = serde_json::from_value(json!({ "name": "v", field: {} })).unwrap();
            assert_eq!(plugin(&volume).map(Plugin::name).ok(), expected, "{field}");
        }
    }
}
