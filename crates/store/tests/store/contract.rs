//! What every store promises, run against each of them.

use super::get;
use futures::{StreamExt, future::join_all};
use std::{collections::BTreeMap, sync::Arc};
use store::{Entry, Error, Event, MemoryStore, Revision, SqliteStore, Store, Write};

/// Makes a test of each case for each store.
macro_rules! contract {
    ($($case:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(super::Arc::new(super::MemoryStore::new())).await;
            })*
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                super::$case(super::Arc::new(super::SqliteStore::open(folder.path().join("db")).unwrap())).await;
            })*
        }
    };
}

contract!(
    an_empty_store_is_at_its_initial_revision,
    each_write_gets_the_next_revision,
    a_conflict_shows_the_object_as_it_is,
    a_failed_write_uses_no_revision,
    deleting_what_is_expected_to_be_absent_changes_nothing,
    a_list_holds_one_prefix_ordered_by_key,
    a_watch_tells_the_past_and_then_the_present,
    a_watch_resumes_after_any_revision,
    a_watch_of_the_future_waits_for_it,
    the_past_ends,
    a_slow_watch_misses_nothing,
    a_slow_watch_of_large_objects_misses_nothing,
    a_watch_hears_only_of_its_prefix,
    compaction_ends_watches_of_the_past_only,
    compaction_keeps_the_newest_event_and_the_objects,
    of_concurrent_creations_one_wins,
    concurrent_counting_loses_nothing,
    a_list_and_the_watch_after_it_agree_while_others_write,
);

type Subject = Arc<dyn Store>;

async fn an_empty_store_is_at_its_initial_revision(store: Subject) {
    assert_eq!(store.revision(), Revision::INITIAL);
    assert_eq!(get(&*store, "/a").await, None);
    let snapshot = store.list("").await.unwrap();
    assert_eq!((snapshot.revision, snapshot.entries), (Revision::INITIAL, vec![]));
}

async fn each_write_gets_the_next_revision(store: Subject) {
    let created = store.write(Write::create("/a", "1")).await.unwrap();
    assert_eq!(created, Revision::INITIAL.next());
    assert_eq!(get(&*store, "/a").await, Some(entry("/a", "1", created, created)));

    let modified = store.write(Write::update("/a", created, "2")).await.unwrap();
    assert_eq!(modified, created.next());
    assert_eq!(get(&*store, "/a").await, Some(entry("/a", "2", created, modified)));

    let deleted = store.write(Write::delete("/a", modified)).await.unwrap();
    assert_eq!(deleted, modified.next());
    assert_eq!(get(&*store, "/a").await, None);
    assert_eq!(store.revision(), deleted);

    let again = store.write(Write::create("/a", "3")).await.unwrap();
    assert_eq!(get(&*store, "/a").await, Some(entry("/a", "3", again, again)));
}

async fn a_conflict_shows_the_object_as_it_is(store: Subject) {
    let first = store.write(Write::create("/a", "1")).await.unwrap();
    let second = store.write(Write::update("/a", first, "2")).await.unwrap();
    let found = Some(entry("/a", "2", first, second));
    let cases = [
        (Write::create("/a", "3"), found.clone()),
        (Write::update("/a", first, "3"), found.clone()),
        (Write::update("/a", second.next(), "3"), found.clone()),
        (Write::delete("/a", first), found),
        (Write::update("/b", first, "3"), None),
        (Write::delete("/b", first), None),
    ];
    for (write, expected) in cases {
        let wanted = write.key.clone();
        match store.write(write).await {
            Err(Error::Conflict { key, current }) => assert_eq!((key, current), (wanted, expected)),
            other => panic!("expected a conflict, got {other:?}"),
        }
    }
}

async fn a_failed_write_uses_no_revision(store: Subject) {
    let first = store.write(Write::create("/a", "1")).await.unwrap();
    store.write(Write::create("/a", "2")).await.unwrap_err();
    assert_eq!(store.revision(), first);
    assert_eq!(store.write(Write::create("/b", "1")).await.unwrap(), first.next());
}

async fn deleting_what_is_expected_to_be_absent_changes_nothing(store: Subject) {
    let first = store.write(Write::create("/a", "1")).await.unwrap();
    let nothing = Write { value: None, ..Write::create("/b", "") };
    assert_eq!(store.write(nothing).await.unwrap(), first);
    assert_eq!(store.revision(), first);
}

async fn a_list_holds_one_prefix_ordered_by_key(store: Subject) {
    for key in ["/pods/b/1", "/pods/a/2", "/pods/a/1", "/podsx", "/nodes/n", "/pods/ä/1"] {
        store.write(Write::create(key, "{}")).await.unwrap();
    }
    let cases = [
        ("/pods/", vec!["/pods/a/1", "/pods/a/2", "/pods/b/1", "/pods/ä/1"]),
        ("/pods/a/", vec!["/pods/a/1", "/pods/a/2"]),
        ("/nodes/n", vec!["/nodes/n"]),
        ("/nothing", vec![]),
        ("", vec!["/nodes/n", "/pods/a/1", "/pods/a/2", "/pods/b/1", "/pods/ä/1", "/podsx"]),
    ];
    for (prefix, expected) in cases {
        let snapshot = store.list(prefix).await.unwrap();
        let keys: Vec<_> = snapshot.entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, expected, "under {prefix}");
        assert_eq!(snapshot.revision, store.revision());
    }
}

async fn a_watch_tells_the_past_and_then_the_present(store: Subject) {
    let created = store.write(Write::create("/a", "1")).await.unwrap();
    let modified = store.write(Write::update("/a", created, "2")).await.unwrap();
    let mut watch = store.watch("/", Revision::INITIAL);
    let expected = [
        Event { revision: created, key: "/a".into(), value: Some("1".into()), previous: None },
        Event {
            revision: modified,
            key: "/a".into(),
            value: Some("2".into()),
            previous: Some(entry("/a", "1", created, created)),
        },
    ];
    for event in expected {
        assert_eq!(watch.next().await.unwrap().unwrap(), event);
    }

    let deleted = store.write(Write::delete("/a", modified)).await.unwrap();
    let event = watch.next().await.unwrap().unwrap();
    assert_eq!(event.entry(), None);
    let previous = Some(entry("/a", "2", created, modified));
    assert_eq!(event, Event { revision: deleted, key: "/a".into(), value: None, previous });
}

async fn a_watch_resumes_after_any_revision(store: Subject) {
    write_many(&store, 20).await;
    for after in 1..=21 {
        let watch = store.watch("", Revision(after));
        let rest: Vec<_> =
            watch.take(21 - usize::try_from(after).unwrap()).map(|event| event.unwrap().revision).collect().await;
        assert_eq!(rest, (after + 1..=21).map(Revision).collect::<Vec<_>>());
    }
}

async fn a_watch_of_the_future_waits_for_it(store: Subject) {
    let mut watch = store.watch("", Revision(4));
    write_many(&store, 5).await;
    assert_eq!(watch.next().await.unwrap().unwrap().revision, Revision(5));
}

async fn the_past_ends(store: Subject) {
    write_many(&store, 2000).await;
    for (prefix, after, until, expected) in
        [("", 1, 1, 0), ("", 1, 1001, 1000), ("", 990, 1000, 10), ("", 1990, 2001, 11), ("/none", 1, 1001, 0)]
    {
        let told: Vec<_> = store.past(prefix, Revision(after), Revision(until)).map(Result::unwrap).collect().await;
        assert!(told.iter().all(|event| event.revision <= Revision(until)), "{prefix} {after} to {until}");
        assert_eq!(told.len(), expected, "{prefix} {after} to {until}");
    }
}

async fn a_slow_watch_misses_nothing(store: Subject) {
    let mut watch = store.watch("", Revision::INITIAL);
    write_many(&store, 1).await;
    assert_eq!(watch.next().await.unwrap().unwrap().revision, Revision(2));
    // Now it is live. Far more follows than waits for anyone.
    write_many(&store, 3000).await;
    for expected in 3..=3001 {
        assert_eq!(watch.next().await.unwrap().unwrap().revision, Revision(expected));
    }
    store.write(Write::create("/last", "1")).await.unwrap();
    watch.next().await.unwrap().unwrap();
    assert_eq!(watch.next().await.unwrap().unwrap().key, "/last");
}

async fn a_slow_watch_of_large_objects_misses_nothing(store: Subject) {
    let mut watches = [store.watch("", Revision::INITIAL), store.watch("/a", Revision::INITIAL)];
    let mut modified = store.write(Write::create("/a", "0")).await.unwrap();
    for number in 1..30 {
        let value = format!("{number}{}", "x".repeat(100_000));
        modified = store.write(Write::update("/a", modified, value)).await.unwrap();
    }
    for watch in &mut watches {
        for expected in 2..=31 {
            assert_eq!(watch.next().await.unwrap().unwrap().revision, Revision(expected));
        }
    }
}

async fn a_watch_hears_only_of_its_prefix(store: Subject) {
    let mut watch = store.watch("/pods/", Revision::INITIAL);
    for key in ["/pods/1", "/nodes/1", "/podsx", "/pods/2"] {
        store.write(Write::create(key, "{}")).await.unwrap();
    }
    assert_eq!(watch.next().await.unwrap().unwrap().key, "/pods/1");
    for key in ["/nodes/2", "/pods/3"] {
        store.write(Write::create(key, "{}")).await.unwrap();
    }
    assert_eq!(watch.next().await.unwrap().unwrap().key, "/pods/2");
    assert_eq!(watch.next().await.unwrap().unwrap().key, "/pods/3");
}

async fn compaction_ends_watches_of_the_past_only(store: Subject) {
    write_many(&store, 3000).await;
    let oldest = Revision(2501);
    store.compact(oldest).await.unwrap();
    for after in [1, 2499] {
        let mut watch = store.watch("", Revision(after));
        match watch.next().await {
            Some(Err(Error::Compacted { oldest: found })) => assert_eq!(found, oldest),
            other => panic!("expected compaction, got {other:?}"),
        }
        assert!(watch.next().await.is_none());
    }
    let mut watch = store.watch("", Revision(2500));
    assert_eq!(watch.next().await.unwrap().unwrap().revision, oldest);
    // Compacting what is compacted is no error, and brings nothing back.
    store.compact(Revision(1)).await.unwrap();
    assert!(store.watch("", Revision(2499)).next().await.unwrap().is_err());
}

async fn compaction_keeps_the_newest_event_and_the_objects(store: Subject) {
    store.compact(Revision(100)).await.unwrap();
    write_many(&store, 3).await;
    store.compact(Revision(100)).await.unwrap();
    assert_eq!(store.list("").await.unwrap().entries.len(), 1);
    assert_eq!(store.watch("", Revision(3)).next().await.unwrap().unwrap().revision, Revision(4));
    assert_eq!(store.write(Write::create("/next", "{}")).await.unwrap(), Revision(5));
}

async fn of_concurrent_creations_one_wins(store: Subject) {
    let creations = (0..32).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.write(Write::create("/a", number.to_string())).await })
    });
    let results: Vec<_> = join_all(creations).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let winner = get(&*store, "/a").await;
    for result in results.into_iter().filter_map(Result::err) {
        assert!(matches!(result, Error::Conflict { current, .. } if current == winner));
    }
}

async fn concurrent_counting_loses_nothing(store: Subject) {
    store.write(Write::create("/counter", "0")).await.unwrap();
    let counting = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..25 {
                while !increment(&store).await {}
            }
        })
    });
    join_all(counting).await.into_iter().for_each(Result::unwrap);
    assert_eq!(get(&*store, "/counter").await.unwrap().value, "200");
    assert_eq!(store.revision(), Revision(202));
}

async fn increment(store: &Subject) -> bool {
    let current = get(&**store, "/counter").await.unwrap();
    let count: u32 = std::str::from_utf8(&current.value).unwrap().parse().unwrap();
    store.write(Write::update("/counter", current.modified, (count + 1).to_string())).await.is_ok()
}

async fn a_list_and_the_watch_after_it_agree_while_others_write(store: Subject) {
    let writers = (0..4).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..100 {
                let key = format!("/{writer}/{}", number % 10);
                let current = get(&*store, &key).await;
                let write = match current {
                    None => Write::create(key, number.to_string()),
                    Some(entry) if number % 3 == 0 => Write::delete(key, entry.modified),
                    Some(entry) => Write::update(key, entry.modified, number.to_string()),
                };
                store.write(write).await.unwrap();
            }
        })
    });
    let readers = (0..4).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let snapshot = store.list("/").await.unwrap();
            let mut objects: BTreeMap<_, _> =
                snapshot.entries.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
            let mut watch = store.watch("/", snapshot.revision);
            for revision in snapshot.revision.0 + 1..=401 {
                let event = watch.next().await.unwrap().unwrap();
                assert_eq!(event.revision, Revision(revision));
                assert_eq!(event.previous, objects.remove(&event.key));
                objects.extend(event.entry().map(|entry| (event.key, entry)));
            }
            objects
        })
    });
    let (writers, readers) = (join_all(writers), join_all(readers));
    let (writers, readers) = futures::join!(writers, readers);
    writers.into_iter().for_each(Result::unwrap);
    let finally = store.list("/").await.unwrap();
    assert_eq!(finally.revision, Revision(401));
    for objects in readers {
        assert_eq!(objects.unwrap().into_values().collect::<Vec<_>>(), finally.entries);
    }
}

/// Creates or changes `/a` so many times.
async fn write_many(store: &Subject, times: usize) {
    let mut modified = get(&**store, "/a").await.map(|entry| entry.modified);
    for number in 0..times {
        let write = match modified {
            None => Write::create("/a", number.to_string()),
            Some(revision) => Write::update("/a", revision, number.to_string()),
        };
        modified = Some(store.write(write).await.unwrap());
    }
}

fn entry(key: &str, value: &'static str, created: Revision, modified: Revision) -> Entry {
    Entry { key: key.into(), value: value.into(), created, modified }
}
