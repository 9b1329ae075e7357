//! Instances and their networks: two side by side on one machine, pods on the node's own network, and the files with
//! which a container finds its way.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};
use tests::{
    Instance, Machine, Server, http, load_images,
    manifest::pod,
    status::{container, ip, is_running, phase},
};

/// Serves its name over HTTP until it is told to end.
fn web(name: &str, port: u16) -> String {
    let script = format!("mkdir /web; echo {name} > /web/index.html; exec httpd -f -p {port} -h /web");
    pod(name, &script).replace("restartPolicy: Never", "restartPolicy: Always\n  terminationGracePeriodSeconds: 1")
}

/// Runs a pod to its good end and returns what it said.
fn words_of(server: &Server, name: &str, manifest: &str) -> Result<String> {
    server.kubectl().apply_text(manifest)?;
    let done = server.wait_for_pod(name, |pod| matches!(phase(pod), "Succeeded" | "Failed"))?;
    let words = server.kubectl().run(&["logs", name])?;
    assert_eq!(phase(&done), "Succeeded", "{words}");
    Ok(words)
}

/// What a new pod of this instance gets from an address.
fn fetch(server: &Server, client: &str, address: &str) -> Result<String> {
    let script = format!("until wget -q -O - http://{address}/; do sleep 0.1; done");
    Ok(words_of(server, client, &pod(client, &script))?.trim().to_owned())
}

fn runs(pod: &Pod) -> bool {
    is_running(pod, "main")
}

#[test]
fn two_instances_on_one_machine_do_not_disturb_each_other() -> Result<()> {
    let machine = Machine::new()?;
    let [first, second] = ["first", "second"].map(|name| machine.data_dir(name));
    load_images(&machine, &first)?;
    load_images(&machine, &second)?;
    let first = Server::start_in(&machine, first, &["--stop-pods"])?;
    let second = Server::start_in(&machine, second, &[])?;

    let mut addresses = BTreeSet::new();
    for (server, name) in [(&first, "of-the-first"), (&second, "of-the-second")] {
        server.kubectl().apply_text(&web(name, 80))?;
        let address = ip(&server.wait_for_pod(name, runs)?).to_owned();
        assert_eq!(fetch(server, "client", &address)?, name);
        // The node reaches the pods of both.
        assert!(http::get(&format!("{address}:80"))?.ends_with(&format!("{name}\n")));
        assert_eq!(server.kubectl().run(&["get", "pods", "-o", "name"])?, format!("pod/client\npod/{name}\n"));
        assert!(addresses.insert(address), "one address for two pods");
        assert_eq!(Instance::of(server.data_dir()).traces().folders.len(), 2);
    }

    let before = second.wait_for_pod("of-the-second", runs)?;
    let first = first.terminate()?;
    assert_eq!(Instance::of(&first).traces().supervisors, 0);
    let after = second.wait_for_pod("of-the-second", runs)?;
    assert_eq!(container(&after, "main"), container(&before, "main"));
    assert_eq!(fetch(&second, "later", ip(&before))?, "of-the-second");

    // It comes back beside the other one, with its own network.
    let first = Server::start_in(&machine, first, &[])?;
    let again = first.wait_for_pod("of-the-first", |pod| {
        runs(pod) && container(pod, "main").is_some_and(|main| main.restart_count == 1)
    })?;
    assert_eq!(fetch(&first, "later", ip(&again))?, "of-the-first");
    Ok(())
}

#[test]
fn a_pod_on_the_nodes_network_is_where_the_node_is() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let manifest = web("host", 8123) + "  hostNetwork: true\n";
    server.kubectl().apply_text(&manifest)?;
    let host = server.wait_for_pod("host", runs)?;
    let node = host.status.as_ref().and_then(|status| status.host_ip.as_deref()).context("no hostIP")?;
    assert_eq!(ip(&host), node);
    assert!(http::get("127.0.0.1:8123")?.ends_with("host\n"), "the node's loopback is the pod's");
    assert_eq!(fetch(&server, "client", &format!("{node}:8123"))?, "host", "pods reach the node");

    let look = pod("look", "ip -o link; cat /etc/hosts") + "  hostNetwork: true\n";
    let told = words_of(&server, "look", &look)?;
    let links = machine.command("ip").args(["-o", "link"]).output()?;
    let bridge = String::from_utf8(links.stdout)?;
    let bridge = bridge.split(": ").find(|word| word.starts_with("mk")).context("no bridge")?;
    assert!(told.contains(bridge), "{told}");
    assert!(told.contains("# Kubernetes-managed hosts file (host network)."), "{told}");
    Ok(())
}

#[test]
fn a_container_knows_its_name_and_its_address() -> Result<()> {
    let machine = Machine::new()?;
    let server = Server::start(&machine)?;
    let spec = "  hostname: web-1\n  subdomain: shop\n  hostAliases: [{ip: 192.0.2.7, hostnames: [db, database]}]\n";
    let script = "cat /etc/hosts; echo ---; cat /etc/hostname; hostname; ip -o -4 addr show eth0";
    let words = words_of(&server, "named", &(pod("named", script) + spec))?;
    let address = ip(&server.wait_for_pod("named", |_| true)?).to_owned();
    let (hosts, names) = words.split_once("---\n").context("no names")?;
    let expected = format!(
        "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
         fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n\
         {address}\tweb-1.shop.default.svc.cluster.local\tweb-1\n\n# Entries added by HostAliases.\n192.0.2.7\tdb\tdatabase\n"
    );
    assert_eq!(hosts, expected);
    assert!(names.starts_with("web-1\nweb-1\n") && names.contains(&format!("inet {address}/")), "{names}");
    assert_eq!(words_of(&server, "plain", &pod("plain", "hostname"))?, "plain\n");
    Ok(())
}

/// The lines of a resolv.conf that say something, in any order.
fn settings(text: &str) -> BTreeSet<String> {
    let words = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    words.filter(|line| ["nameserver ", "search ", "options "].iter().any(|word| line.starts_with(word))).collect()
}

#[test]
fn every_dns_policy_has_its_resolv_conf() -> Result<()> {
    let machine = Machine::new()?;
    let data_dir = machine.data_dir("data");
    load_images(&machine, &data_dir)?;
    let server = Server::start_in(&machine, data_dir, &["--cluster-dns", "10.43.0.10"])?;
    let node = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let own = settings(&node);
    let searched = own.iter().find_map(|line| line.strip_prefix("search "));
    let domains = "default.svc.cluster.local svc.cluster.local cluster.local";
    let search = ["search", domains].into_iter().chain(searched).collect::<Vec<_>>().join(" ");
    let cluster = settings(&format!("nameserver 10.43.0.10\n{search}\noptions ndots:5"));
    let config = json!({
        "nameservers": ["192.0.2.53"], "searches": ["example.com"], "options": [{"name": "timeout", "value": "3"}],
    });
    let added = settings(&format!(
        "nameserver 10.43.0.10\nnameserver 192.0.2.53\n{search} example.com\noptions ndots:5 timeout:3"
    ));
    let cases: [(Value, &BTreeSet<String>); 7] = [
        (json!({}), &cluster),
        (json!({"dnsPolicy": "Default"}), &own),
        (json!({"dnsPolicy": "ClusterFirst"}), &cluster),
        (json!({"dnsPolicy": "ClusterFirst", "hostNetwork": true}), &own),
        (json!({"dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": true}), &cluster),
        (json!({"dnsPolicy": "ClusterFirst", "dnsConfig": config}), &added),
        (
            json!({"dnsPolicy": "None", "dnsConfig": config}),
            &settings("nameserver 192.0.2.53\nsearch example.com\noptions timeout:3"),
        ),
    ];
    for (number, (spec, expected)) in cases.into_iter().enumerate() {
        let name = format!("resolver-{number}");
        let fields = spec.as_object().into_iter().flatten().map(|(field, value)| format!("  {field}: {value}\n"));
        let manifest = [pod(&name, "cat /etc/resolv.conf")].into_iter().chain(fields).collect::<String>();
        assert_eq!(settings(&words_of(&server, &name, &manifest)?), *expected, "{spec}");
    }
    Ok(())
}
