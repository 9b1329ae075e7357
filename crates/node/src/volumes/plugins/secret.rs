//! secret volumes, in memory (`pkg/volume/secret`).

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
use k8s_openapi::api::core::v1::{Secret, SecretVolumeSource};

impl Plugin for SecretVolumeSource {
    fn name(&self) -> &'static str {
        Secret::NAME
    }

    fn set_up<'a>(&'a self, request: &'a Request<'a>) -> BoxFuture<'a, Result<VolumeOnNode, Error>> {
        let source = Source {
            name: self.secret_name.as_deref().unwrap_or_default(),
            items: self.items.as_deref(),
            mode: default_mode(self.default_mode),
            optional: self.optional.unwrap_or_default(),
        };
        set_up::<Secret>(request, self, source).boxed()
    }

    fn shows(&self) -> Option<References> {
        self.secret_name.as_deref().map(References::secret).or_else(|| Some(References::default()))
    }
}
