//! What `SQLite` adds to the contract: files that are opened again, shared, newer or damaged.

use futures::StreamExt;
use rusqlite::Connection;
use std::fs;
use store::{Error, Revision, SqliteStore, Store, Write};

#[tokio::test]
async fn a_reopened_store_continues_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = SqliteStore::open(&path).unwrap();
    let created = store.write(Write::create("/a", "1")).await.unwrap();
    let deleted = store.write(Write::delete("/a", created)).await.unwrap();
    drop(store);

    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.revision(), deleted);
    let history: Vec<_> =
        store.watch("", Revision::INITIAL).take(2).map(|event| event.unwrap().revision).collect().await;
    assert_eq!(history, [created, deleted]);
    assert_eq!(store.write(Write::create("/a", "2")).await.unwrap(), deleted.next());
}

#[tokio::test]
async fn a_revision_is_not_used_again_after_compaction() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = SqliteStore::open(&path).unwrap();
    let created = store.write(Write::create("/a", "1")).await.unwrap();
    let deleted = store.write(Write::delete("/a", created)).await.unwrap();
    store.compact(deleted.next()).await.unwrap();
    drop(store);

    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.write(Write::create("/a", "2")).await.unwrap(), deleted.next());
}

#[test]
fn a_second_store_on_the_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let first = SqliteStore::open(&path).unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(Error::InUse { path: found }) if found == path));
    drop(first);
    SqliteStore::open(&path).unwrap();
}

#[test]
fn a_newer_file_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(Error::Newer { found: 7, known: 1, .. })));
}

#[test]
fn a_file_that_is_no_database_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    fs::write(&path, "this is not a database, though it is long enough to have been one".repeat(100)).unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(Error::Damaged { .. })));
}

#[tokio::test]
async fn damaged_tables_are_reported_and_not_taken_for_empty() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = SqliteStore::open(&path).unwrap();
    store.write(Write::create("/a", "{}")).await.unwrap();
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xff);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(Error::Damaged { .. })));
}

#[tokio::test]
async fn people_can_read_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = SqliteStore::open(&path).unwrap();
    store.write(Write::create("/pods/default/a", r#"{"kind":"Pod"}"#)).await.unwrap();

    // While the store is open, as a curious user would.
    let reader = Connection::open(&path).unwrap();
    let kind = "SELECT value ->> 'kind' FROM objects WHERE key = '/pods/default/a'";
    assert_eq!(reader.query_row(kind, (), |row| row.get::<_, String>(0)).unwrap(), "Pod");
    let last = "SELECT value ->> '$.kind', previous FROM history ORDER BY revision DESC LIMIT 1";
    let last = reader.query_row(last, (), |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)));
    assert_eq!(last.unwrap(), ("Pod".into(), None));
}

/// The bound of the log: what makes it start over, and what is written while a checkpoint is under way.
const LONGEST_LOG: u64 = 56 << 20;

#[tokio::test]
async fn the_log_does_not_grow_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("db")).unwrap();
    let log = || fs::metadata(folder.path().join("db-wal")).unwrap().len();
    let mut revision = store.write(Write::create("/a", "x".repeat(100_000))).await.unwrap();
    // 150 MB go through it.
    for number in 0..500 {
        let value = format!("{number}{}", "x".repeat(100_000));
        revision = store.write(Write::update("/a", revision, value)).await.unwrap();
        assert!(log() < LONGEST_LOG, "the log has {} bytes after {number} writes", log());
    }
}

#[tokio::test]
async fn the_history_is_bounded_in_bytes_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let value = |number: usize| format!("{number}{}", "x".repeat(500_000));
    let mut store = SqliteStore::open(&path).unwrap();
    let mut revision = store.write(Write::create("/a", value(0))).await.unwrap();
    for number in 1..120 {
        if number == 70 {
            drop(store);
            store = SqliteStore::open(&path).unwrap();
        }
        revision = store.write(Write::update("/a", revision, value(number))).await.unwrap();
    }
    // An event carries two values: what fits in 64 MiB are 67.
    let mut watch = store.watch("", Revision::INITIAL);
    assert!(
        matches!(watch.next().await, Some(Err(Error::Compacted { oldest })) if oldest == Revision(revision.0 - 66))
    );
}

#[tokio::test]
async fn a_row_that_cannot_be_read_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let store = SqliteStore::open(&path).unwrap();
    for key in ["/a", "/b", "/c", "/d"] {
        store.write(Write::create(key, "{}")).await.unwrap();
    }
    drop(store);
    let spoil = "UPDATE objects SET modified = -1 WHERE key = '/b';
        UPDATE objects SET key = CAST(x'2fff' AS TEXT) WHERE key = '/c';
        UPDATE history SET key = CAST(x'2fff' AS TEXT) WHERE key = '/c';";
    Connection::open(&path).unwrap().execute_batch(spoil).unwrap();

    let store = SqliteStore::open(&path).unwrap();
    let keys: Vec<_> = store.list("").await.unwrap().entries.into_iter().map(|entry| entry.key).collect();
    assert_eq!(keys, ["/a", "/d"]);
    let seen: Vec<_> = store.watch("", Revision::INITIAL).take(3).map(|event| event.unwrap().key).collect().await;
    assert_eq!(seen, ["/a", "/b", "/d"]);
    // Writers who share a transaction do not share what is wrong with one key.
    let (bad, good) =
        futures::join!(store.write(Write::update("/b", Revision(3), "{}")), store.write(Write::create("/e", "{}")));
    assert!(matches!(bad, Err(Error::Database { .. })));
    good.unwrap();
}
