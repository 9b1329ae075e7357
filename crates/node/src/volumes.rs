//! A pod's volumes on the node: made before its sandbox, taken away after it.

mod atomic_writer;
mod empty_dir;
mod host_path;
mod ownership;
mod payload;
mod references;
mod source;
mod sub_path;

use self::ownership::GroupAccess;
pub use self::references::References;
pub use self::source::has_files;
use crate::{
    Error,
    clock::Clock,
    container::{Machine, VolumeOnNode, mounts::SubPath},
    directories::PodDirectory,
};
use k8s_openapi::api::core::v1::{Pod, Volume};
use rustix::mount::{UnmountFlags, unmount};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Sets volumes up and takes them down.
#[derive(Clone)]
pub struct Volumes {
    client: kube::Client,
    clock: Clock,
    machine: Machine,
}

impl Volumes {
    pub fn new(client: kube::Client, clock: Clock, machine: Machine) -> Self {
        Self { client, clock, machine }
    }

    /// Makes what is missing of the pod's volumes. On an error the others stay for the next attempt.
    pub async fn set_up(&self, pod: &Pod, directory: &PodDirectory) -> Result<BTreeMap<String, VolumeOnNode>, Error> {
        let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
        let mounts = volumes.map(async |volume| match self.set_up_one(pod, volume, directory).await {
            Ok(on_node) => Ok((volume.name.clone(), on_node)),
            Err(cause) => Err(Error::Mount { volume: volume.name.clone(), cause: Box::new(cause) }),
        });
        futures::future::try_join_all(mounts).await.map(BTreeMap::from_iter)
    }

    async fn set_up_one(&self, pod: &Pod, volume: &Volume, directory: &PodDirectory) -> Result<VolumeOnNode, Error> {
        let on_node = |path: PathBuf, read_only| VolumeOnNode { path, read_only };
        if let Some(source) = &volume.host_path {
            return host_path::set_up(source).map(|path| on_node(path, false));
        }
        if let Some(source) = &volume.empty_dir {
            let path = directory.volume("empty-dir", &volume.name);
            empty_dir::set_up(source, &path)?;
            own(pod, &path, GroupAccess::Write)?;
            return Ok(on_node(path, false));
        }
        self.set_up_files(pod, volume, directory).await.map(|path| on_node(path, true))
    }

    /// Brings the files of the pod's volumes to what they should be by now.
    pub async fn refresh(&self, pod: &Pod, directory: &PodDirectory) -> Result<(), Error> {
        let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
        for volume in volumes.filter(|volume| has_files(volume)) {
            let made = self.set_up_files(pod, volume, directory).await;
            made.map_err(|cause| Error::Mount { volume: volume.name.clone(), cause: Box::new(cause) })?;
        }
        Ok(())
    }

    async fn set_up_files(&self, pod: &Pod, volume: &Volume, directory: &PodDirectory) -> Result<PathBuf, Error> {
        let files = source::files(&self.client, &self.machine, pod, volume).await?;
        let (plugin, files) = files.ok_or(Error::UnsupportedVolume)?;
        let path = directory.volume(plugin, &volume.name);
        make_file_volume(plugin, &path)?;
        let stamp = self.clock.now().strftime("%Y_%m_%d_%H_%M_%S.%9f").to_string();
        atomic_writer::write(&path, &files, &stamp)?;
        own(pod, &path, GroupAccess::Read)?;
        Ok(path)
    }

    /// Makes the sub-paths of one container; by position in its `volumeMounts`.
    pub fn set_up_sub_paths(
        directory: &PodDirectory,
        container_id: &str,
        sub_paths: &[SubPath],
    ) -> Result<BTreeMap<usize, PathBuf>, Error> {
        let folder = directory.sub_paths().join(container_id);
        let made = sub_paths.iter().map(|wanted| {
            let path = sub_path::set_up(wanted, &folder.join(wanted.position.to_string()))?;
            Ok((wanted.position, path))
        });
        made.collect()
    }

    /// Takes the sub-paths of a container that is no more away.
    pub fn tear_down_sub_paths(directory: &PodDirectory, container_id: &str) -> Result<(), Error> {
        remove_mounts(&directory.sub_paths().join(container_id))
    }

    /// Removes the pod's volumes: mounts first, so that nothing below them is deleted.
    pub fn tear_down(directory: &PodDirectory) -> Result<(), Error> {
        remove_mounts(&directory.sub_paths())?;
        remove_mounts(&directory.volumes())
    }
}

/// Unmounts what lies below a folder, then removes it.
fn remove_mounts(folder: &Path) -> Result<(), Error> {
    if !folder.exists() {
        return Ok(());
    }
    unmount_below(folder);
    std::fs::remove_dir_all(folder).map_err(|error| Error::io("remove", folder, error))
}

/// The folder of a volume of files; what holds secrets is in memory only.
fn make_file_volume(plugin: &str, path: &Path) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(path).map_err(|error| Error::io("create", path, error))?;
    if matches!(plugin, "secret" | "projected")
        && let Err(error) = empty_dir::mount_tmpfs(path, None)
    {
        let _ = std::fs::remove_dir(path);
        return Err(error);
    }
    Ok(())
}

fn own(pod: &Pod, path: &Path, access: GroupAccess) -> Result<(), Error> {
    let context = pod.spec.as_ref().and_then(|spec| spec.security_context.as_ref());
    match context.and_then(|context| context.fs_group).map(u32::try_from) {
        Some(Ok(group)) => ownership::give_to_group(path, group, access),
        _ => Ok(()),
    }
}

/// Unmounts everything below a folder, the innermost first.
fn unmount_below(root: &Path) {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    for path in mount_points_below(root, &mounts) {
        if let Err(error) = unmount(&path, UnmountFlags::DETACH) {
            tracing::warn!(%error, path = %path.display(), "cannot unmount a volume");
        }
    }
}

/// The mount points below `root` in /proc/self/mountinfo (proc(5)), the innermost first.
fn mount_points_below(root: &Path, mountinfo: &str) -> Vec<PathBuf> {
    let mut points: Vec<_> = mountinfo
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(|point| PathBuf::from(point.replace("\\040", " ").replace("\\134", "\\")))
        .filter(|point| point.starts_with(root))
        .collect();
    points.reverse();
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_mounts_come_first_and_others_not_at_all() {
        let mountinfo = "\
            22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
            30 22 0:1 / /data/pods/u/volumes/a rw - tmpfs tmpfs rw\n\
            31 30 0:2 / /data/pods/u/volumes/a/b\\040c rw - tmpfs tmpfs rw\n\
            32 22 0:3 / /data/pods/u2/volumes/a rw - tmpfs tmpfs rw\n";
        assert_eq!(
            mount_points_below(Path::new("/data/pods/u/volumes"), mountinfo),
            [PathBuf::from("/data/pods/u/volumes/a/b c"), PathBuf::from("/data/pods/u/volumes/a")]
        );
    }
}
