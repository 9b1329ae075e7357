//! minke: Kubernetes Pods in one small program.
//!
//! This crate is the command line and the place where the parts are put together ([`cluster`]).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod agent;
mod blocking;
mod check;
mod cli;
mod cluster;
mod components;
mod control_plane;
mod data_dir;
mod endings;
mod image;
mod logging;
mod memory;
mod networks;
mod node_name;
mod run;
mod server;
mod settings;
mod systemd;
mod yaml;

use anyhow::{Context, Result};
use clap::Parser;
use cli::{Cli, Command, Rotate};
use data_dir::DataDir;
use settings::Settings;
use std::{future::Future, process::ExitCode, time::Instant};

fn main() -> ExitCode {
    // The zygote and its pod supervisors are single-threaded: they branch off before anything else exists.
    if let Some(code) = runtime::role::enter(std::env::args_os()) {
        return code;
    }
    let started = Instant::now();
    match command(Cli::parse(), started) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("minke: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

fn command(cli: Cli, started: Instant) -> Result<ExitCode> {
    let file = cli.shared.config.as_deref().map(Settings::read).transpose()?;
    let settings = cli.shared.settings.or(file.unwrap_or_default());
    let default_level = if matches!(cli.command, Command::Server(_)) { "info" } else { "warn" };
    logging::start(settings.log_level.as_deref(), default_level)?;
    match cli.command {
        Command::Server(server) => {
            require_root("minke server")?;
            check::require()?;
            block_on(server::serve(&settings, server.stop_pods, started))?.map(|()| ExitCode::SUCCESS)
        }
        Command::Run(run) => {
            require_root("minke run")?;
            check::require()?;
            block_on(run::run(run.files, &settings))?.map(ExitCode::from)
        }
        Command::Image(command) => {
            require_root("minke image")?;
            block_on(image::image(command, &settings))?.map(|()| ExitCode::SUCCESS)
        }
        Command::Rotate(Rotate::ServiceAccountKey) => {
            require_root("minke rotate")?;
            apiserver::TokenKeys::rotate(&DataDir::open(&settings.data_dir())?.pki())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check => Ok(check::check()),
    }
}

/// An error with its causes, without those that it tells itself.
fn one_line(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |line, cause| match cause.to_string() {
        cause if line.is_empty() => cause,
        cause if line.contains(&cause) => line,
        cause => format!("{line}: {cause}"),
    })
}

/// Mounts, namespaces and cgroups are root's.
fn require_root(command: &str) -> Result<()> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    anyhow::bail!("{command} needs root: run `sudo {command} …`")
}

/// Two threads are enough for what is mostly waiting; more cost memory.
fn block_on<F: Future>(future: F) -> Result<F::Output> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().context("cannot start threads")?;
    let output = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(output)
}
