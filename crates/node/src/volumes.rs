//! A pod's volumes on the node: made before its sandbox, taken away after it.

mod atomic_writer;
mod files;
mod keys;
mod medium;
mod objects;
mod ownership;
mod payload;
mod plugin;
mod plugins;
mod references;
mod sub_path;
mod tokens;
mod unmount;

#[cfg(test)]
pub use plugins::plugin as plugin_of;
pub use references::References;
#[cfg(test)]
pub use sub_path::reach;

use crate::{
    Error, blocking,
    clock::Clock,
    container::{ConfigError, Machine, VolumeOnNode, mounts::SubPath},
    directories::PodDirectory,
};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{Pod, Volume};
use payload::FileRoom;
use plugin::{Plugin, Request};
use plugins::plugin;
use std::{collections::BTreeMap, path::PathBuf};
use tokens::Tokens;

/// Volumes of a pod that are made at the same time.
const AT_ONCE: usize = 8;

/// Sets volumes up and takes them down.
#[derive(Clone)]
pub struct Volumes {
    client: kube::Client,
    clock: Clock,
    machine: Machine,
    tokens: Tokens,
}

impl Volumes {
    pub fn new(client: kube::Client, clock: Clock, machine: Machine) -> Self {
        let tokens = Tokens::new(client.clone(), clock.clone());
        Self { client, clock, machine, tokens }
    }

    /// How long until something that the pod's volumes show is to be renewed; `None` if nothing is.
    pub fn renewal(&self, pod: &Pod) -> Option<SignedDuration> {
        self.tokens.renewal(pod)
    }

    /// Makes what is missing of the pod's volumes. On an error the others stay for the next attempt.
    pub async fn set_up(&self, pod: &Pod, directory: &PodDirectory) -> Result<BTreeMap<String, VolumeOnNode>, Error> {
        self.set_up_those(pod, directory, |_| true).await
    }

    /// Brings those of the pod's volumes that show objects to what they should show by now.
    pub async fn refresh(&self, pod: &Pod, directory: &PodDirectory) -> Result<(), Error> {
        self.set_up_those(pod, directory, shows_objects).await.map(drop)
    }

    async fn set_up_those(
        &self,
        pod: &Pod,
        directory: &PodDirectory,
        are_meant: fn(&Volume) -> bool,
    ) -> Result<BTreeMap<String, VolumeOnNode>, Error> {
        let room = FileRoom::default();
        let volumes: Vec<_> = volumes_of(pod).iter().filter(|volume| are_meant(volume)).collect();
        let made = volumes.into_iter().map(|volume| self.set_up_one(pod, directory, volume, &room));
        stream::iter(made.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn set_up_one(
        &self,
        pod: &Pod,
        directory: &PodDirectory,
        volume: &Volume,
        room: &FileRoom,
    ) -> Result<(String, VolumeOnNode), Error> {
        let Self { client, clock, machine, tokens } = self;
        let request = Request { client, clock, machine, tokens, pod, directory, volume: &volume.name, room };
        let made = match plugin(volume) {
            Ok(plugin) => plugin.set_up(&request).await,
            Err(error) => Err(error),
        };
        made.map(|on_node| (volume.name.clone(), on_node))
            .map_err(|cause| Error::Mount { volume: volume.name.clone(), cause: Box::new(cause) })
    }

    /// Makes the sub-paths of one container; by position in its `volumeMounts`. What stands in the way is told to the
    /// node's log alone: the pod's user is to learn nothing of the node's files.
    pub async fn set_up_sub_paths(
        directory: &PodDirectory,
        (container, id): (&str, &str),
        sub_paths: Vec<SubPath>,
    ) -> Result<BTreeMap<usize, PathBuf>, ConfigError> {
        let (folder, container) = (directory.sub_paths().join(id), container.to_owned());
        let make = move |wanted: SubPath| match sub_path::set_up(&wanted, &folder.join(wanted.position.to_string())) {
            Ok(path) => Ok((wanted.position, path)),
            Err(error) => {
                tracing::warn!(%error, container, "cannot prepare a sub-path");
                Err(ConfigError::SubPathNotPrepared { mount: wanted.name, container: container.clone() })
            }
        };
        blocking::run(move || sub_paths.into_iter().map(make).collect()).await
    }

    /// Takes the sub-paths of a container that is no more away.
    pub fn tear_down_sub_paths(directory: &PodDirectory, container_id: &str) -> Result<(), Error> {
        unmount::remove(&directory.sub_paths().join(container_id))
    }

    /// Takes what is mounted for the pod's volumes off the machine: what is in memory is lost, as by a reboot. The rest
    /// stays for the pod to find it again.
    pub fn unmount(directory: &PodDirectory) -> Result<(), Error> {
        unmount::unmount_below(&directory.volumes())
    }

    /// Removes the pod's volumes.
    pub fn tear_down(directory: &PodDirectory) -> Result<(), Error> {
        unmount::remove(&directory.sub_paths())?;
        unmount::remove(&directory.volumes())
    }
}

/// Whether a volume shows objects of the API, so that it changes while the pod runs.
pub fn shows_objects(volume: &Volume) -> bool {
    plugin(volume).is_ok_and(|plugin| plugin.shows().is_some())
}

/// The config maps and secrets that the pod's volumes show.
pub fn shown_by(pod: &Pod) -> References {
    let shown = volumes_of(pod).iter().filter_map(|volume| plugin(volume).ok().and_then(Plugin::shows));
    shown.fold(References::default(), References::and)
}

/// The volumes of a pod's spec.
pub fn volumes_of(pod: &Pod) -> &[Volume] {
    pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default()
}
