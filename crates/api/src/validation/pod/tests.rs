//! Behaviours of upstream's own validation tests, as tables of what a manifest says and what the server answers.

mod containers;
mod environment;
mod placement;
mod profiles;
mod resources;
mod spec;
mod status;
mod storage;
mod update;
mod volumes;
mod warnings;

use crate::kinds;
use k8s_openapi::api::core::v1::Pod;
use machinery::{field::ErrorList, strategy};
use serde_json::{Value, json};

/// A good pod whose specification has `fragment`'s fields, defaulted.
fn pod(fragment: &Value) -> Value {
    let mut pod = json!({
        "metadata": {"name": "abc", "namespace": "ns", "resourceVersion": "1"},
        "spec": {"containers": [{"name": "ctr", "image": "image:1"}], "serviceAccountName": "default"},
    });
    merge(&mut pod["spec"], fragment);
    strategy::of(&kinds::POD).default(&mut pod);
    pod
}

fn merge(target: &mut Value, fragment: &Value) {
    for (key, value) in fragment.as_object().unwrap() {
        target[key] = value.clone();
    }
}

fn typed(pod: &Value) -> Pod {
    serde_json::from_value(pod.clone()).unwrap()
}

fn texts(errors: &ErrorList) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

/// Compares; an expectation that ends in "…" is only how the text begins.
fn assert_errors(errors: &ErrorList, expected: &[&str], case: &Value) {
    let found = texts(errors);
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| match expected.strip_suffix('…') {
            Some(start) => found.starts_with(start),
            None => found == expected,
        });
    assert!(same, "{case}\nfound:    {found:#?}\nexpected: {expected:#?}");
}

/// Validates a new pod with the fragment in its specification.
fn assert_spec(fragment: &Value, expected: &[&str]) {
    assert_errors(&super::validate_create(&typed(&pod(fragment))), expected, fragment);
}

/// Validates a pod whose only container has the fragment's fields; paths are relative to the container.
fn assert_container(fragment: &Value, expected: &[&str]) {
    let mut container = json!({"name": "ctr", "image": "image:1"});
    merge(&mut container, fragment);
    let expected: Vec<String> = expected.iter().map(|text| format!("spec.containers[0].{text}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    assert_spec(&json!({"containers": [container], "volumes": [{"name": "v"}, {"name": "w"}]}), &expected);
}
