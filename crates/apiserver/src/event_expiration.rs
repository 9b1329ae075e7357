//! The clock of events' expiration: it sleeps until the oldest event is due.

use crate::registry::Registry;
use jiff::Timestamp;
use std::{sync::Weak, time::Duration};
use tokio_util::sync::CancellationToken;

/// The shortest sleep, as each look reads all events: those that are due in the same minute go together, as events that
/// are made in the same minute share a lease (`defaultLeaseReuseDurationSeconds` of
/// `k8s.io/apiserver/pkg/storage/etcd3/lease_manager.go`).
const PAUSE: Duration = Duration::from_mins(1);

/// Removes events when they are due, for as long as the server lives.
pub async fn expire_events(registry: Weak<Registry>, shutdown: CancellationToken) {
    loop {
        let pause = {
            let Some(registry) = registry.upgrade() else { return };
            let now = Timestamp::now();
            let pause = match registry.expire_events(now).await {
                Ok(next) => Duration::try_from(next.duration_since(now)).unwrap_or(PAUSE),
                Err(status) => {
                    tracing::warn!(%status, "cannot remove events that are due: trying again");
                    PAUSE
                }
            };
            pause.max(PAUSE)
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.cancelled() => return,
        }
    }
}
