//! What all controllers share, and what one is given when it starts.

use super::{Event, Informer, Key, Metrics, supervisor::supervise, work_queue::WorkQueue};
use futures::future::join_all;
use kube::{
    Api, Client, Resource, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::watch, task::JoinSet};

/// Clients with the identities that controllers act under.
#[derive(Clone)]
pub struct Clients {
    shared: Client,
    of: Arc<dyn Fn(&str) -> Client + Send + Sync>,
}

impl Clients {
    /// A client that may watch everything, and one for each service account of the namespace `kube-system`.
    pub fn new(shared: Client, of: impl Fn(&str) -> Client + Send + Sync + 'static) -> Self {
        Self { shared, of: Arc::new(of) }
    }

    /// The client of a service account.
    pub(super) fn of(&self, service_account: &str) -> Client {
        (self.of)(service_account)
    }
}

impl From<Client> for Clients {
    /// All controllers act under one identity.
    fn from(client: Client) -> Self {
        Self::new(client.clone(), move |_| client.clone())
    }
}

/// The cluster's certificate authority; PEM.
#[derive(Clone, Default)]
pub struct Authority {
    /// By this pods recognize the API server.
    pub certificate: String,
    /// By this certificates are signed.
    pub key: String,
}

/// What all controllers share. Watches end with it.
pub struct Context {
    pub(super) clients: Clients,
    pub authority: Authority,
    pub(super) metrics: Metrics,
    informers: Mutex<Informers>,
}

#[derive(Default)]
struct Informers {
    /// By kind and field selector.
    known: HashMap<(TypeId, &'static str), Arc<dyn Any + Send + Sync>>,
    watches: JoinSet<()>,
}

impl Context {
    #[must_use]
    pub fn new(clients: Clients, authority: Authority, metrics: Metrics) -> Arc<Self> {
        Arc::new(Self { clients, authority, metrics, informers: Mutex::default() })
    }

    /// The informer for the objects of a kind that a field selector matches; empty: all. There is one, which begins to
    /// watch when it is first asked for.
    fn informer<K>(&self, fields: &'static str) -> Arc<Informer<K>>
    where
        K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let mut informers = self.informers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = informers.known.get(&(TypeId::of::<K>(), fields)).cloned();
        if let Some(informer) = known.and_then(|known| known.downcast().ok()) {
            return informer;
        }
        let informer = Arc::<Informer<K>>::default();
        informers.known.insert((TypeId::of::<K>(), fields), informer.clone());
        let (client, watched) = (self.clients.shared.clone(), informer.clone());
        informers.watches.spawn(supervise("informer", self.metrics.clone(), move || {
            let (client, watched) = (client.clone(), watched.clone());
            async move {
                let selection = watcher::Config { field_selector: Some(fields.into()), ..watcher::Config::default() };
                let events = watcher(Api::<K>::all(client), selection).default_backoff();
                // Who wrote which field is of no use to controllers, and half of many an object.
                watched.follow(events.modify(|object| object.managed_fields_mut().clear())).await;
            }
        }));
        informer
    }
}

/// What a controller is given to start with.
pub struct Setup<'a> {
    pub context: &'a Context,
    /// Acts as the controller.
    pub client: Client,
    queue: Arc<WorkQueue>,
    synced: Vec<watch::Receiver<bool>>,
}

impl<'a> Setup<'a> {
    pub(super) fn new(context: &'a Context, client: Client, queue: Arc<WorkQueue>) -> Self {
        Self { context, client, queue, synced: Vec::new() }
    }

    /// Has the controller look at keys when objects come, change and go: those that match the field selector, or all
    /// if it is empty.
    pub fn watch<K>(
        &mut self,
        fields: &'static str,
        keys: impl Fn(&Event<K>) -> Vec<Key> + Send + Sync + 'static,
    ) -> Arc<Informer<K>>
    where
        K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let informer = self.context.informer::<K>(fields);
        informer.feed(&self.queue, keys);
        self.synced.push(informer.synced());
        informer
    }

    /// Waits until all is known that the controller watches. None may decide before.
    pub(super) fn synced(self) -> impl Future<Output = ()> {
        let wait = |mut synced: watch::Receiver<bool>| async move {
            // Informers live as long as the context does.
            let _ = synced.wait_for(|synced| *synced).await;
        };
        let all = join_all(self.synced.into_iter().map(wait));
        async move {
            all.await;
        }
    }
}
