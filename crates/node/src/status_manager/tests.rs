//! What the API server gets to see of a pod's statuses.

use super::*;
use crate::fake_api::{client, failure};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::json;
use tokio::sync::Semaphore;

fn pod() -> Arc<Pod> {
    let text = |text: &str| Some(text.to_owned());
    let metadata = ObjectMeta { name: text("web"), namespace: text("shop"), uid: text("u"), ..ObjectMeta::default() };
    Arc::new(Pod { metadata, ..Pod::default() })
}

fn phase(phase: &str) -> PodStatus {
    PodStatus { phase: Some(phase.to_owned()), ..PodStatus::default() }
}

fn named(uid: &str) -> (u16, serde_json::Value) {
    (200, json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web", "uid": uid } }))
}

fn answer() -> (u16, serde_json::Value) {
    (200, json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web" } }))
}

#[tokio::test]
async fn statuses_that_come_while_one_is_in_flight_merge_into_one() {
    let gate = Arc::new(Semaphore::new(0));
    let (client, requests) = client({
        let gate = Arc::clone(&gate);
        move |_, _| {
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.unwrap().forget();
                answer()
            }
        }
    });
    let manager = StatusManager::new(client, Metrics::default());
    manager.set(&pod(), phase("Pending"));
    while requests.all().is_empty() {
        tokio::task::yield_now().await;
    }
    manager.set(&pod(), phase("Running"));
    manager.set(&pod(), phase("Failed"));
    gate.add_permits(9);
    manager.finish(&pod(), phase("Succeeded")).await;

    let phases: Vec<_> =
        requests.all().iter().filter_map(|asked| asked.body["status"]["phase"].as_str().map(str::to_owned)).collect();
    assert_eq!(phases, ["Pending", "Succeeded"]);
}

#[tokio::test]
async fn the_object_goes_after_its_last_status_and_only_if_it_is_still_the_same() {
    let (client, requests) = client(async |_, _| answer());
    let manager = StatusManager::new(client, Metrics::default());
    manager.finish(&pod(), phase("Succeeded")).await;

    let requests = requests.all();
    let seen: Vec<_> = requests.iter().map(|asked| (asked.method.as_str(), asked.path.as_str())).collect();
    assert_eq!(
        seen,
        [("PATCH", "/api/v1/namespaces/shop/pods/web/status"), ("DELETE", "/api/v1/namespaces/shop/pods/web")]
    );
    assert_eq!(requests[0].body["metadata"]["uid"], "u");
    assert_eq!(requests[1].body["gracePeriodSeconds"], 0);
    assert_eq!(requests[1].body["preconditions"]["uid"], "u");
}

#[tokio::test(start_paused = true)]
async fn a_failed_patch_is_tried_again() {
    let (client, requests) =
        client(async |number, _| if number < 3 { failure(500, "InternalError") } else { answer() });
    let manager = StatusManager::new(client, Metrics::default());
    manager.finish(&pod(), phase("Succeeded")).await;
    let methods: Vec<_> = requests.all().iter().map(|asked| asked.method.to_string()).collect();
    assert_eq!(methods, ["PATCH", "PATCH", "PATCH", "PATCH", "DELETE"]);
}

#[tokio::test]
async fn an_object_that_is_gone_or_another_one_is_let_be() {
    for (code, reason, methods) in [(404, "NotFound", vec!["PATCH"]), (409, "Conflict", vec!["PATCH", "GET"])] {
        let (client, requests) = client(move |_, asked| async move {
            if asked.method == "GET" { named("another") } else { failure(code, reason) }
        });
        let manager = StatusManager::new(client, Metrics::default());
        manager.finish(&pod(), phase("Succeeded")).await;
        let seen: Vec<_> = requests.all().iter().map(|asked| asked.method.to_string()).collect();
        assert_eq!(seen, methods, "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_over_the_same_object_is_tried_again() {
    let (client, requests) = client(async |number, _| match number {
        0 => failure(409, "Conflict"),
        _ => named("u"),
    });
    let manager = StatusManager::new(client, Metrics::default());
    manager.finish(&pod(), phase("Succeeded")).await;
    let methods: Vec<_> = requests.all().iter().map(|asked| asked.method.to_string()).collect();
    assert_eq!(methods, ["PATCH", "GET", "PATCH", "DELETE"]);
}

#[tokio::test]
async fn what_the_api_server_knows_already_is_not_written() {
    let (client, requests) = client(async |_, _| answer());
    let manager = StatusManager::new(client, Metrics::default());
    let running = Arc::new(Pod { status: Some(phase("Running")), ..Pod::clone(&pod()) });
    manager.set(&running, phase("Running"));
    manager.finish(&running, phase("Running")).await;
    let methods: Vec<_> = requests.all().iter().map(|asked| asked.method.to_string()).collect();
    assert_eq!(methods, ["DELETE"]);
}
