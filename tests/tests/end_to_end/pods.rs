//! What a pod's specification promises its containers: environment, command, volumes, limits, network.

use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt};
use tests::{
    Machine, Server,
    manifest::{entry, pod},
    status::{container, ip, is, is_running, phase, terminated, waiting},
};

/// Runs a pod to its end, and returns it with the lines of its log.
fn run(server: &Server, name: &str, manifest: &str) -> (Pod, Vec<String>) {
    server.kubectl().apply_text(manifest).unwrap();
    let ended = server.wait_for_pod(name, |pod| matches!(phase(pod), "Succeeded" | "Failed")).unwrap();
    let log = server.kubectl().run(&["logs", name]).unwrap();
    (ended, log.lines().map(str::to_owned).collect())
}

#[test]
fn the_environment_is_what_the_pod_says() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(&entry("ConfigMap", "settings", "colour", "blue")).unwrap();
    kubectl.apply_text(&entry("Secret", "keys", "word", "sesame")).unwrap();
    let manifest = pod("told", r"echo $GREETING $COLOUR $WORD $LIMIT $UNKNOWN; pwd; hostname; echo $1")
        + r#"      args: [ignored, "$(GREETING)!"]
      workingDir: /var/work
      resources: {limits: {memory: 32Mi}}
      env:
        - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: GREETING, value: hello-$(NAME)}
        - {name: COLOUR, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}
        - {name: WORD, valueFrom: {secretKeyRef: {name: keys, key: word}}}
        - {name: LIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
        - {name: UNKNOWN, value: $(UNKNOWN)}
"#;
    let (_, log) = run(&server, "told", &manifest);
    assert_eq!(log, ["hello-told blue sesame 33554432 $(UNKNOWN)", "/var/work", "told", "hello-told!"]);

    // Without the ConfigMap the container waits, and starts once it is there.
    let manifest = pod("patient", "echo $COLOUR")
        + "      env: [{name: COLOUR, valueFrom: {configMapKeyRef: {name: late, key: colour}}}]\n";
    kubectl.apply_text(&manifest).unwrap();
    let stuck = |pod: &Pod| waiting(pod, "main") == Some("CreateContainerConfigError");
    let pod = server.wait_for_pod("patient", stuck).unwrap();
    let message = container(&pod, "main").unwrap().state.clone().unwrap().waiting.unwrap().message.unwrap();
    assert_eq!(message, r#"configmap "late" not found"#);
    kubectl.apply_text(&entry("ConfigMap", "late", "colour", "red")).unwrap();
    server.wait_for_pod("patient", |pod| phase(pod) == "Succeeded").unwrap();
    assert_eq!(kubectl.run(&["logs", "patient"]).unwrap(), "red\n");
}

#[test]
fn volumes_are_mounted_as_the_pod_says() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(&entry("ConfigMap", "settings", "colour", "blue")).unwrap();
    let shared = machine.data_dir("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(shared.join("letter"), "from the node").unwrap();
    let script = "cat /host/letter; echo; echo to the node > /host/answer; stat -f -c %T /memory; cat /settings/colour; \
                  echo; touch /settings/x 2>/dev/null || echo read-only";
    let mounts = r"      volumeMounts:
        - {name: host, mountPath: /host}
        - {name: memory, mountPath: /memory}
        - {name: settings, mountPath: /settings}
  volumes:
    - {name: memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
    - {name: settings, configMap: {name: settings}}
";
    let host =
        format!("    - {{name: host, hostPath: {{path: {:?}, type: Directory}}}}\n", shared.display().to_string());
    let (_, log) = run(&server, "mounted", &(pod("mounted", script) + mounts + &host));
    assert_eq!(log[..3], ["from the node", "tmpfs", "blue"]);
    assert_eq!(log.last().unwrap(), "read-only", "{log:?}");
    assert_eq!(fs::read_to_string(shared.join("answer")).unwrap(), "to the node\n");
}

#[test]
fn pods_reach_each_other_and_the_node() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let serve = "mkdir /www; hostname > /www/index.html; exec httpd -f -p 8080 -h /www";
    server.kubectl().apply_text(&pod("web", serve)).unwrap();
    let on_node = pod("on-node", &serve.replace("8080", "9090")) + "  hostNetwork: true\n";
    server.kubectl().apply_text(&on_node).unwrap();
    let web = server.wait_for_pod("web", |pod| is(pod, "Ready")).unwrap();
    let on_node = server.wait_for_pod("on-node", |pod| is(pod, "Ready")).unwrap();
    assert_ne!(ip(&web), ip(&on_node));
    assert_eq!(Some(ip(&on_node)), on_node.status.as_ref().unwrap().host_ip.as_deref());

    let ask = |address: &str| format!("until wget -q -O - http://{address}/; do sleep 0.1; done; ");
    let script = ask(&format!("{}:8080", ip(&web))) + &ask(&format!("{}:9090", ip(&on_node))) + "hostname -i";
    let (client, log) = run(&server, "client", &pod("client", &script));
    let node_name = rustix::system::uname().nodename().to_str().unwrap().to_owned();
    assert_eq!(log, ["web", &node_name, ip(&client)]);
    let page = tests::http::get(&format!("{}:8080", ip(&web))).unwrap();
    assert!(page.ends_with("web\n"), "{page}");
    server.kubectl().run(&["delete", "pod", "web", "on-node", "--grace-period=1"]).unwrap();
}

#[test]
fn a_container_that_cannot_start_says_why() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let manifest = pod("lost", "").replace("command: [sh, -c, \"\"]", "command: [no-such-program]");
    server.kubectl().apply_text(&manifest).unwrap();
    let failed = server.wait_for_pod("lost", |pod| phase(pod) == "Failed").unwrap();
    let end = terminated(&failed, "main").unwrap();
    assert_eq!((end.exit_code, end.reason.as_deref()), (128, Some("StartError")));
    assert!(end.message.as_deref().unwrap().contains("no-such-program"), "{end:?}");
}

#[test]
fn a_container_runs_as_the_user_and_with_the_rights_it_is_given() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let script = "id -u; id -g; grep NoNewPrivs /proc/self/status; grep CapEff /proc/self/status; touch /x 2>/dev/null || echo refused";
    let manifest = pod("humble", script)
        + "      securityContext: {runAsUser: 1000, runAsGroup: 2000, allowPrivilegeEscalation: false, \
           readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}\n";
    let (_, log) = run(&server, "humble", &manifest);
    assert_eq!(log[..4], ["1000", "2000", "NoNewPrivs:\t1", "CapEff:\t0000000000000000"]);
    assert_eq!(log.last().unwrap(), "refused");

    // As far as the machine lets minke: it may lack a capability itself.
    let manifest =
        pod("mighty", "mount -t tmpfs none /tmp && echo mounted") + "      securityContext: {privileged: true}\n";
    let (_, log) = run(&server, "mighty", &manifest);
    assert_eq!(log, ["mounted"]);
}

#[test]
fn metrics_tell_where_the_time_of_a_start_goes() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(&pod("web", "exec sleep 1000")).unwrap();
    server.wait_for_pod("web", |pod| is_running(pod, "main")).unwrap();
    let of_api_server = kubectl.run(&["get", "--raw", "/metrics"]).unwrap();
    assert!(of_api_server.contains("apiserver_request_total{"), "{of_api_server}");
    let of_node = kubectl.run(&["get", "--raw", "/api/v1/nodes/node-1/proxy/metrics"]).unwrap();
    assert!(of_node.contains("kubelet_pod_start_duration_seconds_count 1\n"), "{of_node}");
    for phase in ["volumes", "sandbox", "network", "image", "container"] {
        assert!(of_node.contains(&format!("phase=\"{phase}\"")), "no {phase} in {of_node}");
    }
    kubectl.run(&["delete", "pod", "web", "--grace-period=1"]).unwrap();
}

#[test]
fn an_ephemeral_container_looks_at_its_target() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(&pod("watched", "exec sleep 1000")).unwrap();
    server.wait_for_pod("watched", |pod| is_running(pod, "main")).unwrap();
    let mut watched = kubectl.get(&["pod", "watched"]).unwrap();
    watched["spec"]["ephemeralContainers"] = json!([{
        "name": "debugger", "image": "busybox", "imagePullPolicy": "Never", "targetContainerName": "main",
        "command": ["sh", "-c", r"tr '\0' ' ' < /proc/1/cmdline"],
    }]);
    let path = "/api/v1/namespaces/default/pods/watched/ephemeralcontainers";
    kubectl.run_with_input(&["replace", "--raw", path, "-f", "-"], &watched.to_string()).unwrap();
    let pod = server.wait_for_pod("watched", |pod| terminated(pod, "debugger").is_some()).unwrap();
    assert_eq!(terminated(&pod, "debugger").unwrap().exit_code, 0);
    assert_eq!(kubectl.run(&["logs", "watched", "-c", "debugger"]).unwrap(), "sleep 1000 ");
    assert!(is(&pod, "Ready") && is_running(&pod, "main"));
}

#[test]
fn volumes_follow_what_they_are_made_from() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(&entry("ConfigMap", "settings", "colour", "blue")).unwrap();
    let until = |file: &str, text: &str| format!("until grep -qs {text} {file}; do sleep 0.01; done; echo {text}; ");
    let script = until("/settings/colour", "blue")
        + &until("/settings/colour", "red")
        + &until("/late/word", "sesame")
        + &until("/labels/labels", "new");
    let mounts = r"      volumeMounts:
        - {name: settings, mountPath: /settings}
        - {name: late, mountPath: /late}
        - {name: labels, mountPath: /labels}
  volumes:
    - {name: settings, configMap: {name: settings}}
    - {name: late, projected: {sources: [{secret: {name: late, optional: true}}]}}
    - {name: labels, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
";
    kubectl.apply_text(&(pod("reader", &script) + mounts)).unwrap();
    server.wait_for_pod("reader", |pod| is_running(pod, "main")).unwrap();
    kubectl.apply_text(&entry("ConfigMap", "settings", "colour", "red")).unwrap();
    kubectl.apply_text(&entry("Secret", "late", "word", "sesame")).unwrap();
    kubectl.run(&["label", "pod", "reader", "age=new"]).unwrap();
    server.wait_for_pod("reader", |pod| phase(pod) == "Succeeded").unwrap();
    assert_eq!(kubectl.run(&["logs", "reader"]).unwrap(), "blue\nred\nsesame\nnew\n");
}
