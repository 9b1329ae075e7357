//! `cargo xtask test`, `ci`, `fuzz` and `bench`.

use crate::{
    debian, images, isolation,
    process::{cargo, is_there, run},
    workspace,
};
use anyhow::{Context, Result, bail};
use std::{fs, process::Command};

/// What the tests call: `(program, Debian package)`.
const PROGRAMS: [(&str, &str); 3] =
    [("kubectl", "kubernetes-client"), ("iptables-nft", "iptables"), ("nft", "nftables")];

/// All tests. They are built here and run in a network namespace without a way out, so no packet of theirs can leave
/// the machine whatever they do.
pub fn test(arguments: &[String]) -> Result<()> {
    if !debian::is_root() {
        bail!(
            "the tests make namespaces and cgroups, which needs root; run: sudo -E env \"PATH=$PATH\" cargo xtask test"
        );
    }
    debian::install(&[&isolation::PROGRAMS[..], &PROGRAMS].concat())?;
    run(&mut cargo(["build", "--package", "minke"]))?;
    images::make(&workspace::images())?;
    run(&mut cargo(["test", "--workspace", "--no-run"]))?;
    let mut tests = cargo(["test", "--workspace", "--offline"]);
    tests.args(arguments);
    run(&mut isolation::isolated(&tests))
}

/// What has to hold before a change is merged.
pub fn ci() -> Result<()> {
    run(&mut cargo(["fmt", "--all", "--check"]))?;
    run(&mut cargo(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    run(cargo(["doc", "--workspace", "--no-deps", "--document-private-items"]).env("RUSTDOCFLAGS", "--deny warnings"))?;
    if is_there("cargo-deny") {
        run(&mut cargo(["deny", "check", "licenses", "bans", "sources"]))?;
    } else {
        eprintln!("not checked: licences and sources of dependencies (cargo install cargo-deny)");
    }
    test(&[])?;
    run(&mut replay())
}

/// The corpus of every fuzz target once more, in plain tests.
fn replay() -> Command {
    let mut replay = cargo(["test", "--manifest-path", "fuzz/Cargo.toml"]);
    replay.env("CARGO_TARGET_DIR", workspace::target());
    replay
}

/// Looks for new inputs with cargo-fuzz, each target for as many seconds.
pub fn fuzz(seconds: u32, only: Option<&str>) -> Result<()> {
    if !is_there("cargo-fuzz") {
        bail!("cargo-fuzz is missing; install it with: cargo install cargo-fuzz");
    }
    let targets = fs::read_dir(workspace::root().join("fuzz/fuzz_targets")).context("cannot list fuzz/fuzz_targets")?;
    for target in targets {
        let name = target?.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if only.is_none_or(|only| only == name) {
            let mut search = cargo(["fuzz", "run", "--features", "libfuzzer", &name, "--"]);
            // The sanitizers' flags are the nightly compiler's; the stable one has them too.
            search.arg(format!("-max_total_time={seconds}")).env("RUSTC_BOOTSTRAP", "1");
            run(&mut search)?;
        }
    }
    Ok(())
}

/// The benchmarks, each in a network namespace of its own making.
pub fn bench(arguments: &[String]) -> Result<()> {
    run(&mut cargo(["build", "--release", "--package", "minke"]))?;
    images::make(&workspace::images())?;
    run(cargo(["run", "--release", "--package", "bench", "--"]).args(arguments))
}
