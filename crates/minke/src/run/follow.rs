//! Follows pods: one line for each change of state, and the logs of every container as it starts.

use super::{outcome::container_statuses, output::Output, state};
use futures::{AsyncBufReadExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{Api, Client, api::LogParams};
use std::collections::{HashMap, HashSet};
use tokio::task::JoinSet;

/// Those who follow logs, and what was shown of each pod.
pub struct Followers {
    client: Client,
    output: Output,
    shown: HashMap<String, String>,
    /// Attempts of containers whose logs are followed, by container id.
    followed: HashSet<String>,
    /// Numbers of containers, for their colours.
    numbers: HashMap<String, usize>,
    tasks: JoinSet<()>,
}

impl Followers {
    /// Follows nothing yet.
    pub fn new(client: Client, output: Output) -> Self {
        let (shown, followed, numbers) = (HashMap::new(), HashSet::new(), HashMap::new());
        Self { client, output, shown, followed, numbers, tasks: JoinSet::new() }
    }

    /// Takes in a pod's new state.
    pub fn see(&mut self, pod: &Pod) {
        let name = pod.metadata.name.clone().unwrap_or_default();
        let state = state::line(pod);
        if self.shown.get(&name) != Some(&state) {
            self.output.state(&format!("pod/{name}"), &state);
            self.shown.insert(name, state);
        }
        for container in container_statuses(pod) {
            self.follow(pod, container);
        }
    }

    /// Waits until every log was shown to its end.
    pub async fn finish(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }

    fn follow(&mut self, pod: &Pod, container: &ContainerStatus) {
        let Some(id) = container.container_id.clone().filter(|id| !id.is_empty()) else { return };
        if !self.followed.insert(id) {
            return;
        }
        let pod_name = pod.metadata.name.clone().unwrap_or_default();
        let prefix = format!("{pod_name}/{}", container.name);
        let next = self.numbers.len();
        let number = *self.numbers.entry(prefix.clone()).or_insert(next);
        let namespace = pod.metadata.namespace.clone().unwrap_or_default();
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &namespace);
        let params = LogParams { container: Some(container.name.clone()), follow: true, ..LogParams::default() };
        let output = self.output;
        self.tasks.spawn(async move {
            let shown = async {
                let mut lines = pods.log_stream(&pod_name, &params).await?.lines();
                while let Some(line) = lines.try_next().await? {
                    output.log(number, &prefix, &line);
                }
                anyhow::Ok(())
            };
            if let Err(error) = shown.await {
                tracing::warn!(container = prefix, %error, "cannot show the log");
            }
        });
    }
}
