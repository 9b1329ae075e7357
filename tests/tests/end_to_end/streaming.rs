//! `kubectl exec`, `cp`, `attach`, `port-forward`, `run`, `debug`: over WebSocket, as kubectl speaks by itself, and over
//! SPDY, as it did before.

use std::{fs, process::Command, thread, time::Duration};
use tests::{
    Instance, Kubectl, Machine, Running, Server, http,
    manifest::{pod, until_told},
    status::is_running,
};

/// kubectl in both its languages.
fn languages(server: &Server<'_>) -> [(&'static str, Kubectl); 2] {
    ["true", "false"].map(|websockets| {
        let kubectl = server.kubectl().with("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", websockets);
        (
            if websockets == "true" { "WebSocket" } else { "SPDY" },
            kubectl.with("KUBECTL_PORT_FORWARD_WEBSOCKETS", websockets),
        )
    })
}

/// A server with a pod whose container runs a script.
fn server_with<'a>(machine: &'a Machine, name: &str, script: &str, more: &str) -> Server<'a> {
    let server = Server::start(machine).unwrap();
    server.kubectl().apply_text(&(pod(name, script) + more)).unwrap();
    server.wait_for_pod(name, |pod| is_running(pod, "main")).unwrap();
    server
}

#[test]
fn exec_runs_a_command_with_its_streams_and_exit_code() {
    let machine = Machine::new().unwrap();
    let server = server_with(&machine, "web", &until_told(0), "");
    for (language, kubectl) in languages(&server) {
        for (script, input, code, output, error) in [
            ("echo out; echo err >&2", "", 0, "out\n", "err\n"),
            ("cat", "piped\n", 0, "piped\n", ""),
            ("wc -c", "12345", 0, "5\n", ""),
            ("exit 7", "", 7, "", "command terminated with exit code 7\n"),
            ("kill -9 $$", "", 137, "", "command terminated with exit code 137\n"),
            ("seq 1 100000 | tail -n 1; echo \"$1\" ''", "", 0, "100000\n \n", ""),
        ] {
            let said = kubectl.output(&["exec", "-i", "web", "--", "sh", "-c", script], input).unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let got = (said.status.code(), text(&said.stdout), text(&said.stderr));
            assert_eq!(got, (Some(code), output.to_owned(), error.to_owned()), "{language}: {script}");
        }
        let many = kubectl.run(&["exec", "web", "--", "seq", "1", "200000"]).unwrap();
        assert_eq!(many.lines().count(), 200_000, "{language}");
        let missing = kubectl.fail(&["exec", "web", "--", "nosuch"], "").unwrap();
        assert!(missing.contains(r#"exec: "nosuch": executable file not found in $PATH"#), "{language}: {missing}");
    }
}

/// A command with a terminal in front of it, of this size.
fn in_a_terminal(kubectl: &Kubectl, arguments: &[&str]) -> Command {
    let command = kubectl.command(arguments);
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let words: Vec<_> = words.map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''"))).collect();
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command"]);
    script.arg(format!("stty rows 33 cols 99; {}", words.join(" "))).arg("/dev/null");
    script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    script
}

#[test]
fn exec_gives_a_terminal_with_the_size_of_the_client_s() {
    let machine = Machine::new().unwrap();
    let server = server_with(&machine, "web", &until_told(0), "");
    for (language, kubectl) in languages(&server) {
        let script =
            "tty; echo $TERM; while [ \"$(busybox stty size)\" != '33 99' ]; do sleep 0.01; done; echo sized; exit 4";
        let command = in_a_terminal(&kubectl, &["exec", "-it", "web", "--", "sh", "-c", script]);
        let (status, lines) = Running::start(command, "").unwrap().finish().unwrap();
        let text = lines.join("\n");
        for expected in ["/dev/pts/0", "xterm", "sized"] {
            assert!(text.contains(expected), "{language}: {text}");
        }
        assert_eq!(status.code(), Some(4), "{language}: {text}");
    }
}

#[test]
fn cp_carries_files_both_ways() {
    let machine = Machine::new().unwrap();
    let server = server_with(&machine, "web", &until_told(0), "");
    let text = (0..300_000).fold(String::new(), |text, number| text + &number.to_string() + " ");
    let there = machine.write("there", &text).unwrap();
    for (language, kubectl) in languages(&server) {
        let back = machine.data_dir(language);
        kubectl.run(&["cp", there.to_str().unwrap(), "web:/tmp/file"]).unwrap();
        kubectl.run(&["cp", "web:/tmp/file", back.to_str().unwrap()]).unwrap();
        assert!(fs::read_to_string(&back).unwrap() == text, "{language}");
    }
}

#[test]
fn attach_reaches_the_container_s_own_process() {
    let machine = Machine::new().unwrap();
    let script = "while read line; do echo got $line; done; echo end";
    let server = server_with(&machine, "reader", script, "      stdin: true\n");
    for (language, kubectl) in languages(&server) {
        // The container reads on when this client has nothing more to say, and so does not keep it.
        kubectl.run_with_input(&["attach", "-i", "reader"], &format!("{language}\n")).unwrap();
        let mut following = kubectl.start(&["logs", "--follow", "reader"]).unwrap();
        following.wait_for(&format!("got {language}")).unwrap();
    }
    assert!(server.kubectl().run(&["logs", "reader"]).unwrap().contains("got SPDY\n"));
}

#[test]
fn run_attaches_to_what_it_makes_and_removes_it() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    for (language, kubectl) in languages(&server) {
        let name = language.to_lowercase();
        let image = ["--image=busybox", "--image-pull-policy=Never", "--restart=Never"];
        let arguments =
            [&["run", &name, "-i", "--rm", "--quiet"], &image[..], &["--", "sh", "-c", "cat; exit 3"]].concat();
        let said = kubectl.output(&arguments, "hello\n").unwrap();
        let (output, error) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert!(output.contains("hello\n"), "{language}: {output} {error}");
        assert_eq!(kubectl.run(&["get", "pods", "-o", "name"]).unwrap(), "", "{language}");
    }
}

#[test]
fn debug_looks_at_another_container_s_processes() {
    let machine = Machine::new().unwrap();
    let server = server_with(&machine, "web", "exec sleep 4321", "");
    for (language, kubectl) in languages(&server) {
        let name = format!("debugger-{}", language.to_lowercase());
        let image = ["--image=busybox", "--image-pull-policy=Never", "--target=main", "--profile=general"];
        let arguments =
            [&["debug", "web", "-i", "-c", &name], &image[..], &["--", "sh", "-c", "read go; ps; echo $go"]].concat();
        // Whether kubectl hears the answer is a race: its input ends, and with it what it is attached for.
        kubectl.run_with_input(&arguments, "done\n").unwrap();
        let following = kubectl.start(&["logs", "--follow", "web", "-c", &name]).unwrap();
        let (_, lines) = following.finish().unwrap();
        let output = lines.join("\n");
        assert!(output.contains("sleep 4321") && output.contains("done"), "{language}: {output}");
    }
}

#[test]
fn port_forward_reaches_a_server_in_the_pod() {
    let machine = Machine::new().unwrap();
    let script = "mkdir /www; echo welcome > /www/index.html; exec busybox httpd -f -p 127.0.0.1:8080 -h /www";
    let server = server_with(&machine, "web", script, "");
    for (language, kubectl) in languages(&server) {
        let mut forwarding = kubectl.start(&["port-forward", "--address=127.0.0.1", "pod/web", ":8080"]).unwrap();
        let line = forwarding.wait_for("Forwarding from").unwrap();
        let address = line.split(' ').find(|word| word.starts_with("127.0.0.1:")).unwrap().to_owned();
        // Threads have the network of the one that starts them.
        let gets: Vec<_> = (0..8)
            .map(|_| {
                thread::spawn({
                    let address = address.clone();
                    move || http::get(&address).unwrap()
                })
            })
            .collect();
        for get in gets {
            let answer = get.join().unwrap();
            assert!(answer.ends_with("welcome\n"), "{language}: {answer}");
        }
        drop(forwarding);
        let mut forwarding = kubectl.start(&["port-forward", "--address=127.0.0.1", "pod/web", ":9999"]).unwrap();
        let line = forwarding.wait_for("Forwarding from").unwrap();
        let address = line.split(' ').find(|word| word.starts_with("127.0.0.1:")).unwrap().to_owned();
        assert_eq!(http::get(&address).unwrap_or_default(), "", "{language}");
        let error = forwarding.wait_for("an error occurred forwarding").unwrap();
        assert!(error.contains("failed to connect to localhost:9999"), "{language}: {error}");
    }
}

#[test]
fn what_cannot_be_reached_is_said_in_kubernetes_words() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(&pod("web", "true")).unwrap();
    let elsewhere = pod("nowhere", "true") + "  nodeSelector: {is: nowhere}\n";
    kubectl.apply_text(&elsewhere).unwrap();
    server.wait_for_pod("web", |pod| tests::status::phase(pod) == "Succeeded").unwrap();
    for (language, kubectl) in languages(&server) {
        for (arguments, expected) in [
            (
                &["exec", "web", "--", "true"][..],
                "cannot exec into a container in a completed pod; current phase is Succeeded",
            ),
            (&["exec", "nowhere", "--", "true"], "pod nowhere does not have a host assigned"),
            (&["exec", "nosuch", "--", "true"], r#"pods "nosuch" not found"#),
        ] {
            let said = kubectl.fail(arguments, "").unwrap();
            assert!(said.contains(expected), "{language} {arguments:?}: {said}");
        }
    }
    for (path, expected) in [
        ("pods/web/exec?command=true&stdout=true", "Upgrade request required"),
        ("pods/web/exec?container=x", "container x is not valid for pod web"),
        ("pods/web/portforward", "Upgrade request required"),
    ] {
        let said = kubectl.fail(&["get", "--raw", &format!("/api/v1/namespaces/default/{path}")], "").unwrap();
        assert!(said.contains(expected), "{path}: {said}");
    }
}

#[test]
fn exec_reaches_a_pod_that_a_server_before_has_started() {
    let machine = Machine::new().unwrap();
    let server = server_with(&machine, "web", &until_told(0), "");
    let data_dir = server.kill().unwrap();
    let server = Server::start_in(&machine, data_dir, &[]).unwrap();
    server.wait_for_pod("web", |pod| is_running(pod, "main")).unwrap();
    for (language, kubectl) in languages(&server) {
        assert_eq!(kubectl.run(&["exec", "web", "--", "echo", "here"]).unwrap(), "here\n", "{language}");
    }
}

/// Descriptors of the server and of the pod's supervisor, and what the supervisor has as children.
fn counted(server: &Server<'_>, container: &str) -> [usize; 3] {
    let descriptors = |pid: u32| fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let supervisor = Instance::of(server.data_dir()).supervisor_of(container).unwrap();
    let supervisor = supervisor.as_raw_nonzero().get().unsigned_abs();
    let children = fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).unwrap();
    [descriptors(server.pid()), descriptors(supervisor), children.split_whitespace().count()]
}

#[test]
fn many_execs_one_after_the_other_leave_nothing() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    server.kubectl().apply_text(&pod("web", &until_told(0))).unwrap();
    let web = server.wait_for_pod("web", |pod| is_running(pod, "main")).unwrap();
    let container = tests::status::container(&web, "main").and_then(|status| status.container_id.clone()).unwrap();
    let exec = |kubectl: &Kubectl| kubectl.run(&["exec", "web", "--", "true"]).unwrap();
    for (_, kubectl) in languages(&server) {
        exec(&kubectl);
    }
    let before = counted(&server, &container);
    for _ in 0..20 {
        for (_, kubectl) in languages(&server) {
            exec(&kubectl);
        }
    }
    // The server hears of the end of a connection a moment after the client.
    let after = (0..1000).find_map(|_| {
        let after = counted(&server, &container);
        let is_more = after.iter().zip(&before).any(|(after, before)| after > before);
        if is_more {
            thread::sleep(Duration::from_millis(10));
        }
        (!is_more).then_some(after)
    });
    assert!(after.is_some(), "{before:?} {:?}", counted(&server, &container));
}
