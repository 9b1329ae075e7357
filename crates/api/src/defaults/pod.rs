//! Pods and pod templates.

use super::{container, volume};
use machinery::fields::{Object, child, child_or_new, is_unset, items, set_default, set_default_number, text};
use serde_json::{Value, json};

const CONTAINER_LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// A Pod: the defaults of its specification, and those that a template's pods get only when they are made.
pub fn pod(object: &mut Object) {
    // A specification that is missing has the defaults of an empty one, as in Go.
    let Some(spec) = child_or_new(object, "spec") else { return };
    pod_spec(spec);
    set_default(spec, "enableServiceLinks", true);
    let host_network = spec.get("hostNetwork").and_then(Value::as_bool) == Some(true);
    for list in ["containers", "initContainers"] {
        for container in items(spec, list) {
            requests_from_limits(container);
            if host_network {
                host_ports(container);
            }
        }
    }
}

/// A `PodTemplate` object.
pub fn pod_template(object: &mut Object) {
    template(object);
}

/// The pod template in an object's `template`, which every such object has, be it empty.
pub fn template(object: &mut Object) {
    if let Some(spec) = child_or_new(object, "template").and_then(|template| child_or_new(template, "spec")) {
        pod_spec(spec);
    }
}

fn pod_spec(spec: &mut Object) {
    set_default(spec, "dnsPolicy", "ClusterFirst");
    set_default(spec, "restartPolicy", "Always");
    set_default(spec, "securityContext", json!({}));
    set_default(spec, "terminationGracePeriodSeconds", 30);
    set_default(spec, "schedulerName", "default-scheduler");
    service_account(spec);
    for list in CONTAINER_LISTS {
        items(spec, list).for_each(container::container);
    }
    items(spec, "volumes").for_each(volume::volume);
    if let Some(overhead) = child(spec, "overhead") {
        container::resource_list(overhead);
    }
    if let Some(resources) = child(spec, "resources") {
        container::resource_lists(resources);
    }
}

/// `serviceAccount` is the old name of `serviceAccountName`: both are served with the same value.
fn service_account(spec: &mut Object) {
    if is_unset(spec, "serviceAccountName") {
        let name = text(spec, "serviceAccount").to_owned();
        set_default(spec, "serviceAccountName", name);
    }
    if is_unset(spec, "serviceAccountName") {
        spec.remove("serviceAccountName");
        spec.remove("serviceAccount");
    } else {
        let name = text(spec, "serviceAccountName").to_owned();
        spec.insert("serviceAccount".to_owned(), name.into());
    }
}

fn requests_from_limits(container: &mut Object) {
    let Some(resources) = child(container, "resources") else { return };
    let Some(Value::Object(limits)) = resources.get("limits").cloned() else { return };
    set_default(resources, "requests", json!({}));
    let Some(requests) = child(resources, "requests") else { return };
    for (name, quantity) in limits {
        requests.entry(name).or_insert(quantity);
    }
}

fn host_ports(container: &mut Object) {
    for port in items(container, "ports") {
        if let Some(number) = port.get("containerPort").and_then(Value::as_i64) {
            set_default_number(port, "hostPort", number);
        }
    }
}
