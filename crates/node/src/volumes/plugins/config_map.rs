//! configMap volumes (`pkg/volume/configmap`).

use super::keyed::{Keyed, Source, set_up};
use crate::{
    Error,
    container::VolumeOnNode,
    volumes::{
        References,
        keys::default_mode,
        plugin::{Plugin, Request},
    },
};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{ConfigMap, ConfigMapVolumeSource};

impl Plugin for ConfigMapVolumeSource {
    fn name(&self) -> &'static str {
        ConfigMap::NAME
    }

    fn set_up<'a>(&'a self, request: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>> {
        let source = Source {
            name: &self.name,
            items: self.items.as_deref(),
            mode: default_mode(self.default_mode),
            optional: self.optional.unwrap_or_default(),
        };
        set_up::<ConfigMap>(request, self, source).boxed()
    }

    fn shows(&self) -> Option<References> {
        Some(References::config_map(&self.name))
    }
}
