//! `cargo xtask demo`: from a fresh machine to a pod in front of the user.

use crate::{
    debian, images, isolation,
    process::{self, cargo, command},
    workspace,
};
use anyhow::{Context, Result, bail};
use std::os::unix::process::CommandExt;

pub fn run() -> Result<()> {
    if !debian::is_root() {
        bail!("pods need root; run: sudo -E env \"PATH=$PATH\" cargo xtask demo");
    }
    debian::install(&isolation::PROGRAMS)?;
    process::run(&mut cargo(["build", "--release", "--package", "minke"]))?;
    let archives = images::make(&workspace::images())?;
    let minke = workspace::minke("release");
    let minke = minke.to_string_lossy();
    let data_dir = workspace::root().join("target/demo");
    let load = ["image", "load", "--data-dir"].map(std::ffi::OsStr::new).into_iter().chain([data_dir.as_os_str()]);
    process::run(command(&minke, load).args(&archives))?;

    let mut pod = command(&minke, ["run", "examples/my-app.yaml", "--data-dir"]);
    pod.arg(&data_dir);
    println!("$ minke run examples/my-app.yaml    (Ctrl-C ends it)");
    // In place of this program, so that Ctrl-C and the exit code are minke's own business.
    let error = isolation::isolated(&pod).exec();
    Err(error).context("cannot start unshare")
}
