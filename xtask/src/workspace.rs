//! Where things are.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => root().join(target),
        None => root().join("target"),
    }
}

/// The images of the examples and tests: in one place, wherever cargo builds.
pub fn images() -> PathBuf {
    root().join("target/images")
}

/// The program, as built with a profile: `debug` or `release`.
pub fn minke(profile: &str) -> PathBuf {
    target().join(profile).join("minke")
}
