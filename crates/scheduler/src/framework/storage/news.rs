//! The watches from which the scheduler knows about volumes.

use super::{
    Storage,
    objects::{Change, key},
};
use crate::{
    framework::StorageEvent,
    listing::{Listing, News, received},
};
use futures::{
    StreamExt,
    stream::{BoxStream, SelectAll, select_all},
};
use k8s_openapi::{
    Metadata,
    api::{
        core::v1::{PersistentVolume, PersistentVolumeClaim},
        storage::v1::{CSIDriver, CSIStorageCapacity, StorageClass},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{
    Api, Client, Resource,
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, future};

/// What happened to one kind.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, on its way")]
pub(crate) enum StorageNews {
    Claims(News<PersistentVolumeClaim>),
    Volumes(News<PersistentVolume>),
    Classes(News<StorageClass>),
    Drivers(News<CSIDriver>),
    Capacities(News<CSIStorageCapacity>),
}

/// The same, after it has been noted.
pub(crate) enum Noted {
    Claim(Change<PersistentVolumeClaim>),
    Volume,
    Class(Change<StorageClass>),
    Driver(Change<CSIDriver>),
    Capacity(Change<CSIStorageCapacity>),
}

/// Watches everything that concerns volumes. Lost watches are resumed.
pub(crate) fn watch(client: &Client) -> SelectAll<BoxStream<'static, StorageNews>> {
    select_all([
        follow(client, StorageNews::Claims),
        follow(client, StorageNews::Volumes),
        follow(client, StorageNews::Classes),
        follow(client, StorageNews::Drivers),
        follow(client, StorageNews::Capacities),
    ])
}

fn follow<K>(client: &Client, news: fn(News<K>) -> StorageNews) -> BoxStream<'static, StorageNews>
where
    K: Resource<DynamicType = ()> + Metadata<Ty = ObjectMeta> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let mut listing = Listing::default();
    let events = watcher(Api::<K>::all(client.clone()), watcher::Config::default()).default_backoff();
    let news = events.filter_map(move |event| {
        let followed = received(event).and_then(|event| listing.follow(event, |object| Some(key(object.metadata()))));
        future::ready(followed.map(news))
    });
    news.boxed()
}

impl Storage {
    /// Notes news; `None` if nothing came or changed that could help a pod.
    pub(crate) fn note(&mut self, news: StorageNews) -> Option<Noted> {
        match news {
            StorageNews::Claims(news) => self.claims.follow(news).map(Noted::Claim),
            StorageNews::Volumes(news) => self.volumes.follow(news).map(|_| Noted::Volume),
            StorageNews::Classes(news) => self.classes.follow(news).map(Noted::Class),
            StorageNews::Drivers(news) => self.drivers.follow(news).map(Noted::Driver),
            StorageNews::Capacities(news) => self.capacities.follow(news).map(Noted::Capacity),
        }
    }
}

impl Noted {
    pub(crate) fn event(&self) -> StorageEvent<'_> {
        match self {
            Self::Claim(change) => StorageEvent::Claim(&change.object),
            Self::Volume => StorageEvent::Volume,
            Self::Class(change) => StorageEvent::Class { before: change.before.as_deref(), class: &change.object },
            Self::Driver(change) => StorageEvent::Driver { before: change.before.as_deref(), driver: &change.object },
            Self::Capacity(change) => {
                StorageEvent::Capacity { before: change.before.as_deref(), capacity: &change.object }
            }
        }
    }
}
