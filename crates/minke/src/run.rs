//! `minke run`: a cluster of its own for some manifests, in front of the user, until they are done.

mod follow;
mod manifests;
mod objects;
mod outcome;
mod output;
mod pods;
mod state;

use crate::{
    blocking::blocking,
    cluster::{self, Cluster},
    data_dir::DataDir,
    endings::{Ending, Endings},
    settings::Settings,
};
use anyhow::Result;
use manifests::Manifest;
use objects::{create_all, delete_all};
use output::Output;
use pods::Pods;
use std::path::PathBuf;

/// Runs manifests and returns the exit code.
pub async fn run(files: Vec<PathBuf>, settings: &Settings) -> Result<u8> {
    let (served, folder) = (settings.served_kinds()?, settings.data_dir());
    let (manifests, data, instance) = blocking(move || {
        let manifests = files.iter().map(|file| manifests::read(file, &served)).collect::<Result<Vec<_>>>()?.concat();
        let data = DataDir::open(&folder)?;
        let instance = data.private_instance()?;
        Ok((manifests, data, instance))
    })
    .await?;
    let mut endings = Endings::signals_and_reader()?;
    let cluster = cluster::start(cluster::Options::private(&data, &instance, settings)).await?;
    let mut patience = Patience::Left;
    let result = show(&cluster, &manifests, &mut endings, &mut patience).await;
    let hurry = async {
        if patience == Patience::Left {
            endings.next().await;
        }
    };
    cluster.stop(node::Pods::Stop, hurry).await;
    blocking(move || {
        drop(instance);
        Ok(())
    })
    .await?;
    result
}

/// Whether the user waits for pods to end in their own time.
#[derive(PartialEq, Eq)]
enum Patience {
    Left,
    Over,
}

/// Creates the objects, follows the pods until they are done or the user has seen enough, and deletes what it created.
async fn show(cluster: &Cluster, manifests: &[Manifest], endings: &mut Endings, patience: &mut Patience) -> Result<u8> {
    let client = cluster.admin_client();
    let output = Output::detect();
    let mut pods = Pods::watch(&client, output);
    let mut created = Vec::new();
    let result = match create_all(&client, manifests, output, &mut created).await {
        Ok(()) if manifests.iter().any(Manifest::is_pod) => tokio::select! {
            code = pods.done() => code,
            ending = endings.next() => {
                acknowledge(ending, output);
                Ok(ending.exit_code())
            }
        },
        Ok(()) => {
            output.state("run", "no Pod in the manifests, so there is nothing to wait for");
            Ok(0)
        }
        Err(error) => Err(error),
    };
    let remove = async {
        delete_all(created).await?;
        pods.gone().await
    };
    tokio::select! {
        removed = remove => removed?,
        _ = endings.next() => {
            *patience = Patience::Over;
            pods.kill().await?;
        }
    }
    result
}

/// Says what happens next to who presses Ctrl-C.
fn acknowledge(ending: Ending, output: Output) {
    if ending == Ending::Interrupt {
        output.state("run", "ending the pods in their own time; Ctrl-C again kills them at once");
    }
}
