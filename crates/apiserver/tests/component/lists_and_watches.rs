//! Lists with selectors, in pages and as tables; watches that begin, resume and end.

use crate::support::{CONFIG_MAPS, Caller, PODS, config_map, pod, read};
use apiserver::ResponseBody;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{MemoryStore, Store, Write};

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

/// The lines of a watch, one at a time.
struct Lines(ResponseBody);

impl Lines {
    async fn open(admin: &Caller, query: &str) -> Self {
        let response = admin.send("GET", &format!("{CONFIG_MAPS}?watch=1&{query}"), &[], "").await;
        assert!(response.status().is_success());
        Self(response.into_body())
    }

    async fn next(&mut self) -> Value {
        let frame = self.0.frame().await.unwrap().unwrap();
        serde_json::from_slice(frame.data_ref().unwrap()).unwrap()
    }

    /// Type and name of the next event.
    async fn event(&mut self) -> (String, String) {
        let event = self.next().await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        (text(&event["type"]), text(&event["object"]["metadata"]["name"]))
    }
}

#[tokio::test]
async fn selectors_choose() {
    let admin = Caller::admin().await;
    for (name, label) in [("a", "x"), ("b", "y")] {
        let mut object = pod(name);
        object["metadata"]["labels"] = json!({ "app": label });
        admin.ok("POST", PODS, object).await;
    }
    for (query, expected) in [
        ("", vec!["a", "b"]),
        ("labelSelector=app%3Dx", vec!["a"]),
        ("labelSelector=app%20in%20(x,y)", vec!["a", "b"]),
        ("labelSelector=!app", vec![]),
        ("fieldSelector=metadata.name%3Db", vec!["b"]),
        ("fieldSelector=status.phase%3DPending,spec.nodeName%3D", vec!["a", "b"]),
        ("fieldSelector=status.phase!%3DPending", vec![]),
    ] {
        let list = admin.ok("GET", &format!("/api/v1/pods?{query}"), Value::Null).await;
        assert_eq!(names(&list), expected, "{query}");
    }
}

#[tokio::test]
async fn a_list_in_pages_is_consistent() {
    let admin = Caller::admin().await;
    for name in ["a", "b", "c", "d", "e"] {
        admin.ok("POST", CONFIG_MAPS, config_map(name, "1")).await;
    }
    let first = admin.ok("GET", &format!("{CONFIG_MAPS}?limit=2"), Value::Null).await;
    assert_eq!((names(&first), &first["metadata"]["remainingItemCount"]), (vec!["a", "b"], &json!(3)));
    admin.ok("DELETE", &format!("{CONFIG_MAPS}/d"), Value::Null).await;
    let token = |list: &Value| list["metadata"]["continue"].as_str().unwrap().to_string();
    let next = |token: String| format!("{CONFIG_MAPS}?limit=2&continue={token}");
    let second = admin.ok("GET", &next(token(&first)), Value::Null).await;
    assert_eq!(names(&second), ["c", "d"], "as it was when the list began");
    let third = admin.ok("GET", &next(token(&second)), Value::Null).await;
    assert_eq!(names(&third), ["e"]);
    assert!(third["metadata"]["continue"].is_null());
}

#[tokio::test]
async fn lists_come_as_tables_and_as_metadata() {
    let admin = Caller::admin().await;
    admin.ok("POST", PODS, pod("a")).await;
    let accept = |form: &'static str| [("accept", form)];
    let table = accept("application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
    let (_, table) = read(admin.send("GET", PODS, &table, "").await).await;
    assert_eq!(table["kind"], "Table");
    let columns: Vec<_> =
        table["columnDefinitions"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
    assert_eq!(columns[..5], ["Name", "Ready", "Status", "Restarts", "Age"]);
    assert_eq!(table["rows"][0]["cells"].as_array().unwrap()[..3], [json!("a"), json!("0/1"), json!("Pending")]);
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
    let metadata = accept("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
    let (_, metadata) = read(admin.send("GET", PODS, &metadata, "").await).await;
    assert_eq!(metadata["kind"], "PartialObjectMetadataList");
    assert!(metadata["items"][0]["spec"].is_null());
}

#[tokio::test]
async fn a_watch_tells_every_change_in_order() {
    let admin = Caller::admin().await;
    admin.ok("POST", CONFIG_MAPS, config_map("old", "1")).await;
    let mut lines = Lines::open(&admin, "").await;
    assert_eq!(lines.event().await, ("ADDED".into(), "old".into()));
    admin.ok("POST", CONFIG_MAPS, config_map("new", "1")).await;
    admin.ok("PUT", &format!("{CONFIG_MAPS}/new"), config_map("new", "2")).await;
    admin.ok("DELETE", &format!("{CONFIG_MAPS}/new"), Value::Null).await;
    for kind in ["ADDED", "MODIFIED", "DELETED"] {
        assert_eq!(lines.event().await, (kind.into(), "new".into()));
    }
}

#[tokio::test]
async fn a_watch_resumes_where_it_was() {
    let admin = Caller::admin().await;
    let first = admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    admin.ok("POST", CONFIG_MAPS, config_map("b", "1")).await;
    admin.ok("DELETE", &format!("{CONFIG_MAPS}/a"), Value::Null).await;
    let version = first["metadata"]["resourceVersion"].as_str().unwrap();
    let mut lines = Lines::open(&admin, &format!("resourceVersion={version}")).await;
    assert_eq!(lines.event().await, ("ADDED".into(), "b".into()));
    let deleted = lines.next().await;
    assert_eq!(deleted["type"], "DELETED");
    assert!(
        deleted["object"]["metadata"]["resourceVersion"].as_str().unwrap() > version,
        "the revision of the deletion"
    );
    let ahead = Caller::send(&admin, "GET", &format!("{CONFIG_MAPS}?resourceVersion=999999"), &[], "").await;
    assert_eq!(read(ahead).await.0.as_u16(), 504);
}

#[tokio::test]
async fn a_selection_is_entered_and_left() {
    let admin = Caller::admin().await;
    let mut lines = Lines::open(&admin, "labelSelector=l%3Dx").await;
    admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    let path = format!("{CONFIG_MAPS}/a");
    admin.ok("PATCH", &path, json!({"metadata": {"labels": {"l": "x"}}})).await;
    admin.ok("PATCH", &path, json!({"data": {"key": "2"}})).await;
    admin.ok("PATCH", &path, json!({"metadata": {"labels": {"l": "y"}}})).await;
    for kind in ["ADDED", "MODIFIED", "DELETED"] {
        assert_eq!(lines.event().await, (kind.into(), "a".into()));
    }
}

#[tokio::test]
async fn who_leaves_a_selection_is_seen_as_it_was_at_the_new_revision() {
    let admin = Caller::admin().await;
    let mut object = config_map("a", "1");
    object["metadata"]["labels"] = json!({"num": "3"});
    admin.ok("POST", CONFIG_MAPS, object).await;
    let mut watches = [Lines::open(&admin, "labelSelector=num%3D3").await, Lines::open(&admin, "").await];
    for lines in &mut watches {
        lines.next().await;
    }
    let path = format!("{CONFIG_MAPS}/a");
    let change = json!({"metadata": {"labels": {"num": "33"}}, "data": {"key": "2"}});
    let changed = admin.ok("PATCH", &path, change).await;
    let [left, modified] = [watches[0].next().await, watches[1].next().await];
    assert_eq!((&left["type"], &modified["type"]), (&json!("DELETED"), &json!("MODIFIED")));
    for (event, num, value) in [(&left, "3", "1"), (&modified, "33", "2")] {
        let object = &event["object"];
        assert_eq!(object["metadata"]["resourceVersion"], changed["metadata"]["resourceVersion"]);
        assert_eq!((&object["metadata"]["labels"]["num"], &object["data"]["key"]), (&json!(num), &json!(value)));
    }
}

#[tokio::test]
async fn watches_that_show_the_same_share_one_line() {
    let admin = Caller::admin().await;
    let mut watches = [Lines::open(&admin, "").await, Lines::open(&admin, "labelSelector=!none").await];
    admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    let mut lines = Vec::new();
    for watch in &mut watches {
        lines.push(watch.0.frame().await.unwrap().unwrap().into_data().unwrap());
    }
    assert_eq!(lines[0].as_ptr(), lines[1].as_ptr(), "two copies of {:?}", lines[0]);
}

#[tokio::test]
async fn forms_are_not_mixed_up() {
    let admin = Caller::admin().await;
    let accepts = [
        ("application/json", "ConfigMap"),
        ("application/json;as=Table;v=v1;g=meta.k8s.io", "Table"),
        ("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "PartialObjectMetadata"),
    ];
    let mut watches = Vec::new();
    for (accept, kind) in accepts {
        let path = format!("{CONFIG_MAPS}?watch=1");
        let response = admin.send("GET", &path, &[("accept", accept)], "").await;
        watches.push((Lines(response.into_body()), kind));
    }
    for (name, columns) in [("a", true), ("b", false)] {
        admin.ok("POST", CONFIG_MAPS, config_map(name, "1")).await;
        for (lines, kind) in &mut watches {
            let event = lines.next().await;
            assert_eq!(event["object"]["kind"], *kind);
            let definitions = event["object"]["columnDefinitions"].as_array();
            assert_eq!(definitions.is_some_and(|columns| !columns.is_empty()), columns && *kind == "Table");
        }
    }
}

#[tokio::test]
async fn a_watch_that_is_not_read_ends_and_resumes_without_a_gap() {
    let admin = Caller::admin().await;
    let mut lines = Lines::open(&admin, "").await;
    let first = admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    assert_eq!(lines.event().await, ("ADDED".into(), "a".into()));
    let path = format!("{CONFIG_MAPS}/a");
    for number in 0..60 {
        let value = format!("{number}{}", "x".repeat(50_000));
        admin.ok("PATCH", &path, json!({"data": {"key": value}})).await;
    }
    assert!(lines.0.frame().await.is_none(), "what it missed is no longer in memory");
    let version = first["metadata"]["resourceVersion"].as_str().unwrap();
    let mut lines = Lines::open(&admin, &format!("resourceVersion={version}")).await;
    for number in 0..60 {
        let event = lines.next().await;
        assert!(event["object"]["data"]["key"].as_str().unwrap().starts_with(&format!("{number}x")), "{number}");
    }
    admin.ok("PATCH", &path, json!({"data": {"key": "last"}})).await;
    assert_eq!(lines.next().await["object"]["data"]["key"], "last");
}

#[tokio::test]
async fn initial_events_end_with_a_bookmark() {
    let admin = Caller::admin().await;
    admin.ok("POST", CONFIG_MAPS, config_map("a", "1")).await;
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut lines = Lines::open(&admin, query).await;
    assert_eq!(lines.event().await.0, "ADDED");
    let bookmark = lines.next().await;
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert_eq!(bookmark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
}

#[tokio::test]
async fn a_watch_ends_after_its_time() {
    let admin = Caller::admin().await;
    let mut lines = Lines::open(&admin, "timeoutSeconds=1").await;
    assert!(lines.0.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_that_resumes_before_what_is_in_memory_sleeps() {
    let store = Arc::new(MemoryStore::new());
    let object = json!({"metadata": {"name": "a", "namespace": "default"}}).to_string().into_bytes();
    let before = store.revision();
    let own = store.write(Write::create("core/configmaps/default/a", object.clone())).await.unwrap();
    store.write(Write::create("core/secrets/default/a", object)).await.unwrap();
    // In memory is what follows both.
    let admin = Caller::admin_over(store).await;
    for (after, told) in [(before, 1), (own, 0)] {
        let query = format!("resourceVersion={after}&allowWatchBookmarks=1&timeoutSeconds=90");
        let mut lines = Lines::open(&admin, &query).await;
        for _ in 0..told {
            assert_eq!(lines.event().await, ("ADDED".into(), "a".into()));
        }
        // A watch that does not sleep holds the paused clock: none of this would come.
        for when in ["after a minute", "at its end"] {
            let bookmark = lines.next().await;
            let version = bookmark["object"]["metadata"]["resourceVersion"].as_str().unwrap();
            assert_eq!(bookmark["type"], "BOOKMARK", "{when}");
            assert!(version.parse::<u64>().unwrap() > own.0, "{version} {when} is no place to resume from");
        }
        assert!(lines.0.frame().await.is_none());
    }
}

#[tokio::test]
async fn a_typed_client_follows_pods() {
    use futures::StreamExt;
    use k8s_openapi::api::core::v1::Pod;
    use kube::{
        Api,
        api::{WatchEvent, WatchParams},
    };
    let admin = Caller::admin().await;
    let pods: Api<Pod> = Api::default_namespaced(admin.client());
    let mut events = pods.watch(&WatchParams::default().disable_bookmarks(), "0").await.unwrap().boxed();
    let made = serde_json::from_value(pod("a")).unwrap();
    pods.create(&kube::api::PostParams::default(), &made).await.unwrap();
    let Some(Ok(WatchEvent::Added(seen))) = events.next().await else { panic!("no event") };
    assert_eq!(seen.metadata.name.as_deref(), Some("a"));
}
