use super::*;

fn popped(queue: &mut Queue<&'static str>, now: Instant) -> Option<&'static str> {
    queue.wake(now);
    queue.pop(now).map(|(key, _)| key)
}

#[test]
fn a_key_waits_once_however_often_it_was_added() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    assert!(queue.add("a", now));
    assert!(!queue.add("a", now));
    queue.add("b", now);
    assert_eq!(queue.depth(), 2);
    assert_eq!((popped(&mut queue, now), popped(&mut queue, now)), (Some("a"), Some("b")));
    assert_eq!(popped(&mut queue, now), None);
}

#[test]
fn a_key_is_worked_on_by_one_and_again_if_it_changed_meanwhile() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.add("a", now);
    assert_eq!(popped(&mut queue, now), Some("a"));
    queue.add("a", now);
    assert_eq!(popped(&mut queue, now), None, "somebody works on it");
    queue.done(&"a");
    assert_eq!(popped(&mut queue, now), Some("a"));
    queue.done(&"a");
    assert_eq!(popped(&mut queue, now), None);
}

#[test]
fn the_wait_is_measured() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.add("a", now);
    assert_eq!(queue.pop(now + Duration::from_secs(3)), Some(("a", Duration::from_secs(3))));
}

#[test]
fn failures_wait_longer_and_longer_until_it_works() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let pauses: Vec<_> = (0..13).map(|_| queue.retry(&"a", now, 0.0).as_millis()).collect();
    assert_eq!(pauses[..4], [50, 100, 200, 400]);
    assert_eq!(pauses[11..], [60_000, 60_000]);
    assert_eq!(queue.retry(&"b", now, 0.0).as_millis(), 50, "another object");
    assert_eq!(queue.retry(&"c", now, 1.0).as_millis(), 60, "by chance a little more");
    queue.forget(&"a");
    assert_eq!(queue.retry(&"a", now, 0.0).as_millis(), 50);
}

#[test]
fn what_is_for_later_comes_at_the_earliest_time_that_was_said() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let second = Duration::from_secs(1);
    queue.add_at("a", now + 2 * second);
    queue.add_at("a", now + second);
    queue.add_at("a", now + 3 * second);
    assert_eq!(queue.next_wakeup(), Some(now + second));
    assert_eq!(popped(&mut queue, now), None);
    assert_eq!(popped(&mut queue, now + second), Some("a"));
    assert_eq!(queue.next_wakeup(), None);
}
