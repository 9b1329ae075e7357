//! `cargo xtask test`, `ci` and `bench`.

use crate::{
    debian, images, isolation,
    process::{cargo, is_there, run},
    workspace,
};
use anyhow::{Result, bail};

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
    test(&[])
}

/// The benchmarks, each in a network namespace of its own making.
pub fn bench(arguments: &[String]) -> Result<()> {
    run(&mut cargo(["build", "--release", "--package", "minke"]))?;
    images::make(&workspace::images())?;
    run(cargo(["run", "--release", "--package", "bench", "--"]).args(arguments))
}
