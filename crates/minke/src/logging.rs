//! Where log lines go: standard error, in the level that was asked for.

use anyhow::{Context, Result, bail};
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging. `level` wins over `RUST_LOG`, which wins over `default`.
pub fn start(level: Option<&str>, default: &str) -> Result<()> {
    let filter = match (level, std::env::var("RUST_LOG")) {
        (Some(level), _) => filter(level)?,
        (None, Ok(level)) => EnvFilter::try_new(&level).with_context(|| format!("RUST_LOG={level:?}"))?,
        (None, Err(_)) => EnvFilter::new(default),
    };
    let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).with_target(true);
    tracing_subscriber::registry().with(filter).with(layer).init();
    Ok(())
}

/// The filter that `--log-level` names. A word alone is a level: taken as the name of a module, as in `RUST_LOG`, a
/// mistake would silence all others.
fn filter(text: &str) -> Result<EnvFilter> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let alone = |part: &&str| !part.contains('=') && !LEVELS.contains(&part.to_ascii_lowercase().as_str());
    if let Some(word) = text.split(',').map(str::trim).find(alone) {
        bail!(
            "--log-level: {word:?} is no level; use one of {}, or a filter such as info,node=debug",
            LEVELS.join(", ")
        );
    }
    EnvFilter::try_new(text).with_context(|| format!("--log-level {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_alone_is_a_level() {
        for (text, accepted) in [
            ("info", true),
            ("DEBUG", true),
            ("warn,node=debug", true),
            ("warning", false),
            ("info,node", false),
            ("", false),
        ] {
            assert_eq!(filter(text).is_ok(), accepted, "{text:?}");
        }
    }
}
