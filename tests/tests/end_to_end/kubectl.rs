//! kubectl as users use it: what it prints, asks and changes.

use serde_json::Value;
use tests::{
    Kubectl, Machine, Server, example,
    manifest::{pod, until_told},
    status::{ip, is, is_running, phase},
};

/// The words of each line.
fn table(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect()
}

/// The names of the pods that some arguments choose.
fn names(kubectl: &Kubectl, arguments: &[&str]) -> Vec<String> {
    let text = kubectl.run(&[&["get", "pods", "-o", "name"], arguments].concat()).unwrap();
    text.lines().map(|line| line.trim_start_matches("pod/").to_owned()).collect()
}

#[test]
fn get_prints_kubernetes_columns() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    assert_eq!(kubectl.run(&["get", "pods"]).unwrap(), "");
    kubectl.apply_text(&pod("web", &until_told(0))).unwrap();
    let web = server.wait_for_pod("web", |pod| is_running(pod, "main")).unwrap();

    let pods = kubectl.run(&["get", "pods"]).unwrap();
    let [header, row] = &table(&pods)[..] else { panic!("{pods}") };
    assert_eq!(header[..], ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
    assert_eq!(row[..4], ["web", "1/1", "Running", "0"]);
    let wide = kubectl.run(&["get", "pods", "-o", "wide"]).unwrap();
    let [header, row] = &table(&wide)[..] else { panic!("{wide}") };
    assert_eq!(header[5..], ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]);
    assert_eq!(row[5..], [ip(&web), "node-1", "<none>", "<none>"]);
    let all = kubectl.run(&["get", "pods", "--all-namespaces", "--show-labels"]).unwrap();
    let [header, row] = &table(&all)[..] else { panic!("{all}") };
    assert_eq!((header[0], header[6]), ("NAMESPACE", "LABELS"));
    assert_eq!((row[0], row[6]), ("default", "app=web"));

    let host_ip = web.status.as_ref().unwrap().host_ip.as_deref().unwrap();
    let nodes = kubectl.run(&["get", "nodes", "-o", "wide"]).unwrap();
    let [header, row] = &table(&nodes)[..] else { panic!("{nodes}") };
    let expected = ["NAME", "STATUS", "ROLES", "AGE", "VERSION", "INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE"];
    assert_eq!(header[..8], expected);
    assert_eq!(header[8..], ["KERNEL-VERSION", "CONTAINER-RUNTIME"]);
    assert_eq!((row[..3].to_vec(), row[5]), (vec!["node-1", "Ready", "<none>"], host_ip));
    assert!(row[4].starts_with("v1.") && row[9].starts_with("minke://"), "{row:?}");
    let namespaces = kubectl.run(&["get", "namespaces"]).unwrap();
    assert!(table(&namespaces).iter().any(|row| row.starts_with(&["kube-system", "Active"])), "{namespaces}");
}

#[test]
fn get_prints_objects_in_other_formats() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply(&example("hello")).unwrap();
    server.wait_for_pod("hello", |pod| phase(pod) == "Succeeded").unwrap();

    let yaml = kubectl.run(&["get", "pod", "hello", "-o", "yaml"]).unwrap();
    for line in ["kind: Pod", "  restartPolicy: Never", "    image: busybox", "  phase: Succeeded"] {
        assert!(yaml.lines().any(|each| each == line), "no {line:?} in {yaml}");
    }
    let list = kubectl.get(&["pods"]).unwrap();
    assert_eq!((list["kind"].as_str(), list["items"].as_array().map(Vec::len)), (Some("List"), Some(1)));
    let path = "jsonpath={.status.containerStatuses[0].state.terminated.reason}";
    assert_eq!(kubectl.run(&["get", "pod", "hello", "-o", path]).unwrap(), "Completed");
    // What the server has filled in, as Kubernetes does.
    let hello = kubectl.get(&["pod", "hello"]).unwrap();
    for (pointer, expected) in [
        ("/spec/terminationGracePeriodSeconds", Value::from(30)),
        ("/spec/dnsPolicy", "ClusterFirst".into()),
        ("/spec/schedulerName", "default-scheduler".into()),
        ("/spec/nodeName", "node-1".into()),
        ("/spec/containers/0/terminationMessagePath", "/dev/termination-log".into()),
        ("/spec/containers/0/imagePullPolicy", "IfNotPresent".into()),
        ("/status/qosClass", "BestEffort".into()),
    ] {
        assert_eq!(hello.pointer(pointer), Some(&expected), "{pointer}");
    }
}

#[test]
fn get_chooses_by_labels_and_fields() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    for name in ["web", "worker"] {
        kubectl.apply_text(&pod(name, &until_told(0))).unwrap();
        server.wait_for_pod(name, |pod| is_running(pod, "main")).unwrap();
    }
    kubectl.apply(&example("hello")).unwrap();
    server.wait_for_pod("hello", |pod| phase(pod) == "Succeeded").unwrap();

    for (arguments, expected) in [
        (["-l", "app=web"], &["web"][..]),
        (["-l", "app in (web, worker)"], &["web", "worker"]),
        (["-l", "app!=web"], &["hello", "worker"]),
        (["-l", "app"], &["web", "worker"]),
        (["-l", "!app"], &["hello"]),
        (["--field-selector", "status.phase=Running"], &["web", "worker"]),
        (["--field-selector", "status.phase!=Running,spec.nodeName=node-1"], &["hello"]),
        (["--field-selector", "spec.nodeName=node-2"], &[]),
    ] {
        assert_eq!(names(&kubectl, &arguments), expected, "{arguments:?}");
    }
    let refusal = kubectl.fail(&["get", "pods", "--field-selector", "spec.colour=red"], "").unwrap();
    assert!(refusal.contains("field label not supported: spec.colour"), "{refusal}");
    kubectl.run(&["delete", "pods", "-l", "app"]).unwrap();
    assert_eq!(names(&kubectl, &[]), ["hello"]);
}

#[test]
fn get_watches_a_pod_to_its_end() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    let mut watch = kubectl.start(&["get", "pods", "--watch", "--output-watch-events"]).unwrap();
    kubectl.apply_text(&pod("web", &until_told(0))).unwrap();
    let added = watch.wait_for("ADDED").unwrap();
    assert!(added.contains("web") && added.contains("Pending"), "{added}");
    for status in ["ContainerCreating", "Running"] {
        watch.wait_for(status).unwrap();
    }
    kubectl.run(&["delete", "pod", "web", "--wait=false"]).unwrap();
    watch.wait_for("Terminating").unwrap();
    watch.wait_for("DELETED").unwrap();
}

#[test]
fn objects_are_created_applied_and_deleted() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    let manifest = pod("web", &until_told(0));
    let apply = |manifest: &str| kubectl.run_with_input(&["apply", "-f", "-"], manifest).unwrap();
    let dry = kubectl.run_with_input(&["create", "--dry-run=server", "-f", "-"], &manifest).unwrap();
    assert_eq!(dry, "pod/web created (server dry run)\n");
    assert!(names(&kubectl, &[]).is_empty());
    assert_eq!(apply(&manifest), "pod/web created\n");
    assert_eq!(apply(&manifest), "pod/web unchanged\n");
    assert_eq!(apply(&manifest.replace("app: web", "app: shop")), "pod/web configured\n");
    assert_eq!(kubectl.run(&["get", "pods", "-l", "app=shop", "-o", "name"]).unwrap(), "pod/web\n");
    let server_side = kubectl.run_with_input(&["create", "-f", "-"], &pod("other", "true")).unwrap();
    assert_eq!(server_side, "pod/other created\n");
    kubectl.run(&["label", "pod", "other", "colour=blue"]).unwrap();
    kubectl.run(&["annotate", "pod", "other", "note=first"]).unwrap();
    kubectl.run(&["patch", "pod", "other", "-p", r#"{"metadata":{"labels":{"colour":null}}}"#]).unwrap();
    let other = kubectl.get(&["pod", "other"]).unwrap();
    assert_eq!(other["metadata"]["labels"], serde_json::json!({"app": "other"}));
    assert_eq!(other["metadata"]["annotations"]["note"], "first");

    let again = kubectl.fail(&["create", "-f", "-"], &manifest).unwrap();
    assert!(again.contains("(AlreadyExists)") && again.contains(r#"pods "web" already exists"#), "{again}");
    let changed = manifest.replace("restartPolicy: Never", "restartPolicy: Always");
    let refused = kubectl.fail(&["apply", "-f", "-"], &changed).unwrap();
    assert!(refused.contains(r#"The Pod "web" is invalid"#), "{refused}");
    assert!(refused.contains("pod updates may not change fields other than `spec.containers[*].image`"), "{refused}");
    assert_eq!(kubectl.run(&["delete", "pod", "web"]).unwrap(), "pod \"web\" deleted\n");
    let gone = kubectl.fail(&["delete", "pod", "web"], "").unwrap();
    assert_eq!(gone, "Error from server (NotFound): pods \"web\" not found\n");
}

#[test]
fn describe_tells_the_story_of_a_pod_and_of_its_node() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply(&example("my-app")).unwrap();
    let ready = server.wait_for_pod("my-app", |pod| is(pod, "Ready")).unwrap();
    let mut events = kubectl.start(&["events", "--for", "pod/my-app", "--watch"]).unwrap();
    for reason in ["Scheduled", "Pulled", "Created", "Started"] {
        events.wait_for(reason).unwrap();
    }

    let text = kubectl.run(&["describe", "pod", "my-app"]).unwrap();
    let rows = table(&text);
    for row in [
        &["Labels:", "app=my-app"][..],
        &["Status:", "Running"],
        &["IP:", ip(&ready)],
        &["Port:", "80/TCP"],
        &["Reason:", "Completed"],
        &["QoS Class:", "BestEffort"],
    ] {
        assert!(rows.iter().any(|each| each == row), "no {row:?} in {text}");
    }
    let (_, told) = text.split_once("Events:").unwrap();
    assert!(told.contains("default-scheduler  Successfully assigned default/my-app to node-1"), "{told}");
    assert!(
        table(told).iter().any(|row| row.starts_with(&["Normal", "Started"]) && row.contains(&"kubelet")),
        "{told}"
    );

    let text = kubectl.run(&["describe", "node", "node-1"]).unwrap();
    for part in
        ["kubelet is posting ready status", "Non-terminated Pods:", "(1 in total)", "kubernetes.io/hostname=node-1"]
    {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert!(table(&text).iter().any(|row| row.starts_with(&["default", "my-app"])), "{text}");
}

#[test]
fn wait_returns_when_it_has_come_true() {
    let machine = Machine::new().unwrap();
    let server = Server::start(&machine).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply(&example("my-app")).unwrap();
    kubectl.run(&["wait", "pod/my-app", "--for=condition=Ready", "--timeout=90s"]).unwrap();
    assert_eq!(kubectl.run(&["get", "pod", "my-app", "-o", "jsonpath={.status.phase}"]).unwrap(), "Running");
    let gone = kubectl.start(&["wait", "pod/my-app", "--for=delete", "--timeout=90s"]).unwrap();
    kubectl.run(&["delete", "pod", "my-app", "--wait=false"]).unwrap();
    let (status, lines) = gone.finish().unwrap();
    assert!(status.success(), "{lines:?}");
    kubectl.apply(&example("hello")).unwrap();
    kubectl.run(&["wait", "pod/hello", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=90s"]).unwrap();
}

#[test]
fn a_pod_that_fits_nowhere_says_so_and_can_be_deleted() {
    let machine = Machine::new().unwrap();
    let server = Server::start_in(&machine, machine.data_dir("data"), &[]).unwrap();
    let kubectl = server.kubectl();
    kubectl.apply_text(&(pod("homesick", "true") + "  nodeSelector: {place: home}\n")).unwrap();
    let expected = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
    let mut events = kubectl.start(&["events", "--for", "pod/homesick", "--watch"]).unwrap();
    let event = events.wait_for("FailedScheduling").unwrap();
    assert!(event.contains("Warning") && event.contains(expected), "{event}");
    let path = r#"jsonpath={.status.conditions[?(@.type=="PodScheduled")].reason}"#;
    assert_eq!(kubectl.run(&["get", "pod", "homesick", "-o", path]).unwrap(), "Unschedulable");
    assert_eq!(kubectl.run(&["delete", "pod", "homesick"]).unwrap(), "pod \"homesick\" deleted\n");

    // It is scheduled as soon as a node fits.
    kubectl.apply_text(&(pod("patient", "true") + "  nodeSelector: {place: home}\n")).unwrap();
    events = kubectl.start(&["events", "--for", "pod/patient", "--watch"]).unwrap();
    events.wait_for("FailedScheduling").unwrap();
    kubectl.run(&["label", "node", "node-1", "place=home"]).unwrap();
    events.wait_for("Successfully assigned default/patient to node-1").unwrap();
}

#[test]
fn the_api_describes_itself() {
    let machine = Machine::new().unwrap();
    let server = Server::start_in(&machine, machine.data_dir("data"), &[]).unwrap();
    let kubectl = server.kubectl();
    let resources = kubectl.run(&["api-resources"]).unwrap();
    let rows = table(&resources);
    assert_eq!(rows[0], ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]);
    for row in [["pods", "po", "v1", "true", "Pod"], ["deployments", "deploy", "apps/v1", "true", "Deployment"]] {
        assert!(rows.iter().any(|each| each == &row), "no {row:?} in {resources}");
    }
    let versions = kubectl.run(&["api-versions"]).unwrap();
    for version in ["v1", "apps/v1", "batch/v1", "networking.k8s.io/v1"] {
        assert!(versions.lines().any(|line| line == version), "no {version} in {versions}");
    }
    let field = kubectl.run(&["explain", "pod.spec.containers.imagePullPolicy"]).unwrap();
    assert!(field.contains("FIELD: imagePullPolicy <string>") && field.contains("Defaults to Always"), "{field}");
    let version: Value = serde_json::from_str(&kubectl.run(&["version", "-o", "json"]).unwrap()).unwrap();
    assert_eq!(version["serverVersion"]["major"], "1", "{version}");
    assert!(version["serverVersion"]["gitVersion"].as_str().unwrap().starts_with("v1."), "{version}");
    assert_eq!(kubectl.run(&["get", "--raw", "/healthz"]).unwrap(), "ok");
    let unknown = kubectl.fail(&["get", "ponds"], "").unwrap();
    assert!(unknown.contains(r#"the server doesn't have a resource type "ponds""#), "{unknown}");
}
