//! Every manifest of `examples/` runs as it is, and does what its comment says.

use k8s_openapi::api::core::v1::Pod;
use std::fs;
use tests::{
    Machine, Server, example, http,
    status::{container, ip, is, is_running, phase, terminated, terminated_before, waiting},
};

/// Applies an example and returns all states of its pod until it is done.
fn run(server: &Server, name: &str, done: impl Fn(&Pod) -> bool) -> Vec<Pod> {
    server.history_of_pod(name, || server.kubectl().apply(&example(name)), done).unwrap()
}

/// The end of a pod that is meant to succeed.
fn succeed(server: &Server, name: &str) -> Vec<Pod> {
    let states = run(server, name, |pod| matches!(phase(pod), "Succeeded" | "Failed"));
    assert_eq!(phase(states.last().unwrap()), "Succeeded", "{:#?}", states.last());
    states
}

/// The lines of a container's log.
fn log(server: &Server, arguments: &[&str]) -> Vec<String> {
    let text = server.kubectl().run(&[&["logs"], arguments].concat()).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// The STATUS that kubectl prints.
fn printed_status(server: &Server, name: &str) -> String {
    let line = server.kubectl().run(&["get", "pod", name, "--no-headers"]).unwrap();
    line.split_whitespace().nth(2).unwrap_or_default().to_owned()
}

#[test]
fn each_example_has_a_test() {
    let files = fs::read_dir(example("hello").parent().unwrap()).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let tested = ["hello", "init-fails", "init-retries", "log-sidecar", "my-app", "port-conflict", "restart"];
    let tested = tested.into_iter().chain(["shared-ipc", "shared-volume"]);
    assert_eq!(names, tested.map(|name| format!("{name}.yaml")).collect::<Vec<_>>());
}

#[test]
fn hello_goes_from_pending_over_running_to_succeeded() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let states = succeed(&server, "hello");

    let mut phases: Vec<_> = states.iter().map(phase).collect();
    phases.dedup();
    // The container may have ended before its start was reported.
    assert!(matches!(phases[..], ["Pending", "Running", "Succeeded"] | ["Pending", "Succeeded"]), "{phases:?}");
    let last = states.last().unwrap();
    let end = terminated(last, "hello").unwrap();
    assert_eq!((end.exit_code, end.reason.as_deref()), (0, Some("Completed")));
    assert_eq!(container(last, "hello").unwrap().restart_count, 0);
    assert_eq!(log(&server, &["hello"]), ["Hello from a pod!"]);
    assert_eq!(printed_status(&server, "hello"), "Completed");
}

#[test]
fn my_app_initializes_then_serves_on_its_address_and_to_its_neighbour() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let states = run(&server, "my-app", |pod| is(pod, "Ready"));

    let begun =
        |pod: &Pod| ["server", "log-agent"].iter().any(|name| container(pod, name).unwrap().started == Some(true));
    let initializing: Vec<_> = states.iter().filter(|pod| is_running(pod, "init-db")).collect();
    assert!(!initializing.is_empty());
    for pod in initializing {
        assert!(!begun(pod) && !is(pod, "Initialized") && phase(pod) == "Pending");
        assert_eq!(waiting(pod, "server"), Some("PodInitializing"));
    }
    let ready = states.last().unwrap();
    assert_eq!(phase(ready), "Running");
    let initialized = terminated(ready, "init-db").unwrap();
    assert_eq!((initialized.exit_code, initialized.reason.as_deref()), (0, Some("Completed")));
    assert_eq!(log(&server, &["my-app", "-c", "init-db"]), ["preparing the database", "the database is ready"]);

    let mut agent = server.kubectl().start(&["logs", "-f", "my-app", "-c", "log-agent"]).unwrap();
    let said = agent.wait_for("the server says: ").unwrap();
    let heading = said.trim_start_matches("the server says: ");
    let page = http::get(&format!("{}:80", ip(ready))).unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(!heading.is_empty() && page.contains(&format!("<h1>{heading}</h1>")), "{heading:?} is not in {page}");
}

#[test]
fn shared_volume_is_one_folder_at_two_paths() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    succeed(&server, "shared-volume");

    assert_eq!(log(&server, &["shared-volume", "-c", "writer"]), ["sent"]);
    assert_eq!(log(&server, &["shared-volume", "-c", "reader"]), ["received: a letter"]);
}

#[test]
fn log_sidecar_starts_before_and_ends_after_the_main_container() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let states = succeed(&server, "log-sidecar");

    let with_app = states.iter().filter(|pod| is_running(pod, "app")).collect::<Vec<_>>();
    assert!(!with_app.is_empty());
    assert!(with_app.iter().all(|pod| container(pod, "log-follower").unwrap().started == Some(true)));
    assert!(states.iter().any(|pod| terminated(pod, "app").is_some() && is_running(pod, "log-follower")));
    let lines = log(&server, &["log-sidecar", "-c", "log-follower"]);
    let followed: Vec<_> = lines.iter().filter(|line| line.starts_with("request")).collect();
    assert_eq!(followed, ["request 1 served", "request 2 served", "request 3 served"]);
}

#[test]
fn init_fails_and_with_it_the_pod() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let states = run(&server, "init-fails", |pod| phase(pod) == "Failed");

    let failed = states.last().unwrap();
    let end = terminated(failed, "migrate").unwrap();
    assert_eq!((end.exit_code, end.reason.as_deref()), (7, Some("Error")));
    assert_eq!(container(failed, "migrate").unwrap().restart_count, 0);
    assert_eq!(waiting(failed, "app"), Some("PodInitializing"));
    assert!(!is(failed, "Initialized"));
    assert_eq!(printed_status(&server, "init-fails"), "Init:Error");
    assert_eq!(log(&server, &["init-fails", "-c", "migrate"]), ["cannot reach the database"]);
    let refusal = server.kubectl().fail(&["logs", "init-fails", "-c", "app"], "").unwrap();
    assert!(
        refusal.contains(r#"container "app" in pod "init-fails" is waiting to start: PodInitializing"#),
        "{refusal}"
    );
}

#[test]
fn init_fails_again_and_again_where_it_is_restarted() {
    for policy in ["Always", "OnFailure"] {
        let machine = Machine::new().unwrap();
        let server = Server::start(&machine).unwrap();
        let manifest = fs::read_to_string(example("init-fails")).unwrap();
        let manifest = manifest.replace("restartPolicy: Never", &format!("restartPolicy: {policy}"));
        let mut watch = server.kubectl().start(&["get", "pods", "--watch"]).unwrap();
        server.kubectl().run_with_input(&["apply", "-f", "-"], &manifest).unwrap();
        for status in ["Init:0/1", "Init:Error", "Init:CrashLoopBackOff"] {
            watch.wait_for(status).unwrap();
        }
        let backing_off = |pod: &Pod| waiting(pod, "migrate") == Some("CrashLoopBackOff");
        let pod = server.wait_for_pod("init-fails", backing_off).unwrap();
        assert_eq!(phase(&pod), "Pending");
        let migrate = container(&pod, "migrate").unwrap();
        let end = terminated_before(&pod, "migrate").unwrap();
        assert_eq!((end.exit_code, end.reason.as_deref()), (7, Some("Error")));
        assert!(migrate.restart_count > 0);
        let message = migrate.state.clone().unwrap().waiting.unwrap().message.unwrap();
        let uid = pod.metadata.uid.as_deref().unwrap();
        let expected = format!("restarting failed container=migrate pod=init-fails_default({uid})");
        assert!(message.starts_with("back-off ") && message.ends_with(&expected), "{message}");
        let events = server.kubectl().run(&["events", "--for", "pod/init-fails"]).unwrap();
        assert!(
            events.contains("BackOff") && events.contains("Back-off restarting failed container migrate"),
            "{events}"
        );
    }
}

#[test]
fn init_retries_until_it_succeeds() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let states = succeed(&server, "init-retries");

    let last = states.last().unwrap();
    assert_eq!(container(last, "migrate").unwrap().restart_count, 1);
    assert_eq!(terminated_before(last, "migrate").unwrap().exit_code, 1);
    assert_eq!(terminated(last, "migrate").unwrap().exit_code, 0);
    assert_eq!(log(&server, &["init-retries", "-c", "migrate"]), ["second attempt: migrated"]);
    let before = log(&server, &["init-retries", "-c", "migrate", "--previous"]);
    assert_eq!(before, ["first attempt: the database is not there yet"]);
    assert_eq!(log(&server, &["init-retries"]), ["the application runs"]);
}

#[test]
fn restart_keeps_the_address_of_the_pod() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let restarted = |pod: &Pod| is_running(pod, "glutton") && container(pod, "glutton").unwrap().restart_count == 2;
    let states = run(&server, "restart", restarted);

    let pod = states.last().unwrap();
    let end = terminated_before(pod, "glutton").unwrap();
    assert_eq!((end.exit_code, end.reason.as_deref()), (137, Some("OOMKilled")));
    let ids = states.iter().filter(|pod| is_running(pod, "glutton"));
    let mut ids: Vec<_> = ids.map(|pod| container(pod, "glutton").unwrap().container_id.clone().unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3, "each attempt is a container of its own: {ids:?}");
    let mut addresses: Vec<_> = states.iter().map(ip).filter(|ip| !ip.is_empty()).collect();
    addresses.dedup();
    assert_eq!(addresses.len(), 1, "{addresses:?}");
    let started = format!("started at {}", addresses[0]);
    assert_eq!(log(&server, &["restart", "--previous"]), [started]);
    let back_off = states.iter().skip_while(|pod| waiting(pod, "glutton") != Some("CrashLoopBackOff"));
    let after: Vec<_> = back_off.skip_while(|pod| waiting(pod, "glutton") == Some("CrashLoopBackOff")).collect();
    assert!(is_running(after[0], "glutton"), "it runs as soon as it does not wait any more: {:#?}", after[0]);
}

#[test]
fn shared_ipc_but_processes_of_their_own() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    succeed(&server, "shared-ipc");

    let reader = log(&server, &["shared-ipc", "-c", "reader"]);
    assert!(reader[0].ends_with("written to shared memory"), "{reader:?}");
    let processes: Vec<_> = reader.iter().skip_while(|line| *line != "my processes:").skip(2).collect();
    assert!(processes.iter().any(|line| line.split_whitespace().eq(["1", "sh"])), "{reader:?}");
    assert!(!processes.iter().any(|line| line.contains("syslogd")), "{reader:?}");
}

#[test]
fn port_conflict_is_told_by_the_one_who_loses() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let states = run(&server, "port-conflict", |pod| waiting(pod, "second") == Some("CrashLoopBackOff"));

    let pod = states.last().unwrap();
    let end = terminated_before(pod, "second").unwrap();
    assert_eq!((end.exit_code, end.reason.as_deref()), (1, Some("Error")));
    assert!(is_running(pod, "first") && container(pod, "first").unwrap().restart_count == 0);
    assert!(!is(pod, "Ready") && phase(pod) == "Running");
    let lost = log(&server, &["port-conflict", "-c", "second", "--previous"]).join("\n");
    assert!(lost.contains("bind() to") && lost.contains("Address already in use"), "{lost}");
    let page = http::get(&format!("{}:80", ip(pod))).unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
}
