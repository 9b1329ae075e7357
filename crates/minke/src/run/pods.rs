//! The pods of the cluster as they change: shown until all are done, and until all are gone.

use super::{follow::Followers, outcome, output::Output};
use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams},
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use std::collections::BTreeMap;

/// The pods, and who shows them.
pub struct Pods {
    client: Client,
    api: Api<Pod>,
    events: BoxStream<'static, watcher::Result<Event<Pod>>>,
    /// By namespace and name.
    known: BTreeMap<(Option<String>, String), Pod>,
    followers: Followers,
    output: Output,
}

impl Pods {
    /// Shows all pods of a cluster.
    pub fn watch(client: &Client, output: Output) -> Self {
        let api = Api::all(client.clone());
        let events = watcher(api.clone(), watcher::Config::default()).default_backoff().boxed();
        let followers = Followers::new(client.clone(), output);
        Self { client: client.clone(), api, events, known: BTreeMap::new(), followers, output }
    }

    /// Waits until all pods are done, with their logs shown to the end, and returns what they came to.
    pub async fn done(&mut self) -> Result<u8> {
        loop {
            self.take_in_change().await?;
            let all: Vec<Pod> = self.known.values().cloned().collect();
            if let Some(code) = outcome::exit_code(&all) {
                self.followers.finish().await;
                return Ok(code);
            }
        }
    }

    /// Waits until no pod is left, with what they say to the end.
    pub async fn gone(&mut self) -> Result<()> {
        // Pods that were created a moment ago may not be known yet.
        while !self.known.is_empty() || !self.api.list_metadata(&ListParams::default()).await?.items.is_empty() {
            self.take_in_change().await?;
        }
        self.followers.finish().await;
        Ok(())
    }

    /// Deletes all pods for one who does not want to wait for them, as `kubectl delete --force`. What they say at their end
    /// is not waited for either.
    pub async fn kill(&mut self) -> Result<()> {
        for pod in self.known.values() {
            let api: Api<Pod> = Api::namespaced(self.client.clone(), &pod.namespace().unwrap_or_default());
            match api.delete(&pod.name_any(), &DeleteParams::default().grace_period(0)).await {
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                deleted => drop(deleted?),
            }
        }
        while !self.known.is_empty() {
            self.take_in_change().await?;
        }
        Ok(())
    }

    async fn take_in_change(&mut self) -> Result<()> {
        let key = |pod: &Pod| (pod.namespace(), pod.name_any());
        match self.events.try_next().await?.context("the watch on pods ended")? {
            Event::Init => self.known.clear(),
            Event::InitDone => {}
            Event::InitApply(pod) | Event::Apply(pod) => {
                self.followers.see(&pod);
                self.known.insert(key(&pod), pod);
            }
            Event::Delete(pod) => {
                self.known.remove(&key(&pod));
                self.output.state(&format!("pod/{}", pod.name_any()), "deleted");
            }
        }
        Ok(())
    }
}
