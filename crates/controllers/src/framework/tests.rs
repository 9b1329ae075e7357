//! Controllers that fail and panic, beside one that works, over minke's own API server on a memory store.

use super::*;
use crate::error::Error;
use api::kinds::served_by_default;
use apiserver::{ApiServer, User};
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, api::PostParams, runtime::wait::await_condition};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use store::MemoryStore;
use tokio_util::sync::CancellationToken;

/// A client that may do everything.
pub(super) async fn client() -> Client {
    let store = Arc::new(MemoryStore::new());
    let server = ApiServer::start(store, served_by_default(), CancellationToken::new()).await.unwrap();
    Client::new(server.local(User::admin()), "default")
}

/// How often each of them was started or asked.
static STARTS: AtomicU32 = AtomicU32::new(0);
static FAILURES: AtomicU32 = AtomicU32::new(0);
static PANICS: AtomicU32 = AtomicU32::new(0);

const PANICS_AT_START: Row = Row {
    name: "panics-at-start",
    service_account: "tests",
    workers: 1,
    start: |setup| {
        assert!(STARTS.fetch_add(1, Ordering::Relaxed) >= 2, "it cannot start yet");
        marker(setup, "started")
    },
};
const FAILS: Row = Row {
    name: "fails",
    service_account: "tests",
    workers: 1,
    start: |setup| {
        setup.watch::<ConfigMap>("", |event| vec![Key::of(&**event.object())]);
        Arc::new(Failing(marker(setup, "failed")))
    },
};
const PANICS_AT_WORK: Row = Row {
    name: "panics-at-work",
    service_account: "tests",
    workers: 1,
    start: |setup| {
        setup.watch::<ConfigMap>("", |event| vec![Key::of(&**event.object())]);
        Arc::new(Panicking(marker(setup, "panicked")))
    },
};
const WORKS: Row = Row { name: "works", service_account: "tests", workers: 2, start: |setup| marker(setup, "worked") };

/// A controller that makes a config map with this prefix beside each one whose name begins with `seed`.
fn marker(setup: &mut Setup<'_>, prefix: &'static str) -> Arc<dyn Controller> {
    let config_maps = setup.watch::<ConfigMap>("", |event| vec![Key::of(&**event.object())]);
    Arc::new(Reconciler::new(&setup.client, move |key, _| {
        let wanted = format!("{prefix}-{}", key.name);
        let is_there = config_maps.get(&Key::namespaced("default", wanted.clone())).is_some();
        if is_there || !key.name.starts_with("seed") || config_maps.get(key).is_none() {
            return Ok(Vec::new());
        }
        let marker = json!({ "metadata": { "name": wanted, "namespace": "default" } });
        Ok(vec![Change::create(&serde_json::from_value::<ConfigMap>(marker)?)?])
    }))
}

/// Fails twice.
struct Failing(Arc<dyn Controller>);

impl Controller for Failing {
    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Next, Error>> {
        Box::pin(async move {
            if key.name.starts_with("seed") && FAILURES.fetch_add(1, Ordering::Relaxed) < 2 {
                return Err(Error::LeadershipLost { lease: "none".into() });
            }
            self.0.reconcile(key).await
        })
    }
}

/// Panics twice.
struct Panicking(Arc<dyn Controller>);

impl Controller for Panicking {
    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Next, Error>> {
        Box::pin(async move {
            let is_early = key.name.starts_with("seed") && PANICS.fetch_add(1, Ordering::Relaxed) < 2;
            assert!(!is_early, "it panics");
            self.0.reconcile(key).await
        })
    }
}

fn exists(object: Option<&ConfigMap>) -> bool {
    object.is_some()
}

#[tokio::test]
async fn controllers_that_fail_or_panic_come_back_and_the_others_go_on() {
    let client = client().await;
    let config_maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let seed = |name: &str| serde_json::from_value(json!({ "metadata": { "name": name } })).unwrap();
    config_maps.create(&PostParams::default(), &seed("seed-1")).await.unwrap();
    let metrics = Metrics::default();
    let context = Context::new(client.into(), Authority::default(), metrics.clone());
    let running = tokio::spawn(async move {
        run(&[PANICS_AT_START, FAILS, PANICS_AT_WORK, WORKS], context).await;
    });
    let all = async {
        for prefix in ["worked", "failed", "panicked", "started"] {
            await_condition(config_maps.clone(), &format!("{prefix}-seed-1"), exists).await.unwrap();
        }
        config_maps.create(&PostParams::default(), &seed("seed-2")).await.unwrap();
        for prefix in ["worked", "failed", "panicked", "started"] {
            await_condition(config_maps.clone(), &format!("{prefix}-seed-2"), exists).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_mins(1), all).await.unwrap();
    assert_eq!(STARTS.load(Ordering::Relaxed), 3);
    let mut figures = String::new();
    prometheus_client::encoding::text::encode(&mut figures, &metrics.registry()).unwrap();
    for figure in [
        "minke_controller_restarts_total{name=\"panics-at-start\"} 2",
        "workqueue_retries_total{name=\"fails\"} 2",
        "workqueue_retries_total{name=\"panics-at-work\"} 2",
    ] {
        assert!(figures.contains(figure), "{figure} in\n{figures}");
    }
    running.abort();
}
