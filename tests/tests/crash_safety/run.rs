//! `minke run` is killed: the next one takes away what it left.

use crate::pods::counting;
use anyhow::{Context, Result};
use std::fs;
use tests::{Instance, Machine, Running, example, load_images, minke};

#[test]
fn the_next_run_removes_what_a_killed_one_left() -> Result<()> {
    let machine = Machine::new()?;
    let data_dir = machine.data_dir("data");
    load_images(&machine, &data_dir)?;
    let data = data_dir.to_str().context("no text")?;
    let manifest = machine.write("counter.json", &counting("counter").to_string())?;

    let mut command = machine.command(minke()?);
    command.args(["run", "--data-dir", data]).arg(manifest);
    let mut run = Running::start(command, "")?;
    run.wait_for("counter/first | 2")?;
    drop(run);
    let folder = fs::read_dir(data_dir.join("run"))?.next().context("no folder of the run")??.path();
    let left = Instance::of(&folder);
    assert_eq!(left.traces().supervisors, 1, "the pod goes on");

    let hello = example("hello");
    let next = machine.minke(&["run", "--data-dir", data, hello.to_str().context("no text")?])?;
    assert_eq!(next.status.code(), Some(0), "{}", String::from_utf8_lossy(&next.stderr));
    assert!(String::from_utf8_lossy(&next.stdout).contains("Hello from a pod!"));
    assert!(!left.is_on_the_machine(), "processes, cgroups or mounts are left");
    assert_eq!(fs::read_dir(data_dir.join("run"))?.count(), 0, "a folder is left");
    let links = machine.command("ip").args(["-brief", "link"]).output()?;
    assert!(!String::from_utf8_lossy(&links.stdout).contains("mk"), "a bridge is left");
    Ok(())
}
