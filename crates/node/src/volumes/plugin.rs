//! What a source of volumes has to do.

use super::{References, payload::FileRoom, tokens::Tokens};
use crate::{
    Error,
    clock::Clock,
    container::{Machine, VolumeOnNode},
    directories::PodDirectory,
};
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::Pod;
use std::path::PathBuf;

/// What Kubernetes calls a volume plugin, implemented by the source as it stands in the pod's spec.
pub trait Plugin: Sync {
    /// What the kubelet calls it: `configmap`, `empty-dir`, ...
    fn name(&self) -> &'static str;

    /// Makes the volume, or what is missing of it; it may be there from an earlier attempt, and be in use.
    fn set_up<'a>(&'a self, request: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>>;

    /// The objects that the volume shows: `set_up` comes again when they change, or when the pod does. None for a
    /// volume that is what it is.
    fn shows(&self) -> Option<References> {
        None
    }
}

/// A volume that is to be made, and what it is made with.
pub struct Request<'a> {
    pub client: &'a kube::Client,
    pub clock: &'a Clock,
    pub machine: &'a Machine,
    pub tokens: &'a Tokens,
    pub pod: &'a Pod,
    pub directory: &'a PodDirectory,
    /// The volume's name.
    pub volume: &'a str,
    /// What is left for files that are made from objects.
    pub room: &'a FileRoom,
}

impl Request<'_> {
    /// The volume's own folder.
    pub fn path(&self, plugin: &impl Plugin) -> PathBuf {
        self.directory.volume(plugin.name(), self.volume)
    }

    /// The group that the volume shall belong to.
    pub fn fs_group(&self) -> Option<u32> {
        let context = self.pod.spec.as_ref()?.security_context.as_ref()?;
        context.fs_group.and_then(|group| u32::try_from(group).ok())
    }
}
