//! Starts that cannot succeed: each says why, and what to do.

use crate::refusal::refusal;
use anyhow::{Context, Result};
use std::{
    fs,
    net::TcpListener,
    process::{Command, Output},
};
use tests::{Instance, Machine, Server, minke};

/// The program as somebody who is not root, but may read all files: it can be anywhere.
fn as_nobody(machine: &Machine, arguments: &[&str]) -> Result<Output> {
    let mut command: Command = machine.command("setpriv");
    command.args(["--reuid=65534", "--clear-groups"]);
    command.args(["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]);
    Ok(command.arg(minke()?).args(arguments).output()?)
}

#[test]
fn who_is_not_root_is_told_how_to_be() -> Result<()> {
    let machine = Machine::new()?;
    for (arguments, expected) in [
        (&["server"][..], "minke server needs root: run `sudo minke server …`"),
        (&["run", "pod.yaml"], "minke run needs root: run `sudo minke run …`"),
        (&["image", "ls"], "minke image needs root: run `sudo minke image …`"),
    ] {
        assert_eq!(refusal(&as_nobody(&machine, arguments)?), format!("minke: {expected}"));
    }
    Ok(())
}

#[test]
fn check_names_what_is_missing_with_the_remedy() -> Result<()> {
    let machine = Machine::new()?;
    let told = machine.minke(&["check"])?;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    assert_eq!(told.status.code(), Some(0), "{text}");
    for expected in
        ["ok       root\n", "ok       kernel ", "ok       file system overlay\n", "ok       pid namespaces\n"]
    {
        assert!(text.contains(expected), "{expected:?} is not in {text}");
    }

    let told = as_nobody(&machine, &["check"])?;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    assert_eq!(told.status.code(), Some(1), "{text}");
    assert!(text.contains("missing  root\n         run it as root"), "{text}");
    Ok(())
}

#[test]
fn a_folder_in_use_is_left_to_the_server_that_has_it() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start_in(&machine, machine.data_dir("data"), &[])?;
    let data = server.data_dir().to_str().context("no text")?;
    let told = refusal(&machine.minke(&["server", "--listen", "127.0.0.1:0", "--data-dir", data])?);
    let expected = format!("{data} is in use by another minke (pid {})", server.pid());
    assert!(told.contains(&expected) && told.contains("--data-dir"), "{told}");
    server.kubectl().run(&["get", "--raw", "/readyz"])?;
    Ok(())
}

#[test]
fn a_port_in_use_is_named_and_nothing_is_left() -> Result<()> {
    let machine = Machine::new()?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let data_dir = machine.data_dir("data");
    let data = data_dir.to_str().context("no text")?;
    let told = refusal(&machine.minke(&["server", "--listen", &address, "--data-dir", data])?);
    assert!(told.contains(&address) && told.contains("in use") && told.contains("--listen"), "{told}");
    assert_eq!(Instance::of(&data_dir).traces().supervisors, 0);
    drop(taken);
    Server::start_in(&machine, data_dir, &[])?;
    Ok(())
}

#[test]
fn mistakes_in_settings_are_named() -> Result<()> {
    let machine = Machine::new()?;
    let file = machine.write("minke.yaml", "data-dri: /nowhere\n")?;
    let file = file.to_str().context("no text")?;
    let told = refusal(&machine.minke(&["server", "--config", file])?);
    assert!(told.contains(file) && told.contains("data-dri"), "{told}");

    let not_a_folder = machine.write("file", "")?;
    let not_a_folder = not_a_folder.to_str().context("no text")?;
    let told = refusal(&machine.minke(&["server", "--data-dir", not_a_folder])?);
    assert!(told.contains(not_a_folder) && told.contains("--data-dir"), "{told}");

    let data_dir = machine.data_dir("data");
    let data = data_dir.to_str().context("no text")?;
    let told = refusal(&machine.minke(&["server", "--data-dir", data, "--node-name", "Node_1"])?);
    assert!(told.contains("Node_1") && told.contains("--node-name"), "{told}");
    for command in ["link add lan type bridge", "address add 10.9.0.1/24 dev lan", "link set lan up"] {
        assert!(machine.command("ip").args(command.split(' ')).status()?.success(), "ip {command}");
    }
    let told = refusal(&machine.minke(&["server", "--data-dir", data, "--pod-cidr", "10.9.0.0/16"])?);
    let reserved = refusal(&machine.minke(&["server", "--data-dir", data, "--pod-cidr", "127.0.0.0/16"])?);
    assert!(reserved.contains("--pod-cidr 127.0.0.0/16 is reserved"), "{reserved}");
    assert!(["10.9.0.0/16", "lan", "--pod-cidr"].iter().all(|word| told.contains(word)), "{told}");
    assert!(!Instance::of(&data_dir).is_on_the_machine());

    fs::create_dir_all(data_dir.join("state"))?;
    fs::write(data_dir.join("state/minke.db"), "this is no database".repeat(100))?;
    let told = refusal(&machine.minke(&["server", "--data-dir", data, "--listen", "127.0.0.1:0"])?);
    assert!(told.contains("minke.db"), "{told}");
    Ok(())
}
