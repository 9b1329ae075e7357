//! `minke server`: a cluster until a signal ends it.

use crate::{
    blocking::blocking,
    cluster::{self, Cluster},
    data_dir::DataDir,
    endings::Endings,
    settings::Settings,
    systemd,
};
use anyhow::Result;
use futures::FutureExt;
use node::Pods;
use std::time::Instant;

/// Serves; returns when a signal came and everything has ended in order.
pub async fn serve(settings: &Settings, stop_pods: bool, started: Instant) -> Result<()> {
    let folder = settings.data_dir();
    let (data, lock) = blocking(move || {
        let data = DataDir::open(&folder)?;
        let lock = data.lock()?;
        Ok((data, lock))
    })
    .await?;
    let mut endings = Endings::signals()?;
    let cluster = cluster::start(cluster::Options::server(&data, settings)).await?;
    announce("API", &cluster, started);
    println!("kubeconfig: {}", cluster.kubeconfig().display());
    tokio::select! {
        ready = cluster.node_ready() => {
            ready?;
            println!("node {} ready after {} ms", cluster.node_name(), started.elapsed().as_millis());
            systemd::notify("READY=1");
            endings.next().await;
        }
        _ = endings.next() => {}
    }
    systemd::notify("STOPPING=1");
    let pods = if stop_pods { Pods::Stop } else { Pods::Leave };
    cluster.stop(pods, endings.next().map(drop)).await;
    drop(lock);
    Ok(())
}

fn announce(what: &str, cluster: &Cluster, started: Instant) {
    let addresses: Vec<String> = cluster.addresses().iter().map(|address| format!("https://{address}")).collect();
    println!("{what} ready after {} ms: {}", started.elapsed().as_millis(), addresses.join(", "));
}
