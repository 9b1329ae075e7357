//! Where things are in the node's part of the data directory. Pure paths.

use std::path::{Path, PathBuf};

/// The folder of all pods, and beside it one for what is left of pods that are gone.
#[derive(Clone, Debug)]
pub struct PodsDirectory {
    pods: PathBuf,
    removed: PathBuf,
}

impl PodsDirectory {
    pub fn new(data_dir: &Path) -> Self {
        Self { pods: data_dir.join("pods"), removed: data_dir.join("removed-pods") }
    }

    pub fn path(&self) -> &Path {
        &self.pods
    }

    pub fn pod(&self, uid: &str) -> PodDirectory {
        PodDirectory(self.pods.join(uid))
    }

    /// Where folders of pods wait for their removal.
    pub fn removed(&self) -> &Path {
        &self.removed
    }
}

/// The folder of one pod.
#[derive(Clone, Debug)]
pub struct PodDirectory(PathBuf);

impl PodDirectory {
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What the node knows of the pod.
    pub fn record(&self) -> PathBuf {
        self.0.join("pod.json")
    }

    pub fn etc_hosts(&self) -> PathBuf {
        self.0.join("etc-hosts")
    }

    pub fn hostname(&self) -> PathBuf {
        self.0.join("hostname")
    }

    pub fn resolv_conf(&self) -> PathBuf {
        self.0.join("resolv.conf")
    }

    pub fn volumes(&self) -> PathBuf {
        self.0.join("volumes")
    }

    /// A volume's folder; `plugin` is what the kubelet calls the sort of volume: `empty-dir`, `configmap`, ...
    pub fn volume(&self, plugin: &str, name: &str) -> PathBuf {
        self.volumes().join(format!("kubernetes.io~{plugin}")).join(name)
    }

    /// Where sub-paths of volumes are bound to.
    pub fn sub_paths(&self) -> PathBuf {
        self.0.join("volume-subpaths")
    }

    pub fn container(&self, id: &str) -> PathBuf {
        self.0.join("containers").join(id)
    }

    pub fn termination_log(&self, id: &str) -> PathBuf {
        self.container(id).join("termination-log")
    }

    /// The log of one attempt of a container.
    pub fn log(&self, container: &str, attempt: u32) -> PathBuf {
        self.0.join("logs").join(container).join(format!("{attempt}.log"))
    }
}
