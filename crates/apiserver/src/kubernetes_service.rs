//! The Service `kubernetes` in the namespace `default`, by which pods find the API server, with its Endpoints and
//! `EndpointSlice`: made at the start, and put right when somebody changes them
//! (`pkg/controlplane/controller/kubernetesservice`, `pkg/controlplane/reconcilers`).

mod objects;

use crate::{
    error::Error,
    options::ListOptions,
    registry::{Registry, WatchStream},
    target::Target,
};
use api::kinds::{ENDPOINT_SLICE, ENDPOINTS, SERVICE};
use futures::future::select_all;
use machinery::{kind::Kind, status::Status};
use objects::NAME;
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Weak},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const NAMESPACE: &str = "default";

/// How often the objects are looked at though nobody seems to have changed them (`EndpointInterval`).
const SAFETY: Duration = Duration::from_secs(10);

/// How long the objects are followed before they are followed anew.
const LONGEST_WATCH: Duration = Duration::from_hours(24);

/// Where pods reach the API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAddresses {
    /// The Service's own address: the first one of those that Services have.
    pub service: IpAddr,
    /// Where the server listens, as far as pods can reach it. Those that have the first one's port count.
    pub endpoints: Vec<SocketAddr>,
}

/// Makes the objects, and keeps them from then on.
pub async fn publish(
    registry: &Arc<Registry>,
    addresses: ServiceAddresses,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let failed = |status: Status| Error::Bootstrap { object: format!("service {NAME}"), reason: status.to_string() };
    let changes = watch(registry).await.map_err(failed)?;
    reconcile(registry, &addresses).await.map_err(failed)?;
    let keeping = keep(Arc::downgrade(registry), addresses, changes);
    tokio::spawn(async move { shutdown.run_until_cancelled_owned(keeping).await });
    Ok(())
}

async fn keep(registry: Weak<Registry>, addresses: ServiceAddresses, mut changes: Vec<WatchStream>) {
    loop {
        let next = select_all(changes.iter_mut().map(|watch| Box::pin(watch.next())));
        let ended = matches!(tokio::time::timeout(SAFETY, next).await, Ok((None, ..)));
        let Some(registry) = registry.upgrade() else { return };
        let done = async {
            if ended {
                changes = watch(&registry).await?;
            }
            reconcile(&registry, &addresses).await
        };
        if let Err(status) = done.await {
            tracing::warn!(%status, "cannot put the service {NAME} right: trying again");
            tokio::time::sleep(SAFETY).await;
        }
    }
}

/// The changes of the three objects from now on.
async fn watch(registry: &Registry) -> Result<Vec<WatchStream>, Status> {
    let mut watches = Vec::new();
    for kind in [SERVICE, ENDPOINTS, ENDPOINT_SLICE] {
        watches.push(registry.watch(&target(kind), &ListOptions::changes_of(NAME), LONGEST_WATCH).await?);
    }
    Ok(watches)
}

async fn reconcile(registry: &Registry, addresses: &ServiceAddresses) -> Result<(), Status> {
    registry.remove(&target(SERVICE), NAME, |found| objects::is_elsewhere(found, addresses)).await?;
    registry.keep(&target(SERVICE), NAME, |found| objects::service(found, addresses)).await?;
    registry.keep(&target(ENDPOINTS), NAME, |found| objects::endpoints(found, addresses)).await?;
    registry.remove(&target(ENDPOINT_SLICE), NAME, |found| objects::is_of_other_family(found, addresses)).await?;
    registry.keep(&target(ENDPOINT_SLICE), NAME, |found| objects::endpoint_slice(found, addresses)).await
}

fn target(kind: Kind) -> Target {
    Target::in_namespace(kind, NAMESPACE)
}
