use super::*;
use serde_json::json;

fn pod(name: &str, priority: i32) -> PodInfo {
    let spec = json!({ "containers": [], "priority": priority });
    info(serde_json::from_value(json!({ "metadata": { "name": name }, "spec": spec })).unwrap())
}

fn info(pod: Pod) -> PodInfo {
    PodInfo::new(Arc::new(pod))
}

fn with_gate(pod: &PodInfo) -> PodInfo {
    let mut pod = serde_json::to_value(&*pod.pod).unwrap();
    pod["spec"]["schedulingGates"] = json!([{ "name": "example.com/wait" }]);
    info(serde_json::from_value(pod).unwrap())
}

fn popped(queue: &mut Queue, now: Instant) -> Option<String> {
    queue.pop(now).and_then(|pod| pod.pod.metadata.name.clone())
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn higher_priority_goes_first_and_then_who_came_first() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for (name, priority) in [("a", 0), ("b", 10), ("c", 0), ("d", 10), ("e", -1)] {
        queue.put(name, pod(name, priority), now);
    }
    let order: Vec<_> = std::iter::from_fn(|| popped(&mut queue, now)).collect();
    assert_eq!(order, ["b", "d", "a", "c", "e"]);
}

#[test]
fn an_unschedulable_pod_waits_for_a_change_that_helps() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.put("a", pod("a", 0), now);
    queue.pop(now);
    queue.reject("a", BTreeSet::new(), now);
    assert_eq!(popped(&mut queue, now + seconds(60)), None);
    queue.retry_where(now + seconds(60), |_| false);
    assert_eq!(popped(&mut queue, now + seconds(60)), None);
    queue.retry_where(now + seconds(60), |_| true);
    assert_eq!(popped(&mut queue, now + seconds(60)), Some("a".into()));
}

#[test]
fn a_pod_that_backs_off_lets_others_pass_but_not_time() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.put("a", pod("a", 10), now);
    queue.pop(now);
    queue.reject("a", BTreeSet::new(), now);
    queue.put("b", pod("b", 0), now);
    queue.retry_where(now, |_| true);
    assert_eq!(queue.next_wakeup(), Some(now + seconds(1)));
    assert_eq!(popped(&mut queue, now), Some("b".into()));
    assert_eq!(popped(&mut queue, now), Some("a".into()), "nothing else was to be done");
}

#[test]
fn failed_bindings_back_off_longer_and_longer() {
    let (mut queue, mut now) = (Queue::default(), Instant::now());
    queue.put("a", pod("a", 0), now);
    for pause in [1, 2, 4, 8, 10, 10].map(seconds) {
        assert_eq!(popped(&mut queue, now), Some("a".into()));
        assert!(queue.fail("a", now));
        assert_eq!(queue.next_wakeup(), Some(now + pause));
        assert_eq!(popped(&mut queue, now + pause.mul_f32(0.99)), None);
        now += pause;
    }
}

#[test]
fn a_failed_binding_of_a_pod_that_went_is_nothing() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.put("a", pod("a", 0), now);
    queue.pop(now);
    queue.remove("a");
    assert!(!queue.fail("a", now));
    assert_eq!(popped(&mut queue, now + seconds(60)), None);
}

#[test]
fn gated_pods_wait_until_the_last_gate_is_gone() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.put("a", with_gate(&pod("a", 0)), now);
    queue.retry_where(now, |_| true);
    assert_eq!(popped(&mut queue, now), None);
    queue.put("a", pod("a", 0), now);
    assert_eq!(popped(&mut queue, now), Some("a".into()));
}

#[test]
fn only_changes_of_the_pod_that_matter_bring_it_back() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.put("a", pod("a", 0), now);
    queue.pop(now);
    queue.reject("a", BTreeSet::new(), now);
    let mut patched = Pod::clone(&pod("a", 0).pod);
    patched.metadata.resource_version = Some("2".into());
    queue.put("a", info(patched.clone()), now);
    assert_eq!(popped(&mut queue, now), None, "our own status patch changes nothing");
    patched.metadata.labels = Some([("key".to_owned(), "value".to_owned())].into());
    queue.put("a", info(patched), now);
    assert_eq!(popped(&mut queue, now), Some("a".into()));
}

#[test]
fn an_unschedulable_pod_is_tried_at_last_although_nothing_helps() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.put("a", pod("a", 0), now);
    queue.pop(now);
    queue.reject("a", BTreeSet::new(), now);
    assert_eq!(queue.next_wakeup(), Some(now + LONGEST_REST));
    assert_eq!(popped(&mut queue, now + LONGEST_REST), Some("a".into()));
}
