//! Manifests with mistakes: `minke run` and the API say what is wrong and where.

use crate::refusal::refusal;
use anyhow::{Context, Result};
use serde_json::json;
use std::fs;
use tests::{Machine, Server, manifest::pod};

/// What is written into `pod.yaml`, and what `minke run` says of it.
fn mistakes() -> Vec<(&'static str, String, &'static str)> {
    let good = pod("good", "true");
    let more = |lines: &str| format!("{good}{lines}");
    vec![
        ("no YAML", "kind: Pod\nmetadata: {name: a\nspec: {}\n".to_owned(), "pod.yaml:3:5: "),
        ("a tab", "kind: Pod\nmetadata:\n\tname: a\n".to_owned(), "pod.yaml:3:2: tabs"),
        ("nothing", "# to be written\n".to_owned(), "pod.yaml: no objects in it"),
        ("no kind", "apiVersion: v1\n".to_owned(), "pod.yaml, document 1: apiVersion or kind is not set"),
        ("no such kind", good.replace("Pod", "Pood"), "document 1: no matches for kind \"Pood\" in version \"v1\""),
        (
            "an unknown field",
            good.replace("image:", "imagee:"),
            "strict decoding error: unknown field \"spec.containers[0].imagee\"",
        ),
        ("a text for a number", more("      ports: [{containerPort: web}]\n"), "containerPort"),
        (
            "a bad name",
            good.replace("name: good", "name: My_Pod"),
            "metadata.name: Invalid value: \"My_Pod\": a lowercase RFC 1123 subdomain must consist of lower case \
             alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        ),
        ("no image", good.replace("image: busybox", "stdin: false"), "spec.containers[0].image: Required value"),
        (
            "an unknown volume",
            more("      volumeMounts: [{name: data, mountPath: /data}]\n"),
            "spec.containers[0].volumeMounts[0].name: Not found: \"data\"",
        ),
        (
            "a mount path twice",
            more(
                "      volumeMounts: [{name: a, mountPath: /data}, {name: a, mountPath: /data}]\n  volumes: [{name: a}]\n",
            ),
            "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/data\": must be unique",
        ),
        (
            "a port name twice",
            more("      ports: [{name: web, containerPort: 80}, {name: web, containerPort: 81}]\n"),
            "spec.containers[0].ports[1].name: Duplicate value: \"web\"",
        ),
        (
            "a host port twice",
            more("      ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80}]\n"),
            "spec.containers[0].ports[1].hostPort: Duplicate value: \"",
        ),
        (
            "a port out of range",
            more("      ports: [{containerPort: 70000}]\n"),
            "must be between 1 and 65535, inclusive",
        ),
    ]
}

#[test]
fn minke_run_refuses_a_manifest_with_a_mistake() -> Result<()> {
    let machine = Machine::new()?;
    let data_dir = machine.data_dir("data");
    let data = data_dir.to_str().context("no text")?;
    for (mistake, manifest, expected) in mistakes() {
        let file = machine.write("pod.yaml", &manifest)?;
        let told = refusal(&machine.minke(&["run", "--data-dir", data, file.to_str().context("no text")?])?);
        assert!(told.contains(expected), "{mistake}: {told}");
        let runs = fs::read_dir(data_dir.join("run")).into_iter().flatten().count();
        assert_eq!(runs, 0, "{mistake}: a folder is left");
    }
    let told = refusal(&machine.minke(&["run", "--data-dir", data, "/no/such/file"])?);
    assert!(told.contains("/no/such/file: No such file or directory"), "{told}");
    Ok(())
}

#[test]
fn the_api_refuses_invalid_pods_and_warns_of_doubtful_ones() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let kubectl = server.kubectl();
    let apply = |manifest: &str| kubectl.fail(&["create", "--validate=false", "-f", "-"], manifest);
    let told = apply(&pod("My_Pod", "true"))?;
    assert!(told.contains("The Pod \"My_Pod\" is invalid") && told.contains("RFC 1123"), "{told}");
    // Several mistakes are told together.
    let two = pod("good", "true").replace("image: busybox", "stdin: false") + "      volumeMounts: [{name: data}]\n";
    let told = apply(&two)?;
    for field in ["containers[0].image", "volumeMounts[0].name", "volumeMounts[0].mountPath"] {
        assert!(told.contains(field), "{told}");
    }
    // A client that does not say how to validate is warned.
    let warned = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "warned"},
        "spec": {"containers": [
            {"name": "main", "image": "busybox", "imagee": "x", "ports": [{"containerPort": 80}, {"containerPort": 80}]},
        ]},
    });
    let file = machine.write("warned.json", &warned.to_string())?;
    let pods = "/api/v1/namespaces/default/pods";
    let (status, lines) =
        kubectl.start(&["create", "--raw", pods, "-f", file.to_str().context("no text")?])?.finish()?;
    assert!(status.success(), "{lines:?}");
    let is_told = |text: &str| lines.iter().any(|line| line.contains("Warning") && line.contains(text));
    assert!(is_told("unknown field \"spec.containers[0].imagee\""), "{lines:?}");
    assert!(is_told("spec.containers[0].ports[1]: duplicate port"), "{lines:?}");
    assert_eq!(kubectl.run(&["get", "pods", "-o", "name"])?, "pod/warned\n");
    Ok(())
}
