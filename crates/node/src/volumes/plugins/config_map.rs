//! configMap volumes (`pkg/volume/configmap`).

use crate::{
    Error,
    container::VolumeOnNode,
    volumes::{
        References, files,
        keys::{self, default_mode},
        medium::Medium,
        objects,
        payload::Payload,
        plugin::{Plugin, Request},
    },
};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{ConfigMapVolumeSource, KeyToPath};

impl Plugin for ConfigMapVolumeSource {
    fn name(&self) -> &'static str {
        "configmap"
    }

    fn set_up<'a>(&'a self, request: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>> {
        async move {
            let mut payload = Payload::new(request.room);
            add(request, &mut payload, self.into()).await?;
            files::write(request, self, Medium::Disk, payload).await
        }
        .boxed()
    }

    fn shows(&self) -> Option<References> {
        Some(References::config_map(&self.name))
    }
}

/// A config map as a volume or a projection names it.
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub items: Option<&'a [KeyToPath]>,
    /// Of files that do not say their own.
    pub mode: u32,
    pub optional: bool,
}

impl<'a> From<&'a ConfigMapVolumeSource> for Source<'a> {
    fn from(source: &'a ConfigMapVolumeSource) -> Self {
        Self {
            name: &source.name,
            items: source.items.as_deref(),
            mode: default_mode(source.default_mode),
            optional: source.optional.unwrap_or_default(),
        }
    }
}

/// Adds the files that a config map stands for.
pub(super) async fn add(request: &Request<'_>, payload: &mut Payload<'_>, source: Source<'_>) -> Result<(), Error> {
    let data = objects::config_map(request.client, request.pod, source.name, source.optional).await?;
    keys::add("configmap", &data, source.items, source.mode, source.optional, payload)
}
