//! `cargo xtask golden`: the object model against Kubernetes' golden objects, which Go fetches from its module proxy.

use crate::{
    process::{cargo, command, run},
    workspace,
};
use anyhow::{Context, Result, bail};
use std::process::Command;

/// Go modules, and where their golden objects lie.
const MODULES: [(&str, &str); 2] =
    [("k8s.io/api", "testdata/HEAD"), ("k8s.io/apiextensions-apiserver", "pkg/apis/testdata/HEAD")];

/// Holds the object model against all of them.
pub fn check() -> Result<()> {
    let mut check = cargo(["run", "--quiet", "--package", "api", "--example", "golden", "--"]);
    for (module, folder) in MODULES {
        run(&mut go(["mod", "download", module]))?;
        check.arg(format!("{}/{folder}", directory(module)?));
    }
    run(&mut check)
}

/// Go, in the module whose go.mod says which versions are meant.
fn go<const COUNT: usize>(arguments: [&str; COUNT]) -> Command {
    let mut go = command("go", arguments);
    go.current_dir(workspace::root().join("crates/api/build/go_fields"));
    go
}

fn directory(module: &str) -> Result<String> {
    let output = go(["list", "-m", "-f", "{{.Dir}}", module]).output().context("cannot start go")?;
    let directory = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if directory.is_empty() {
        bail!("go does not find {module}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(directory)
}
