//! The controller around a pure function.

use super::{Change, Controller, Key, Next, change::is_outdated};
use crate::error::Error;
use futures::future::BoxFuture;
use k8s_openapi::jiff::Timestamp;
use kube::Client;

/// A function that looks a key's objects up in informers and decides, for this moment, what is to change.
type Decide = Box<dyn Fn(&Key, Timestamp) -> serde_json::Result<Vec<Change>> + Send + Sync>;

/// Carries out what a function decides.
pub struct Reconciler {
    client: Client,
    decide: Decide,
}

impl Reconciler {
    pub fn new(
        client: &Client,
        decide: impl Fn(&Key, Timestamp) -> serde_json::Result<Vec<Change>> + Send + Sync + 'static,
    ) -> Self {
        Self { client: client.clone(), decide: Box::new(decide) }
    }
}

impl Controller for Reconciler {
    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Next, Error>> {
        Box::pin(async {
            for change in (self.decide)(key, Timestamp::now()).map_err(Error::Malformed)? {
                match change.carry_out(&self.client).await {
                    Ok(()) => {}
                    Err(error) if is_outdated(&error) => return Ok(Next::Retry),
                    Err(source) => return Err(Error::Request { action: change.describe(), source }),
                }
            }
            Ok(Next::Await)
        })
    }
}
