//! The clock of events' expiration: it sleeps until the oldest event is due.

use crate::ApiServer;
use jiff::Timestamp;
use std::{sync::Weak, time::Duration};

/// The shortest sleep: events that are due in the same second go together, and a store that fails is left in peace.
const PAUSE: Duration = Duration::from_secs(1);

/// Removes events when they are due, for as long as the server lives.
pub async fn expire_events(server: Weak<ApiServer>) {
    loop {
        let (pause, shutdown) = {
            let Some(server) = server.upgrade() else { return };
            let now = Timestamp::now();
            let pause = match server.registry.expire_events(now).await {
                Ok(next) => Duration::try_from(next.duration_since(now)).unwrap_or(PAUSE),
                Err(status) => {
                    tracing::warn!(%status, "cannot remove events that are due: trying again");
                    PAUSE
                }
            };
            (pause.max(PAUSE), server.shutdown.clone())
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.cancelled() => return,
        }
    }
}
