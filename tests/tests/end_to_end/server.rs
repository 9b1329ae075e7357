//! `minke server` as those who start it see it: its announcements and its settings.

use std::{os::unix::net::UnixDatagram, path::Path, process::Command, sync::mpsc::channel, thread, time::Duration};
use tests::{Machine, Running, Signal, minke};

fn command(machine: &Machine, arguments: &[&str]) -> Command {
    let mut command = machine.command(minke().unwrap());
    command.arg("server").args(arguments);
    command
}

/// Runs kubectl with a kubeconfig, and returns what it prints.
fn kubectl(machine: &Machine, kubeconfig: &Path, arguments: &[&str]) -> String {
    let mut command = machine.command("kubectl");
    let output = command.arg("--kubeconfig").arg(kubeconfig).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_server_says_when_it_is_ready_and_ends_with_sigterm() {
    let machine = Machine::new().unwrap();
    let data_dir = machine.data_dir("data");
    let notified = machine.data_dir("notify");
    let socket = UnixDatagram::bind(&notified).unwrap();
    let (sender, notices) = channel();
    thread::spawn(move || {
        let mut state = [0; 256];
        while let Ok(length) = socket.recv(&mut state) {
            let _ = sender.send(String::from_utf8_lossy(&state[..length]).into_owned());
        }
    });
    let mut command = command(
        &machine,
        &["--listen", "127.0.0.1:0", "--node-name", "edge", "--data-dir", data_dir.to_str().unwrap()],
    );
    command.env("NOTIFY_SOCKET", &notified);
    let mut server = Running::start(command, "").unwrap();
    let api = server.wait_for("API ready after").unwrap();
    let (milliseconds, address) = api.trim_start_matches("API ready after ").split_once(" ms: ").unwrap();
    assert!(milliseconds.parse::<u64>().is_ok() && address.starts_with("https://127.0.0.1:"), "{api}");
    let kubeconfig = data_dir.join("admin.kubeconfig");
    assert_eq!(server.wait_for("kubeconfig").unwrap(), format!("kubeconfig: {}", kubeconfig.display()));
    server.wait_for("node edge ready after").unwrap();
    let patience = Duration::from_secs(90);
    assert!(notices.recv_timeout(patience).unwrap().contains("READY=1"));
    assert_eq!(kubectl(&machine, &kubeconfig, &["get", "nodes", "-o", "name"]), "node/edge\n");

    server.signal(Signal::TERM).unwrap();
    assert!(notices.recv_timeout(patience).unwrap().contains("STOPPING=1"));
    let (status, lines) = server.finish().unwrap();
    assert!(status.success(), "{lines:#?}");
}

#[test]
fn settings_stand_in_a_file_or_in_flags() {
    let machine = Machine::new().unwrap();
    let text = format!(
        "data-dir: {}\nlisten: 127.0.0.1:7443\nnode-name: from-file\npod-cidr: 10.77.0.0/16\n",
        machine.data_dir("data").display()
    );
    let file = machine.write("minke.yaml", &text).unwrap();
    let kubeconfig = machine.data_dir("elsewhere.kubeconfig");
    let arguments = ["--config", file.to_str().unwrap(), "--node-name", "from-flag", "--kubeconfig"];
    let mut server =
        Running::start(command(&machine, &[&arguments[..], &[kubeconfig.to_str().unwrap()]].concat()), "").unwrap();
    assert!(server.wait_for("API ready after").unwrap().ends_with("https://127.0.0.1:7443"));
    server.wait_for("node from-flag ready after").unwrap();
    let path = "jsonpath={.spec.podCIDR} {.status.addresses[0].address}";
    let node = kubectl(&machine, &kubeconfig, &["get", "node", "from-flag", "-o", path]);
    assert_eq!(node, "10.77.0.0/24 10.77.0.1");
    server.signal(Signal::TERM).unwrap();
    assert!(server.finish().unwrap().0.success());
}
