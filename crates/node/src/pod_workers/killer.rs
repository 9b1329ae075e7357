//! Sending signals to containers.

use super::kill;
use crate::{blocking, clock::Clock, images::ImagePuller, pod_workers::merge::Listing};
use runtime::Sandbox;
use std::sync::Arc;

/// Sends signals to containers.
pub struct Killer {
    pub images: Arc<ImagePuller>,
    pub clock: Clock,
}

/// What a container is to get.
pub enum Blow {
    /// The signal that its spec or its image asks for.
    Stop { own: Option<String>, image: String },
    /// SIGKILL, with all its processes.
    Kill,
}

/// What came of it.
pub enum Hit {
    Done,
    /// It did not arrive; what the supervisor says instead.
    Listed(Listing),
    /// It did not arrive, and nobody knows of the container.
    Unreachable,
}

impl Killer {
    pub async fn strike(&self, sandbox: Option<&Sandbox>, id: &str, blow: Blow) -> Hit {
        let Some(sandbox) = sandbox else { return Hit::Unreachable };
        let struck = match blow {
            Blow::Stop { own, image } => sandbox.kill(id, self.stop_signal(own, image).await).await,
            Blow::Kill => sandbox.kill_all(id).await,
        };
        let Err(error) = struck else { return Hit::Done };
        tracing::debug!(%error, container = id, "cannot kill a container");
        // It may have ended by itself, and the news of it may be on the way.
        let asked_at = self.clock.now();
        match sandbox.containers().await {
            Ok(states) => Hit::Listed(Listing { asked_at, states }),
            Err(_) => Hit::Unreachable,
        }
    }

    async fn stop_signal(&self, own: Option<String>, image: String) -> i32 {
        if own.is_some() {
            return kill::stop_signal(own.as_deref());
        }
        let images = Arc::clone(&self.images);
        let image = blocking::run(move || images.store().get(&image).ok().flatten()).await;
        kill::stop_signal(image.and_then(|image| image.config.stop_signal).as_deref())
    }
}
