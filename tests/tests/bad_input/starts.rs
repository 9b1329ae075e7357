//! Starts that cannot succeed: each says why, and what to do.

use crate::refusal::refusal;
use anyhow::{Context, Result};
use std::{
    fs,
    net::TcpListener,
    process::{Command, Output},
};
use tests::{Instance, Machine, Running, Server, Signal, minke};

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
    assert_eq!(machine.links()?, ["lo"]);
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
    let told = machine.minke(&["server", "--data-dir", data, "--pod-cidr", "10.9.0.0/33"])?;
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("'--pod-cidr") && told.contains("/33 is no prefix length of 10.9.0.0"), "{told}");

    fs::create_dir_all(data_dir.join("state"))?;
    fs::write(data_dir.join("state/minke.db"), "this is no database".repeat(100))?;
    let told = refusal(&machine.minke(&["server", "--data-dir", data, "--listen", "127.0.0.1:0"])?);
    assert!(told.contains("minke.db"), "{told}");
    Ok(())
}

#[test]
fn a_machine_with_any_name_has_a_node() -> Result<()> {
    for (host_name, node) in [("My_Laptop", "my-laptop"), ("(none)", "none"), ("___", "node")] {
        let machine = Machine::new()?;
        let mut command = machine.command("unshare");
        command.args([
            "--uts",
            "sh",
            "-c",
            "printf %s \"$1\" > /proc/sys/kernel/hostname && shift && exec \"$@\"",
            "sh",
            host_name,
        ]);
        command.arg(minke()?).args(["server", "--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(machine.data_dir("data"));
        let mut server = Running::start(command, "")?;
        server.wait_for(&format!("node {node} ready after"))?;
        server.signal(Signal::TERM)?;
        let (_, lines) = server.finish()?;
        let said = lines.iter().filter(|line| line.contains("the host name cannot name a node")).count();
        assert_eq!(said, 1, "{lines:#?}");
    }
    Ok(())
}

/// What lies in the folder, however damaged it is, costs at most what it is about; else the refusal names it.
#[test]
fn nothing_in_the_folder_stops_a_server_without_a_word() -> Result<()> {
    let machine = Machine::new()?;
    for (number, path) in [
        "lock",
        "admin.kubeconfig",
        "state/minke.db",
        "pki/ca.crt",
        "pki/ca.key",
        "pki/server.crt",
        "pods/stray",
        "pods/1234/pod.json",
        "pods/1234/network.json",
        "pods/1234/supervisor.sock",
        "removed-pods/stray",
        "run/stray",
        "images/stray",
    ]
    .into_iter()
    .enumerate()
    {
        for damage in ["nothing", "nonsense", "a folder"] {
            let data_dir = machine.data_dir(&format!("{number}-{}", damage.replace(' ', "-")));
            let damaged = data_dir.join(path);
            fs::create_dir_all(damaged.parent().context("no folder")?)?;
            match damage {
                "a folder" => fs::create_dir(&damaged)?,
                "nonsense" => fs::write(&damaged, "this is nothing of the kind\n".repeat(100))?,
                _ => fs::write(&damaged, "")?,
            }
            let mut command = machine.command(minke()?);
            command.args(["server", "--stop-pods", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data_dir);
            let mut server = Running::start(command, "")?;
            match server.wait_for(" ready after ").and_then(|_| server.wait_for("ready after")) {
                Ok(_) => server.signal(Signal::TERM)?,
                Err(refused) => {
                    let told = refused.to_string();
                    let name = damaged.parent().context("no folder")?.display().to_string();
                    assert!(told.contains("minke: ") && told.contains(&name), "{path} is {damage}: {told}");
                }
            }
            let (_, lines) = server.finish()?;
            assert!(!lines.iter().any(|line| line.contains("panicked")), "{path} is {damage}: {lines:#?}");
            assert_eq!(machine.links()?, ["lo"], "{path} is {damage}");
        }
    }
    Ok(())
}
