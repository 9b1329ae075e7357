//! Images through the command line, beside a running server, and what pods say of images that are not to be had.

use k8s_openapi::api::core::v1::Pod;
use tests::{
    Machine, Server, example, http, images,
    manifest::{pod, until_told},
    status::{container, is_running, phase, terminated, waiting},
};

/// `minke image` on a server's data folder.
fn image(machine: &Machine, server: &Server, arguments: &[&str]) -> String {
    let data_dir = server.data_dir().to_str().unwrap();
    let output = machine.minke(&[&["image"], arguments, &["--data-dir", data_dir]].concat()).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The names in `minke image ls`.
fn listed(machine: &Machine, server: &Server) -> Vec<String> {
    let listing = image(machine, server, &["ls"]);
    let mut lines = listing.lines();
    let header: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(header, ["IMAGE", "ID", "SIZE"]);
    lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// The message with which a container waits.
fn message(pod: &Pod, name: &str) -> String {
    container(pod, name).unwrap().state.clone().unwrap().waiting.unwrap().message.unwrap()
}

#[test]
fn images_come_and_go_beside_a_running_server() {
    let machine = Machine::new().unwrap();
    let server = Server::start_in(&machine, machine.data_dir("data"), &[]).unwrap();
    assert!(listed(&machine, &server).is_empty());

    server.kubectl().apply_text(&pod("early", "echo here I am")).unwrap();
    let early = server.wait_for_pod("early", |pod| waiting(pod, "main") == Some("ErrImageNeverPull")).unwrap();
    assert_eq!(phase(&early), "Pending");
    let expected = "Container image \"busybox\" is not present with pull policy of Never";
    assert_eq!(message(&early, "main"), expected);
    let events = server.kubectl().run(&["events", "--for", "pod/early"]).unwrap();
    assert!(events.contains("ErrImageNeverPull") && events.contains(expected), "{events}");

    let archives = images().unwrap();
    for archive in &archives {
        image(&machine, &server, &["load", archive.to_str().unwrap()]);
    }
    let both = ["docker.io/library/busybox:latest", "docker.io/library/nginx:latest"];
    assert_eq!(listed(&machine, &server), both);
    // The pod was told to wait, not to fail.
    server.wait_for_pod("early", |pod| phase(pod) == "Succeeded").unwrap();

    let untagged = image(&machine, &server, &["rm", "nginx"]);
    assert!(untagged.starts_with("untagged docker.io/library/nginx:latest\ndeleted sha256:"), "{untagged}");
    assert_eq!(listed(&machine, &server), [both[0]]);
    let data_dir = server.data_dir().to_str().unwrap();
    let again = machine.minke(&["image", "rm", "nginx", "--data-dir", data_dir]).unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("nginx"), "{again:?}");
}

#[test]
fn a_container_keeps_the_layers_of_an_image_that_is_removed() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let script = until_told(0).replace("echo goodbye", "ls /bin/busybox");
    server.kubectl().apply_text(&pod("holder", &script)).unwrap();
    server.wait_for_pod("holder", |pod| is_running(pod, "main")).unwrap();

    let removed = image(&machine, &server, &["rm", "busybox"]);
    assert!(removed.contains("its layers stay until 1 container(s) end"), "{removed}");
    server.kubectl().apply_text(&pod("late", "echo never")).unwrap();
    server.wait_for_pod("late", |pod| waiting(pod, "main") == Some("ErrImageNeverPull")).unwrap();

    // What runs goes on, with programs that it has not used before.
    let mut log = server.kubectl().start(&["logs", "-f", "holder"]).unwrap();
    log.wait_for("here").unwrap();
    let last = || server.kubectl().run(&["delete", "pod", "holder"]).map(drop);
    let states = server.history_of_pod("holder", last, |_| false).unwrap();
    assert_eq!(terminated(states.last().unwrap(), "main").unwrap().exit_code, 0);
    log.wait_for("/bin/busybox").unwrap();
}

#[test]
fn a_pod_backs_off_from_an_image_that_its_registry_does_not_have() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let missing = format!("{}/shop/missing:1.0", http::empty_registry().unwrap());
    let manifest = pod("eager", "echo never").replace("image: busybox", &format!("image: {missing:?}"));
    let manifest = manifest.replace("imagePullPolicy: Never", "imagePullPolicy: IfNotPresent");
    let mut watch = server.kubectl().start(&["get", "pods", "--watch"]).unwrap();
    let backing_off = |pod: &Pod| waiting(pod, "main") == Some("ImagePullBackOff");
    let begin = || server.kubectl().apply_text(&manifest);
    let states = server.history_of_pod("eager", begin, backing_off).unwrap();

    let mut reasons: Vec<_> = states.iter().filter_map(|pod| waiting(pod, "main")).collect();
    reasons.dedup();
    assert_eq!(reasons, ["ContainerCreating", "ErrImagePull", "ImagePullBackOff"]);
    let failed = states.iter().find(|pod| waiting(pod, "main") == Some("ErrImagePull")).unwrap();
    assert!(message(failed, "main").contains(&missing), "{}", message(failed, "main"));
    let last = states.last().unwrap();
    assert_eq!(phase(last), "Pending");
    let back_off = format!("Back-off pulling image {missing:?}");
    assert!(message(last, "main").starts_with(&back_off), "{}", message(last, "main"));
    for status in ["ErrImagePull", "ImagePullBackOff"] {
        watch.wait_for(status).unwrap();
    }
    let mut events = server.kubectl().start(&["events", "--watch", "--for", "pod/eager"]).unwrap();
    for text in [&format!("Pulling image {missing:?}"), &format!("Failed to pull image {missing:?}"), &back_off] {
        events.wait_for(text).unwrap();
    }
}

#[test]
fn a_name_that_no_image_can_have_is_refused_on_the_node() {
    let machine = Machine::new().unwrap();
    let server = Server::start_in(&machine, machine.data_dir("data"), &[]).unwrap();
    server.kubectl().apply_text(&pod("wrong", "echo never").replace("image: busybox", "image: 'Busy Box'")).unwrap();
    let wrong = server.wait_for_pod("wrong", |pod| waiting(pod, "main") == Some("InvalidImageName")).unwrap();
    assert!(message(&wrong, "main").contains("Failed to apply default image tag \"Busy Box\""));
    // The other pods do not mind.
    server.kubectl().apply(&example("hello")).unwrap();
    assert!(server.kubectl().run(&["get", "pods"]).unwrap().contains("InvalidImageName"));
}
