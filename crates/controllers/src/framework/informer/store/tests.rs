use super::*;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

fn pod(name: &str, version: &str, node: &str) -> Pod {
    let metadata = json!({ "name": name, "namespace": "default", "resourceVersion": version });
    serde_json::from_value(json!({ "metadata": metadata, "spec": { "containers": [], "nodeName": node } })).unwrap()
}

fn node_of(pod: &Pod) -> Vec<String> {
    pod.spec.iter().filter_map(|spec| spec.node_name.clone()).collect()
}

/// `+name`, `~name`, `-name`.
fn shown(events: Vec<Event<Pod>>) -> Vec<String> {
    let sign = |event: &Event<Pod>| match event {
        Event::Added(_) => '+',
        Event::Changed { .. } => '~',
        Event::Deleted(_) => '-',
    };
    events.into_iter().map(|event| format!("{}{}", sign(&event), event.object().name_any())).collect()
}

#[test]
fn a_new_list_brings_only_what_is_different() {
    let mut store = Store::default();
    let mut follow = |event| shown(store.follow(event));
    assert!(follow(watcher::Event::Init).is_empty());
    assert_eq!(follow(watcher::Event::InitApply(pod("a", "1", "n"))), ["+a"]);
    assert_eq!(follow(watcher::Event::InitApply(pod("b", "2", "n"))), ["+b"]);
    assert!(follow(watcher::Event::InitDone).is_empty());
    assert_eq!(follow(watcher::Event::Apply(pod("c", "3", "n"))), ["+c"]);
    assert!(follow(watcher::Event::Init).is_empty());
    assert!(follow(watcher::Event::InitApply(pod("a", "1", "n"))).is_empty());
    assert_eq!(follow(watcher::Event::InitApply(pod("b", "5", "n"))), ["~b"]);
    assert_eq!(follow(watcher::Event::InitDone), ["-c"]);
    assert_eq!(follow(watcher::Event::Delete(pod("a", "6", "n"))), ["-a"]);
    assert!(follow(watcher::Event::Delete(pod("a", "6", "n"))).is_empty());
}

#[test]
fn indexes_follow_the_objects() {
    let mut store = Store::default();
    store.follow(watcher::Event::Apply(pod("a", "1", "m")));
    store.index_by("node", node_of);
    store.follow(watcher::Event::Apply(pod("b", "2", "n")));
    let names = |store: &Store<Pod>, node: &str| {
        store.indexed("node", node).iter().map(|pod| pod.name_any()).collect::<Vec<_>>()
    };
    assert_eq!((names(&store, "m"), names(&store, "n")), (vec!["a".to_owned()], vec!["b".to_owned()]));
    store.follow(watcher::Event::Apply(pod("a", "3", "n")));
    assert_eq!((names(&store, "m"), names(&store, "n")), (vec![], vec!["a".to_owned(), "b".to_owned()]));
    store.follow(watcher::Event::Delete(pod("b", "4", "n")));
    assert_eq!(names(&store, "n"), ["a"]);
    assert!(store.indexed("other", "n").is_empty());
}
