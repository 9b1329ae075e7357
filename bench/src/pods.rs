//! How fast pods come and go, as a client with a watch sees it.

use crate::{Arguments, statistics::Sample};
use anyhow::{Context, Result, bail};
use futures::{StreamExt, stream::BoxStream};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client,
    api::{DeleteParams, PostParams, WatchEvent, WatchParams},
};
use serde_json::json;
use std::{
    collections::HashMap,
    fmt::Write,
    time::{Duration, Instant},
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// What was measured of one cluster.
#[derive(Debug, Default)]
pub struct Latencies {
    running: Sample,
    gone: Sample,
    /// Until all pods of the burst ran, in milliseconds.
    burst: f64,
}

/// What a watch has shown, with the time of arrival.
struct Seen {
    events: BoxStream<'static, kube::Result<WatchEvent<Pod>>>,
    running: HashMap<String, Instant>,
    gone: HashMap<String, Instant>,
}

impl Seen {
    async fn start(pods: &Api<Pod>) -> Result<Self> {
        let version = pods.list(&kube::api::ListParams::default()).await?.metadata.resource_version.unwrap_or_default();
        let events = pods.watch(&WatchParams::default(), &version).await?.boxed();
        Ok(Self { events, running: HashMap::new(), gone: HashMap::new() })
    }

    async fn until(&mut self, name: &str, gone: bool) -> Result<Instant> {
        loop {
            let seen = if gone { &self.gone } else { &self.running };
            if let Some(at) = seen.get(name) {
                return Ok(*at);
            }
            let event = tokio::time::timeout(PATIENCE, self.events.next()).await;
            let event = event.with_context(|| format!("{name} took too long"))?.context("the watch ended")??;
            let now = Instant::now();
            match event {
                WatchEvent::Added(pod) | WatchEvent::Modified(pod) => {
                    let phase = pod.status.and_then(|status| status.phase);
                    if phase.as_deref() == Some("Running") {
                        self.running.entry(pod.metadata.name.unwrap_or_default()).or_insert(now);
                    }
                }
                WatchEvent::Deleted(pod) => {
                    self.gone.insert(pod.metadata.name.unwrap_or_default(), now);
                }
                WatchEvent::Bookmark(_) => {}
                WatchEvent::Error(status) => bail!("the watch broke off: {}", status.message),
            }
        }
    }
}

/// Measures pods one at a time, then a burst, which is left running.
pub async fn measure(client: &Client, arguments: &Arguments) -> Result<Latencies> {
    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    let mut seen = Seen::start(&pods).await?;
    let (mut running, mut gone) = (Vec::new(), Vec::new());
    for number in 0..arguments.sequence {
        let name = format!("sequence-{number}");
        let started = Instant::now();
        pods.create(&PostParams::default(), &pod(&name, &arguments.image)?).await?;
        running.push(milliseconds(seen.until(&name, false).await? - started));
        let started = Instant::now();
        pods.delete(&name, &DeleteParams::default()).await?;
        gone.push(milliseconds(seen.until(&name, true).await? - started));
    }
    let started = Instant::now();
    for name in burst(arguments) {
        pods.create(&PostParams::default(), &pod(&name, &arguments.image)?).await?;
    }
    let mut last = started;
    for name in burst(arguments) {
        last = last.max(seen.until(&name, false).await?);
    }
    Ok(Latencies { running: Sample::new(running), gone: Sample::new(gone), burst: milliseconds(last - started) })
}

/// Deletes the pods of the burst and waits until they are gone.
pub async fn end_burst(client: &Client, arguments: &Arguments) -> Result<()> {
    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    let mut seen = Seen::start(&pods).await?;
    for name in burst(arguments) {
        pods.delete(&name, &DeleteParams::default()).await?;
    }
    for name in burst(arguments) {
        seen.until(&name, true).await?;
    }
    Ok(())
}

fn burst(arguments: &Arguments) -> impl Iterator<Item = String> {
    (0..arguments.burst).map(|number| format!("burst-{number}"))
}

/// A pod that runs until it is asked to end, and then ends at once.
fn pod(name: &str, image: &str) -> Result<Pod> {
    Ok(serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "containers": [{
                "name": "c",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", "trap 'exit 0' TERM; sleep 100000 & wait"],
            }],
        },
    }))?)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// What a line of the table is called, and what it shows.
type Row = (&'static str, fn(&Latencies) -> f64);

/// A table of what was measured, with the ratio to the peer if there is one.
pub fn compare(own: &Latencies, peer: Option<&Latencies>) -> String {
    let rows: [Row; 5] = [
        ("create -> Running, p50", |latencies| latencies.running.percentile(50)),
        ("create -> Running, p99", |latencies| latencies.running.percentile(99)),
        ("delete -> gone, p50", |latencies| latencies.gone.percentile(50)),
        ("delete -> gone, p99", |latencies| latencies.gone.percentile(99)),
        ("burst, all Running", |latencies| latencies.burst),
    ];
    let mut table = String::from("                          minke");
    table += if peer.is_some() { "        peer   ratio\n" } else { "\n" };
    for (label, value) in rows {
        // Writing to a string cannot fail.
        let _ = write!(table, "{label:22} {:6.0} ms", value(own));
        if let Some(peer) = peer {
            let _ = write!(table, "  {:7.0} ms  {:5.1}x", value(peer), value(peer) / value(own));
        }
        table.push('\n');
    }
    table
}
