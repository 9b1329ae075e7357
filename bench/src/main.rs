//! The figures of `bench/README.md`: how fast a cluster starts, how fast pods come and go, what it all weighs.
//!
//! Each figure is measured through the Kubernetes API, so that the same can be asked of any other cluster in the same
//! run (`--peer KUBECONFIG`) and the ratio be printed.

mod memory;
mod pods;
mod statistics;

use anyhow::{Context, Result};
use clap::Parser;
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use pods::Latencies;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::{
    fs::File,
    os::fd::AsFd,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tests::{Machine, Server, block_on};

/// How long the idle server is watched for its share of a core.
const IDLE: Duration = Duration::from_secs(10);

/// Measure minke, and a peer beside it.
#[derive(Parser)]
struct Arguments {
    /// Pods measured one at a time
    #[arg(long, default_value_t = 20)]
    sequence: usize,
    /// Pods created one right after the other
    #[arg(long, default_value_t = 50)]
    burst: usize,
    /// Image of the pods; it must have `sh` and `sleep`
    #[arg(long, default_value = "docker.io/library/busybox:latest")]
    image: String,
    /// Kubeconfig of another cluster to measure in the same run
    #[arg(long)]
    peer: Option<PathBuf>,
    /// Network namespace of that cluster, as `ip netns` names it
    #[arg(long, requires = "peer")]
    peer_netns: Option<String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // Each side has a thread of its own, because each lives in a network namespace of its own.
    let peer =
        on_thread(|| arguments.peer.as_deref().map(|kubeconfig| measure_peer(kubeconfig, &arguments)).transpose())?;
    let own = on_thread(|| measure_minke(&arguments))?;
    println!("{}", pods::compare(&own, peer.as_ref()));
    Ok(())
}

fn on_thread<T: Send>(measure: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| scope.spawn(measure).join()).map_err(|_| anyhow::anyhow!("a measurement panicked"))?
}

fn measure_minke(arguments: &Arguments) -> Result<Latencies> {
    let machine = Machine::new()?;
    let data_dir = machine.data_dir("data");
    tests::load_images(&machine, &data_dir)?;
    let started = Instant::now();
    let server = Server::start_in(&machine, data_dir, &["--log-level", "warn"])?;
    println!("minke server, exec to node Ready seen by its parent: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    for line in server.announcements() {
        println!("  {}", line.trim());
    }
    let before = memory::cpu_seconds(server.pid())?;
    std::thread::sleep(IDLE);
    let busy = (memory::cpu_seconds(server.pid())? - before) / IDLE.as_secs_f64();
    println!("server idle: {:.1} MiB PSS, {:.2} % of a core", memory::pss(server.pid())?, busy * 100.0);
    let latencies = block_on(async { pods::measure(&server.client().await?, arguments).await })?;
    println!("after the burst: server {:.1} MiB PSS", memory::pss(server.pid())?);
    let supervisors = memory::named("minke-pod")?;
    if let Some(each) = memory::mean(&supervisors) {
        println!("  {} pods: {each:.2} MiB PSS a pod supervisor", supervisors.len());
    }
    block_on(async { pods::end_burst(&server.client().await?, arguments).await })?;
    Ok(latencies)
}

fn measure_peer(kubeconfig: &Path, arguments: &Arguments) -> Result<Latencies> {
    if let Some(name) = &arguments.peer_netns {
        let namespace =
            File::open(Path::new("/run/netns").join(name)).with_context(|| format!("network namespace {name}"))?;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
    }
    block_on(async {
        let config = Kubeconfig::read_from(kubeconfig)?;
        let config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await?;
        let client = Client::try_from(config)?;
        let latencies = pods::measure(&client, arguments).await?;
        pods::end_burst(&client, arguments).await?;
        Ok(latencies)
    })
}
