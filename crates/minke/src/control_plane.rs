//! The control plane of a cluster: store, API server, scheduler, controllers.

mod listen;

use crate::{blocking::blocking, components::Components, memory, settings::Settings};
use anyhow::{Context, Result};
use apiserver::{ApiServer, Pki, ServiceAddresses, TokenKeys, User};
use controllers::{Authority, Clients, framework::supervise};
use kube::Client;
use network::Cidrs;
use std::{
    future,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{MemoryStore, SqliteStore, Store};

pub use listen::Listen;

/// What a control plane is made from.
pub struct Options<'a> {
    pub settings: &'a Settings,
    /// Keys and certificates.
    pub pki: PathBuf,
    /// Where the state is; `None` keeps it in memory.
    pub state: Option<PathBuf>,
    pub listen: Listen,
    /// Where the administrator's kubeconfig is written.
    pub kubeconfig: PathBuf,
    /// The addresses of this machine, the preferred family's first.
    pub own_addresses: Vec<IpAddr>,
    /// The addresses of Services; the first of each belongs to the API server.
    pub services: Cidrs,
}

/// A running control plane.
pub struct ControlPlane {
    server: Arc<ApiServer>,
    addresses: Vec<SocketAddr>,
    kubeconfig: PathBuf,
    /// Its clients.
    clients: Components,
    /// The API server, which outlives them.
    api: Components,
}

impl ControlPlane {
    /// Starts everything. When it returns the API answers.
    pub async fn start(options: Options<'_>) -> Result<Self> {
        let catalog = options.settings.served_kinds()?;
        let (mut clients, mut api) = (Components::default(), Components::default());
        // Keys take some milliseconds to make, and so does the store: side by side.
        let pki = tokio::spawn(load_pki(options.pki.clone(), options.names()));
        let store = open_store(options.state.clone()).await?;
        let server = ApiServer::start(Arc::clone(&store), catalog, api.token()).await?;
        let (pki, token_keys) = pki.await??;

        clients.run(memory::give_back_at_rest(Arc::clone(&store), Arc::clone(&server)));
        clients.run(store::compact_regularly(store, store::COMPACTION_INTERVAL));
        let mut addresses = Vec::new();
        for address in options.listen.addresses(&options.own_addresses) {
            let listener = apiserver::bind(address).await?;
            addresses.push(listener.address());
            api.run_to_its_end(listener.serve(Arc::clone(&server), pki.server_config()?));
        }
        let first = addresses.first().copied().context("no address to listen on")?;
        server.issue_tokens(token_keys, first);
        server.publish(options.own_service(&addresses)?).await?;
        server.reach_nodes_with(pki.node_client_config()?);
        let authority = Authority { certificate: pki.ca.certificate.clone(), key: pki.ca.key.clone() };
        let kubeconfig = options.kubeconfig.clone();
        blocking(move || Ok(apiserver::write_kubeconfig(&kubeconfig, &pki, listen::from_here(first))?)).await?;
        run_clients(&mut clients, &server, authority);
        Ok(Self { server, addresses, kubeconfig: options.kubeconfig, clients, api })
    }

    /// A client in this process that acts as this user.
    pub fn client(&self, user: User) -> Client {
        client(&self.server, user)
    }

    /// Makes the API of a node in this process known.
    pub fn register_node(&self, name: &str, node: node::NodeService) {
        self.server.register_node(name, apiserver::node_service(node));
    }

    /// Where the API server listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Ends the API server's clients, then the API server.
    pub async fn stop(self) {
        self.clients.stop().await;
        self.api.stop().await;
    }
}

impl Options<'_> {
    /// The addresses that the server's certificate is for.
    fn names(&self) -> Vec<IpAddr> {
        let listening =
            self.listen.addresses(&self.own_addresses).into_iter().map(|address| listen::from_here(address).ip());
        let own = self.own_addresses.iter().copied().chain(self.services.first_addresses());
        std::iter::once(listen::LOOPBACK).chain(own).chain(listening).collect()
    }

    /// Where pods find the API server that listens there.
    fn own_service(&self, addresses: &[SocketAddr]) -> Result<ServiceAddresses> {
        let service = self.services.first_addresses().next().context("no address for services")?;
        let endpoints = addresses.iter().flat_map(|address| listen::from_pods(*address, &self.own_addresses)).collect();
        Ok(ServiceAddresses { service, endpoints })
    }
}

fn client(server: &Arc<ApiServer>, user: User) -> Client {
    Client::new(server.local(user), "default")
}

async fn load_pki(folder: PathBuf, names: Vec<IpAddr>) -> Result<(Pki, TokenKeys)> {
    blocking(move || {
        let pki = Pki::load_or_create(&folder, &names, time::OffsetDateTime::now_utc())?;
        Ok((pki, TokenKeys::load_or_create(&folder)?))
    })
    .await
}

async fn open_store(state: Option<PathBuf>) -> Result<Arc<dyn Store>> {
    let Some(path) = state else { return Ok(Arc::new(MemoryStore::new())) };
    blocking(move || Ok(Arc::new(SqliteStore::open(&path)?) as Arc<dyn Store>)).await
}

/// The scheduler and the controllers, each of which is started again should it end.
fn run_clients(clients: &mut Components, server: &Arc<ApiServer>, authority: Authority) {
    let metrics = controllers::Metrics::default();
    server.add_metrics(metrics.registry());
    let of_scheduler = Arc::clone(server);
    let schedule = move || scheduler::run(client(&of_scheduler, User::scheduler()), future::pending());
    clients.run(supervise("scheduler", metrics.clone(), schedule));
    let of_controllers = Arc::clone(server);
    let of = move |account: &str| client(&of_controllers, User::service_account("kube-system", account));
    let of_controllers = Clients::new(client(server, User::controller_manager()), of);
    clients.run(controllers::run(of_controllers, authority, metrics, future::pending()));
}
