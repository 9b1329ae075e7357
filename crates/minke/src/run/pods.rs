//! The pods of the cluster as they change: shown until all are done, and until all are gone.

use super::{follow::Followers, outcome, output::Output};
use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt,
    api::ListParams,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use std::collections::BTreeMap;

/// The pods, and who shows them.
pub struct Pods {
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
        Self { api, events, known: BTreeMap::new(), followers: Followers::new(client.clone(), output), output }
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
