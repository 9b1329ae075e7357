//! projected volumes: files of several sources in one folder, in memory (`pkg/volume/projected`).

use super::{
    downward_api,
    keyed::{self, Source},
};
use crate::{
    Error,
    container::VolumeOnNode,
    volumes::{
        References, files,
        keys::default_mode,
        medium::Medium,
        payload::{File, Payload},
        plugin::{Plugin, Request},
    },
};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{ConfigMap, ProjectedVolumeSource, Secret, VolumeProjection};

impl Plugin for ProjectedVolumeSource {
    fn name(&self) -> &'static str {
        "projected"
    }

    fn set_up<'a>(&'a self, request: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>> {
        async move {
            let mut payload = Payload::new(request.room);
            for projection in self.sources.iter().flatten() {
                add(request, &mut payload, projection, default_mode(self.default_mode)).await?;
            }
            files::write(request, self, Medium::Memory(None), payload).await
        }
        .boxed()
    }

    fn shows(&self) -> Option<References> {
        let sources = self.sources.iter().flatten();
        let shown = sources.map(|VolumeProjection { config_map, secret, .. }| References {
            config_maps: config_map.iter().map(|source| source.name.clone()).collect(),
            secrets: secret.iter().map(|source| source.name.clone()).collect(),
        });
        Some(shown.fold(References::default(), References::and))
    }
}

/// Adds the files of one source. Every field of the schema stands here: one that the API gets new does not compile.
async fn add(
    request: &Request<'_>,
    payload: &mut Payload<'_>,
    projection: &VolumeProjection,
    mode: u32,
) -> Result<(), Error> {
    let VolumeProjection {
        config_map,
        downward_api,
        secret,
        service_account_token,
        // Not offered (yet).
        cluster_trust_bundle: _,
        pod_certificate: _,
    } = projection;
    if let Some(source) = config_map {
        let (name, items, optional) = (&source.name, source.items.as_deref(), source.optional.unwrap_or_default());
        keyed::add::<ConfigMap>(request, payload, Source { name, items, mode, optional }).await?;
    }
    if let Some(source) = secret {
        let (name, items, optional) = (&source.name, source.items.as_deref(), source.optional.unwrap_or_default());
        keyed::add::<Secret>(request, payload, Source { name, items, mode, optional }).await?;
    }
    if let Some(source) = downward_api {
        downward_api::add(request.pod, request.machine, source.items.as_deref().unwrap_or_default(), mode, payload)?;
    }
    if let Some(source) = service_account_token {
        let token = request.tokens.get(request.pod, source).await?;
        payload.insert(source.path.clone().into(), File { data: token.into(), mode })?;
    }
    Ok(())
}
