//! The developer's commands: `cargo xtask COMMAND`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod checks;
mod debian;
mod demo;
mod golden;
mod images;
mod isolation;
mod process;
mod workspace;

use anyhow::{Result, bail};
use std::{path::PathBuf, process::ExitCode};

const HELP: &str = "\
Usage: cargo xtask COMMAND

  demo                  Build minke, make the images, run examples/my-app.yaml in front of you (Ctrl-C ends it)
  test [ARGS...]        All tests: unit, component, end to end; ARGS go to cargo test
  ci                    Format, clippy, documentation, cargo-deny if it is there, all tests, the fuzz targets' corpus
  golden                The object model against Kubernetes' golden objects (wants Go)
  fuzz [TARGET]         An hour of looking for new inputs for each fuzz target, or for one (needs cargo-fuzz)
  bench [ARGS...]       The figures of bench/README.md, on a release build
  images [--out DIR]    The images of the examples and tests as docker-archives, in target/images unless told otherwise";

/// How long each fuzz target is tried, in seconds.
const AN_HOUR: u32 = 3600;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else { bail!("which command?\n\n{HELP}") };
    match (command.as_str(), rest) {
        ("help" | "--help" | "-h", _) => println!("{HELP}"),
        ("demo", []) => demo::run()?,
        ("test", rest) => checks::test(rest)?,
        ("ci", []) => checks::ci()?,
        ("golden", []) => golden::check()?,
        ("fuzz", []) => checks::fuzz(AN_HOUR, None)?,
        ("fuzz", [target]) => checks::fuzz(AN_HOUR, Some(target))?,
        ("bench", rest) => checks::bench(rest)?,
        ("images", []) => report(&images::make(&workspace::images())?),
        ("images", [flag, out]) if flag == "--out" => report(&images::make(&PathBuf::from(out))?),
        _ => bail!("no such command: cargo xtask {}\n\n{HELP}", arguments.join(" ")),
    }
    Ok(())
}

fn report(archives: &[PathBuf]) {
    for archive in archives {
        println!("{}", archive.display());
    }
}
