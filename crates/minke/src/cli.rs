//! The command line.

use crate::settings::Settings;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Kubernetes Pods in one small program.
#[derive(Debug, Parser)]
#[command(name = "minke", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command understands.
    #[command(flatten)]
    pub shared: Shared,
}

/// Flags that every command understands.
#[derive(Debug, Args)]
pub struct Shared {
    /// A YAML file with the same names as the flags below; flags win over it
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What can stand in the file as well.
    #[command(flatten)]
    pub settings: Settings,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a cluster: API server, scheduler and a node, in this process
    Server(Server),
    /// Run manifests in front of you: logs, state changes, and the pods' result as exit code
    Run(Run),
    /// Load, pull, list and remove images
    #[command(subcommand)]
    Image(Image),
    /// Put new keys in the place of old ones
    #[command(subcommand)]
    Rotate(Rotate),
    /// Say what this machine lacks to run pods, each with the remedy
    Check,
}

/// `minke server`.
#[derive(Debug, Args)]
pub struct Server {
    /// End the pods too when the server ends
    #[arg(long)]
    pub stop_pods: bool,
}

/// `minke run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Manifests of any kind, several documents a file; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// `minke rotate`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Rotate {
    /// The key that signs service account tokens. Tokens that the old one has signed stay good. A server that runs
    /// takes the new one when it is started again
    ServiceAccountKey,
}

/// `minke image`.
#[derive(Debug, Subcommand)]
pub enum Image {
    /// Load the images of archives (docker save, OCI, also compressed) or OCI layout folders; - is standard input
    Load {
        /// The archives
        #[arg(required = true, value_name = "ARCHIVE")]
        archives: Vec<PathBuf>,
    },
    /// Pull an image from its registry
    Pull {
        /// Such as busybox, docker.io/library/busybox:1.37 or registry.example/app@sha256:…
        image: String,
        /// User name and password for the registry, as USER:PASSWORD
        #[arg(long, value_name = "USER:PASSWORD")]
        creds: Option<String>,
    },
    /// List images
    #[command(alias = "list")]
    Ls,
    /// Remove images by name or id
    #[command(alias = "remove")]
    Rm {
        /// The images
        #[arg(required = true)]
        images: Vec<String>,
    },
}
