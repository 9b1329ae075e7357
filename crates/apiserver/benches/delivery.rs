//! What answers cost, as ratios of CPU time in one run: `cargo bench -p apiserver`.
//!
//! A watch's event is encoded once, whatever the number of watches: with many watches an event costs each of them a
//! fraction of what it costs a single one. A list is put together from texts: it costs little more than its copy.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a benchmark fails by panicking")]

#[path = "../tests/component/support.rs"]
mod support;

use apiserver::ResponseBody;
use http_body_util::BodyExt;
use serde_json::json;
use std::{fs, hint::black_box};
use support::{CONFIG_MAPS, Caller, PODS, config_map, pod};

const WATCHES: usize = 200;
const EVENTS: usize = 200;
const PODS_IN_LIST: usize = 1000;
const FORMS: [(&str, &str); 3] = [
    ("objects", "application/json"),
    ("tables", "application/json;as=Table;v=v1;g=meta.k8s.io"),
    ("metadata", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for (name, accept) in FORMS {
        let (one, many) = (event_cost(accept, 1).await, event_cost(accept, WATCHES).await / WATCHES as f64);
        println!("watch of {name}: an event costs each of {WATCHES} watches {:.3} of what it costs one", many / one);
    }
    let (list, copy) = list_cost().await;
    println!("list of {PODS_IN_LIST} pods: {:.1} times a copy of its bytes", list / copy);
}

/// CPU time of one change of a config map that so many watches see.
async fn event_cost(accept: &str, watches: usize) -> f64 {
    let admin = Caller::admin().await;
    admin.ok("POST", CONFIG_MAPS, config_map("a", "0")).await;
    let mut bodies = Vec::new();
    for _ in 0..watches {
        let path = format!("{CONFIG_MAPS}?watch=1");
        let mut body = admin.send("GET", &path, &[("accept", accept)], "").await.into_body();
        next(&mut body).await;
        bodies.push(body);
    }
    let before = cpu_seconds();
    for number in 0..EVENTS {
        let value = format!("{number}{}", "lorem ipsum ".repeat(80));
        admin.ok("PATCH", &format!("{CONFIG_MAPS}/a"), json!({"data": {"key": value}})).await;
        for body in &mut bodies {
            next(body).await;
        }
    }
    (cpu_seconds() - before) / EVENTS as f64
}

/// CPU time of a list of pods, and of a copy of its text.
async fn list_cost() -> (f64, f64) {
    const TIMES: usize = 200;
    let admin = Caller::admin().await;
    for number in 0..PODS_IN_LIST {
        admin.ok("POST", PODS, pod(&format!("p-{number}"))).await;
    }
    let before = cpu_seconds();
    let mut text = bytes::Bytes::new();
    for _ in 0..TIMES {
        let response = admin.send("GET", PODS, &[], "").await;
        text = response.into_body().collect().await.unwrap().to_bytes();
    }
    let between = cpu_seconds();
    for _ in 0..TIMES {
        black_box(text.to_vec());
    }
    (between - before, cpu_seconds() - between)
}

async fn next(body: &mut ResponseBody) {
    black_box(body.frame().await.unwrap().unwrap());
}

/// CPU time of this thread, which does everything (proc(5), `schedstat`).
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<u64>().unwrap() as f64 / 1e9
}
