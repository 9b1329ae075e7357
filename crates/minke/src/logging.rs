//! Where log lines go: standard error, in the level that was asked for.

use anyhow::{Context, Result};
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging. `level` wins over `RUST_LOG`, which wins over `default`.
pub fn start(level: Option<&str>, default: &str) -> Result<()> {
    let filter = match (level, std::env::var("RUST_LOG")) {
        (Some(level), _) => EnvFilter::try_new(level).with_context(|| format!("--log-level {level:?}"))?,
        (None, Ok(level)) => EnvFilter::try_new(&level).with_context(|| format!("RUST_LOG={level:?}"))?,
        (None, Err(_)) => EnvFilter::new(default),
    };
    let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).with_target(true);
    tracing_subscriber::registry().with(filter).with(layer).init();
    Ok(())
}
