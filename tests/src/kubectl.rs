//! kubectl, as a user has it.

use crate::Running;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// kubectl with the administrator's kubeconfig of one server.
pub struct Kubectl {
    /// Enters the machine's network.
    pub(crate) enter: Vec<String>,
    pub(crate) kubeconfig: PathBuf,
    /// Variables of its environment.
    pub(crate) environment: Vec<(&'static str, &'static str)>,
}

impl Kubectl {
    /// The same with a variable in its environment.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// kubectl with these arguments, ready to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let (program, rest) =
            self.enter.split_first().map_or(("kubectl", &[][..]), |(first, rest)| (first.as_str(), rest));
        let mut command = Command::new(program);
        command.args(rest).arg("kubectl").arg("--kubeconfig").arg(&self.kubeconfig).args(arguments);
        command.envs(self.environment.iter().copied());
        command
    }

    /// What kubectl prints; an error with its own words if it fails.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        succeed(arguments, &self.output(arguments, "")?)
    }

    /// The same with something on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Result<String> {
        succeed(arguments, &self.output(arguments, input)?)
    }

    /// kubectl's error text, where it is meant to fail.
    pub fn fail(&self, arguments: &[&str], input: &str) -> Result<String> {
        let output = self.output(arguments, input)?;
        if output.status.success() {
            bail!("kubectl {} succeeded: {}", arguments.join(" "), String::from_utf8_lossy(&output.stdout));
        }
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// kubectl beside the test, such as one that watches or follows.
    pub fn start(&self, arguments: &[&str]) -> Result<Running> {
        Running::start(self.command(arguments), "")
    }

    /// Applies a file.
    pub fn apply(&self, file: &Path) -> Result<()> {
        let file = file.to_str().context("a file name that is no text")?;
        self.run(&["apply", "-f", file]).map(drop)
    }

    /// Applies the text of a manifest.
    pub fn apply_text(&self, manifest: &str) -> Result<()> {
        self.run_with_input(&["apply", "-f", "-"], manifest).map(drop)
    }

    /// An object as JSON.
    pub fn get(&self, arguments: &[&str]) -> Result<Value> {
        let all = [&["get", "-o", "json"], arguments].concat();
        Ok(serde_json::from_str(&self.run(&all)?)?)
    }

    /// What kubectl says and how it ends, whether it fails or not.
    pub fn output(&self, arguments: &[&str], input: &str) -> Result<Output> {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run kubectl: install it, or run the tests with `cargo xtask test`")?;
        if let Some(mut stdin) = child.stdin.take() {
            // kubectl may be done before it has read all.
            let _ = stdin.write_all(input.as_bytes());
        }
        Ok(child.wait_with_output()?)
    }
}

fn succeed(arguments: &[&str], output: &Output) -> Result<String> {
    if !output.status.success() {
        bail!("kubectl {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
