//! What a watcher sees of a pod, from its beginning on.

use crate::{PATIENCE, Server, block_on};
use anyhow::{Context, Result, bail};
use futures::TryStreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{ListParams, WatchEvent, WatchParams},
};
use std::pin::pin;

impl Server<'_> {
    /// All states of a pod of the default namespace from before `begin` until it is `done`, or gone.
    pub fn history_of_pod(
        &self,
        name: &str,
        begin: impl FnOnce() -> Result<()>,
        done: impl Fn(&Pod) -> bool,
    ) -> Result<Vec<Pod>> {
        block_on(async {
            let pods: Api<Pod> = Api::default_namespaced(self.client().await?);
            let before = pods.list_metadata(&ListParams::default()).await?.metadata.resource_version;
            begin()?;
            let only = WatchParams::default()
                .fields(&format!("metadata.name={name}"))
                .timeout(u32::try_from(PATIENCE.as_secs())?);
            let mut events = pin!(pods.watch(&only, &before.context("no resourceVersion")?).await?);
            let mut states = Vec::new();
            while let Some(event) = events.try_next().await? {
                let is_last = match event {
                    WatchEvent::Added(pod) | WatchEvent::Modified(pod) => {
                        let is_done = done(&pod);
                        states.push(pod);
                        is_done
                    }
                    WatchEvent::Deleted(pod) => {
                        states.push(pod);
                        true
                    }
                    WatchEvent::Bookmark(_) => false,
                    WatchEvent::Error(error) => bail!("the watch on pod {name}: {error:?}"),
                };
                if is_last {
                    return Ok(states);
                }
            }
            bail!("pod {name} did not come to its end: {}", serde_json::to_string(&states.last())?)
        })
    }
}
