//! What goes on in this process until it is told to stop.

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Components that are stopped together. Dropping it ends them where they are.
#[derive(Default)]
pub struct Components {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Components {
    /// Tells that it is time to stop.
    pub fn token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs what does not end by itself; when it is time to stop it is ended where it is.
    pub fn run(&mut self, component: impl Future<Output = ()> + Send + 'static) {
        let stop = self.token();
        self.tasks.spawn(async move { stop.run_until_cancelled(component).await.unwrap_or_default() });
    }

    /// Runs what has heard of [`Components::token`] and ends in its own way.
    pub fn run_to_its_end(&mut self, component: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(component);
    }

    /// Tells all to stop and waits until they have.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}
