//! What config maps and secrets are as volumes: files, one for each key.

use crate::{
    Error,
    container::VolumeOnNode,
    volumes::{
        files,
        keys::{self, Data, config_map_data, secret_data},
        medium::Medium,
        objects,
        payload::Payload,
        plugin::{Plugin, Request},
    },
};
use k8s_openapi::{
    NamespaceResourceScope,
    api::core::v1::{ConfigMap, KeyToPath, Secret},
};
use kube::Resource;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// A kind of objects whose keys become files.
pub(super) trait Keyed:
    Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + Debug + DeserializeOwned + Send
{
    /// How messages call it, and the plugin of its volumes.
    const NAME: &'static str;
    /// Where its files are.
    const MEDIUM: Medium;

    fn data(self) -> Data;
}

impl Keyed for ConfigMap {
    const NAME: &'static str = "configmap";
    const MEDIUM: Medium = Medium::Disk;

    fn data(self) -> Data {
        config_map_data(self)
    }
}

impl Keyed for Secret {
    const NAME: &'static str = "secret";
    const MEDIUM: Medium = Medium::Memory(None);

    fn data(self) -> Data {
        secret_data(self)
    }
}

/// An object as a volume or a projection names it.
pub(super) struct Source<'a> {
    pub name: &'a str,
    pub items: Option<&'a [KeyToPath]>,
    /// Of files that do not say their own.
    pub mode: u32,
    pub optional: bool,
}

/// Makes the volume that shows one object.
pub(super) async fn set_up<K: Keyed>(
    request: &Request<'_>,
    plugin: &impl Plugin,
    source: Source<'_>,
) -> Result<VolumeOnNode, Error> {
    let mut payload = Payload::new(request.room);
    add::<K>(request, &mut payload, source).await?;
    files::write(request, plugin, K::MEDIUM, payload).await
}

/// Adds the files that an object stands for; none, if there is no such object and that is no matter.
pub(super) async fn add<K: Keyed>(
    request: &Request<'_>,
    payload: &mut Payload<'_>,
    source: Source<'_>,
) -> Result<(), Error> {
    let Source { name, items, mode, optional } = source;
    let data = match objects::api::<K>(request.client, request.pod).get_opt(name).await? {
        Some(object) => object.data(),
        None if optional => Data::new(),
        None => return Err(Error::SourceNotFound { kind: K::NAME, name: name.to_owned() }),
    };
    keys::add(K::NAME, &data, items, mode, optional, payload)
}
