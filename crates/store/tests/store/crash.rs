//! `kill -9` in the middle of writes: nothing acknowledged is lost, and revisions never go back.

use super::get;
use futures::future::join_all;
use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};
use store::{Revision, SqliteStore, Store, Write};

const PATH: &str = "MINKE_STORE_CRASH_PATH";
const ROUNDS: u64 = 20;
const WRITERS: usize = 8;

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut acknowledged = BTreeMap::new();
    let mut last = Revision::INITIAL;
    for round in 0..ROUNDS {
        // Uneven pauses, so that the kill hits every phase of a commit.
        let pause = Duration::from_micros(20_000 + (round * 7919) % 30_000);
        for (key, revision) in write_until_killed(&path, pause) {
            assert!(revision > last, "revision {revision} was given out before the kill");
            acknowledged.insert(key, revision);
        }
        let store = SqliteStore::open(&path).unwrap();
        for (key, revision) in &acknowledged {
            // A writer goes on with its key: what is there is what was acknowledged, or one that came after.
            let entry = get(&store, key).await.expect("an acknowledged object is there");
            assert!(entry.modified >= *revision, "{key} fell back to {}", entry.modified);
            assert!(is_whole(&entry.value), "{key} holds {:?}", entry.value);
        }
        last = store.revision();
        assert!(acknowledged.values().all(|revision| *revision <= last));
    }
    assert!(!acknowledged.is_empty(), "no child came as far as writing");
}

/// Whether a value is as the child writes it: `{"after":NUMBER}`.
fn is_whole(value: &[u8]) -> bool {
    let text = std::str::from_utf8(value).unwrap();
    let number = text.strip_prefix("{\"after\":").and_then(|rest| rest.strip_suffix('}'));
    number.is_some_and(|number| number.parse::<u64>().is_ok())
}

/// Runs the child below, kills it a while after its first acknowledgement, and returns all that it printed.
fn write_until_killed(path: &Path, pause: Duration) -> Vec<(String, Revision)> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::child_that_writes", "--ignored", "--nocapture"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let first = lines.by_ref().find(|line| acknowledgement(line).is_some());
    let rest = thread::spawn(move || lines.collect::<Vec<_>>());
    thread::sleep(pause);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut rest = rest.join().unwrap();
    // The kill may have cut the last line short, or left an acknowledgement unprinted: that is as if it were not given.
    rest.pop();
    first.iter().chain(&rest).filter_map(|line| acknowledgement(line)).collect()
}

fn acknowledgement(line: &str) -> Option<(String, Revision)> {
    let (key, revision) = line.strip_prefix("acknowledged ")?.split_once(' ')?;
    Some((key.into(), Revision(revision.parse().ok()?)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of what_was_acknowledged_survives_a_kill"]
async fn child_that_writes() {
    let store = SqliteStore::open(env::var_os(PATH).expect("run by its parent")).unwrap();
    join_all((0..WRITERS).map(|writer| write_forever(&store, format!("/{writer}")))).await;
}

async fn write_forever(store: &SqliteStore, key: String) {
    let mut modified = get(store, &key).await.map(|entry| entry.modified);
    loop {
        let value = format!("{{\"after\":{}}}", modified.unwrap_or_default());
        let write = match modified {
            None => Write::create(&key, value),
            Some(revision) => Write::update(&key, revision, value),
        };
        let revision = store.write(write).await.unwrap();
        println!("acknowledged {key} {revision}");
        modified = Some(revision);
    }
}
