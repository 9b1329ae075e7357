//! Taking away what containers and pods leave on the node. What cannot be removed now is tried again at the next start,
//! when the folder belongs to no pod.

#![expect(clippy::disallowed_methods, reason = "what is here runs on a blocking thread")]

use crate::{
    blocking, directories::PodDirectory, images::ImagePuller, logs::log_files, pod::ContainerRecord, volumes::Volumes,
};
use network::Network;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Takes things away.
pub struct Remover {
    pub images: Arc<ImagePuller>,
    pub network: Network,
    /// Where folders of pods wait for their removal.
    pub removed: PathBuf,
}

impl Remover {
    /// Forgets a container that is no more: its folder, its logs, its hold on the image.
    pub async fn remove_container(&self, directory: &PodDirectory, record: &ContainerRecord) {
        self.release_image(record).await;
        let (directory, id) = (directory.clone(), record.id.clone());
        let log = directory.log(&record.name, record.attempt);
        let remove = move || {
            tear_down_sub_paths(&directory, &id);
            let _ = runtime::remove_directory(&directory.container(&id));
            for log in log_files(&log) {
                let _ = fs::remove_file(log);
            }
        };
        blocking::run(remove).await;
    }

    /// Takes away what is mounted for a pod, none of whose containers is alive.
    pub async fn remove_mounts(&self, directory: &PodDirectory, containers: &[ContainerRecord]) {
        let ids: Vec<_> = containers.iter().map(|record| record.id.clone()).collect();
        let directory = directory.clone();
        let remove = move || {
            for id in &ids {
                tear_down_sub_paths(&directory, id);
            }
            if let Err(error) = Volumes::unmount(&directory) {
                tracing::warn!(%error, "cannot unmount the pod's volumes");
            }
        };
        blocking::run(remove).await;
    }

    /// Takes away all that a pod without a sandbox has on the node.
    pub async fn remove_pod(&self, uid: &str, directory: &PodDirectory, containers: &[ContainerRecord]) {
        let (network, removed, uid, directory) =
            (self.network.clone(), self.removed.clone(), uid.to_owned(), directory.clone());
        blocking::run(move || remove_folder(&network, &removed, &uid, &directory)).await;
        futures::future::join_all(containers.iter().map(|record| self.release_image(record))).await;
    }

    async fn release_image(&self, record: &ContainerRecord) {
        if let Err(error) = self.images.store().release(&record.id).await {
            tracing::warn!(%error, container = record.name, "cannot release the container's image");
        }
    }
}

fn tear_down_sub_paths(directory: &PodDirectory, id: &str) {
    if let Err(error) = Volumes::tear_down_sub_paths(directory, id) {
        tracing::warn!(%error, container = id, "cannot take the container's sub-paths away");
    }
}

fn remove_folder(network: &Network, removed: &Path, uid: &str, directory: &PodDirectory) {
    if let Err(error) = network.release(uid) {
        tracing::warn!(%error, "cannot release the pod's address");
    }
    if let Err(error) = Volumes::tear_down(directory) {
        tracing::warn!(%error, "cannot remove the pod's volumes");
        return;
    }
    if let Err(error) = put_away(removed, uid, directory)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "cannot remove the pod's folder");
    }
}

/// Moves the folder aside and removes it while the pod's end goes on: the kernel takes tens of milliseconds to let go of
/// folders that containers had their file systems mounted on.
fn put_away(removed: &Path, uid: &str, directory: &PodDirectory) -> io::Result<()> {
    fs::create_dir_all(removed)?;
    let aside = removed.join(uid);
    fs::rename(directory.path(), &aside)?;
    tokio::spawn(remove_for_good(aside));
    Ok(())
}

/// Removes what an earlier run had put aside and not removed yet, while the node goes on.
pub async fn finish_removals(removed: PathBuf) {
    let read = move || fs::read_dir(removed).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    for path in blocking::run::<Vec<_>>(read).await {
        tokio::spawn(remove_for_good(path));
    }
}

async fn remove_for_good(path: PathBuf) {
    // Directories of a container may be nested deeper than the standard library can follow.
    let (removed, path) = blocking::run(move || (runtime::remove_directory(&path), path)).await;
    if let Err(error) = removed {
        tracing::warn!(%error, path = %path.display(), "cannot remove the folder of a pod that is gone");
    }
}
