//! Where the program under test and the images are: beside the test's own binary, and made by `cargo xtask images`.

use anyhow::{Context, Result, bail};
use std::{
    env,
    path::{Path, PathBuf},
};

/// The folder that cargo builds into.
fn target_dir() -> Result<PathBuf> {
    let own = env::current_exe().context("cannot find this binary")?;
    let mut folders = own.ancestors().skip(1);
    let profile = folders.next().context("this binary has no folder")?;
    let profile = if profile.ends_with("deps") { folders.next().unwrap_or(profile) } else { profile };
    Ok(profile.to_path_buf())
}

/// The minke binary of the profile that this binary was built in; `MINKE` names another one.
pub fn minke() -> Result<PathBuf> {
    let path = match env::var_os("MINKE") {
        Some(path) => path.into(),
        None => target_dir()?.join("minke"),
    };
    if !path.exists() {
        bail!("{} is not there: run `cargo build`, or all of it with `cargo xtask test`", path.display());
    }
    Ok(path)
}

/// The archives with the images of the tests.
pub fn images() -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/images");
    ["busybox.tar", "nginx.tar"]
        .into_iter()
        .map(|name| folder.join(name))
        .map(
            |path| {
                if path.exists() {
                    Ok(path)
                } else {
                    bail!("{} is not there: run `cargo xtask images`", path.display())
                }
            },
        )
        .collect()
}

/// One of the manifests of `examples/`.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name).with_extension("yaml")
}
