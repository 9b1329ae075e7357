//! secret volumes, in memory (`pkg/volume/secret`).

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
use k8s_openapi::api::core::v1::{KeyToPath, SecretVolumeSource};

impl Plugin for SecretVolumeSource {
    fn name(&self) -> &'static str {
        "secret"
    }

    fn set_up<'a>(&'a self, request: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>> {
        async move {
            let mut payload = Payload::new(request.room);
            add(request, &mut payload, self.into()).await?;
            files::write(request, self, Medium::Memory(None), payload).await
        }
        .boxed()
    }

    fn shows(&self) -> Option<References> {
        self.secret_name.as_deref().map(References::secret).or_else(|| Some(References::default()))
    }
}

/// A secret as a volume or a projection names it.
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub items: Option<&'a [KeyToPath]>,
    /// Of files that do not say their own.
    pub mode: u32,
    pub optional: bool,
}

impl<'a> From<&'a SecretVolumeSource> for Source<'a> {
    fn from(source: &'a SecretVolumeSource) -> Self {
        Self {
            name: source.secret_name.as_deref().unwrap_or_default(),
            items: source.items.as_deref(),
            mode: default_mode(source.default_mode),
            optional: source.optional.unwrap_or_default(),
        }
    }
}

/// Adds the files that a secret stands for.
pub(super) async fn add(request: &Request<'_>, payload: &mut Payload<'_>, source: Source<'_>) -> Result<(), Error> {
    let data = objects::secret(request.client, request.pod, source.name, source.optional).await?;
    keys::add("secret", &data, source.items, source.mode, source.optional, payload)
}
