//! Events and how long they stay.

use crate::support::Caller;
use futures::future::{BoxFuture, FutureExt, ready};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Error, MemoryStore, Result, Revision, Snapshot, Store, Watch, Write};

fn event(name: &str, made: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "involvedObject": {"namespace": "default"},
        "metadata": {"name": name, "namespace": "default", "creationTimestamp": made, "finalizers": ["a/b"]}})
}

#[tokio::test]
async fn events_that_are_due_go_and_watchers_see_it() {
    let store = Arc::new(MemoryStore::new());
    let now = machinery::meta::time(jiff::Timestamp::now());
    for (name, made) in [("new", now.as_str()), ("old", "2020-01-01T00:00:00Z")] {
        let write = Write::create(format!("core/events/default/{name}"), event(name, made).to_string().into_bytes());
        store.write(write).await.unwrap();
    }
    let revision = store.revision();
    let admin = Caller::admin_over(store).await;
    let path = "/api/v1/namespaces/default/events";
    let watch = admin.send("GET", &format!("{path}?watch=true&resourceVersion={revision}"), &[], "").await;
    let first = watch.into_body().frame().await.unwrap().unwrap().into_data().unwrap();
    let first: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!((&first["type"], &first["object"]["metadata"]["name"]), (&json!("DELETED"), &json!("old")));
    let left = admin.ok("GET", path, Value::Null).await;
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
    assert_eq!(left["items"][0]["metadata"]["name"], "new");
}

/// A store that deletes all but one key.
struct Clinging(MemoryStore, &'static str);

impl Store for Clinging {
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Snapshot>> {
        self.0.list(prefix)
    }

    fn write(&self, write: Write) -> BoxFuture<'_, Result<Revision>> {
        if write.key == self.1 && write.value.is_none() {
            return ready(Err(Error::Full { path: "db".into() })).boxed();
        }
        self.0.write(write)
    }

    fn watch(&self, prefix: &str, after: Revision) -> Watch {
        self.0.watch(prefix, after)
    }

    fn past(&self, prefix: &str, after: Revision, until: Revision) -> Watch {
        self.0.past(prefix, after, until)
    }

    fn revision(&self) -> Revision {
        self.0.revision()
    }

    fn compact(&self, before: Revision) -> BoxFuture<'_, Result<()>> {
        self.0.compact(before)
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_removed_keeps_no_other() {
    let store = Arc::new(Clinging(MemoryStore::new(), "core/events/default/a"));
    for name in ["a", "b"] {
        let object = event(name, "2020-01-01T00:00:00Z").to_string().into_bytes();
        store.write(Write::create(format!("core/events/default/{name}"), object)).await.unwrap();
    }
    let revision = store.revision();
    let admin = Caller::admin_over(store).await;
    let path = "/api/v1/namespaces/default/events";
    let watch = admin.send("GET", &format!("{path}?watch=true&resourceVersion={revision}"), &[], "").await;
    let first = watch.into_body().frame().await.unwrap().unwrap().into_data().unwrap();
    let first: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!((&first["type"], &first["object"]["metadata"]["name"]), (&json!("DELETED"), &json!("b")));
    let left = admin.ok("GET", path, Value::Null).await;
    assert_eq!(left["items"][0]["metadata"]["name"], "a");
}
