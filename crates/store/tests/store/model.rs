//! Random operations, compared with a model that is simple enough to be believed.

use futures::StreamExt;
use proptest::prelude::*;
use std::collections::BTreeMap;
use store::{Entry, Error, Event, MemoryStore, Revision, SqliteStore, Store, Write};
use tokio::runtime::Runtime;

#[derive(Clone, Debug)]
enum Operation {
    Create {
        key: u8,
        value: u16,
    },
    /// Expects the object as it was `stale` of its key's changes ago.
    Update {
        key: u8,
        stale: bool,
        value: u16,
    },
    Delete {
        key: u8,
        stale: bool,
    },
    Compact {
        back: u8,
    },
    /// Closes the store and opens it again, if it can be.
    Reopen,
}

fn operation() -> impl Strategy<Value = Operation> {
    let (key, stale) = (0..6u8, prop::bool::weighted(0.2));
    prop_oneof![
        4 => (key.clone(), any::<u16>()).prop_map(|(key, value)| Operation::Create { key, value }),
        4 => (key.clone(), stale, any::<u16>())
            .prop_map(|(key, stale, value)| Operation::Update { key, stale, value }),
        2 => (key, stale).prop_map(|(key, stale)| Operation::Delete { key, stale }),
        1 => any::<u8>().prop_map(|back| Operation::Compact { back: back % 20 }),
        1 => Just(Operation::Reopen),
    ]
}

/// The model: a map, and all events that ever were.
#[derive(Default)]
struct Model {
    objects: BTreeMap<String, Entry>,
    events: Vec<Event>,
    oldest: u64,
}

impl Model {
    fn revision(&self) -> Revision {
        Revision(1 + self.events.len() as u64)
    }

    fn write(&mut self, write: &Write, expected: Option<Revision>) -> Result<Revision, Option<Entry>> {
        let current = self.objects.get(&write.key).cloned();
        if current.as_ref().map(|entry| entry.modified) != expected {
            return Err(current);
        }
        let revision = self.revision().next();
        let event = Event { revision, key: write.key.clone(), value: write.value.clone(), previous: current.clone() };
        match write.value.clone() {
            None => self.objects.remove(&write.key),
            Some(value) => {
                let created = current.map_or(revision, |entry| entry.created);
                self.objects
                    .insert(write.key.clone(), Entry { key: write.key.clone(), value, created, modified: revision })
            }
        };
        self.events.push(event);
        Ok(revision)
    }

    /// The write that an operation means here, and the revision it expects.
    fn plan(&self, operation: &Operation) -> Option<(Write, Option<Revision>)> {
        let expected = |key: &str, stale: bool| {
            let modified = self.objects.get(key).map_or(Revision(1), |entry| entry.modified);
            if stale { Revision(modified.0 - 1) } else { modified }
        };
        Some(match operation {
            Operation::Create { key, value } => (Write::create(format!("/{key}"), value.to_string()), None),
            Operation::Update { key, stale, value } => {
                let key = format!("/{key}");
                let revision = expected(&key, *stale);
                (Write::update(key, revision, value.to_string()), Some(revision))
            }
            Operation::Delete { key, stale } => {
                let key = format!("/{key}");
                let revision = expected(&key, *stale);
                (Write::delete(key, revision), Some(revision))
            }
            Operation::Compact { .. } | Operation::Reopen => return None,
        })
    }
}

async fn compare(
    mut store: Box<dyn Store>,
    reopen: impl Fn(Box<dyn Store>) -> Box<dyn Store>,
    operations: Vec<Operation>,
) {
    let mut model = Model { oldest: 2, ..Model::default() };
    for operation in operations {
        match &operation {
            Operation::Reopen => store = reopen(store),
            Operation::Compact { back } => {
                let before = Revision(model.revision().0.saturating_sub(u64::from(*back)));
                store.compact(before).await.unwrap();
                if !model.events.is_empty() {
                    model.oldest = model.oldest.max(before.0);
                }
            }
            _ => {
                let (write, expected) = model.plan(&operation).unwrap();
                let result = store.write(write.clone()).await.map_err(|error| match error {
                    Error::Conflict { current, .. } => current,
                    other => panic!("{operation:?}: {other}"),
                });
                assert_eq!(result, model.write(&write, expected), "{operation:?}");
            }
        }
        check(&*store, &model).await;
    }
}

async fn check(store: &dyn Store, model: &Model) {
    assert_eq!(store.revision(), model.revision());
    let snapshot = store.list("/").await.unwrap();
    assert_eq!(snapshot.revision, model.revision());
    assert_eq!(snapshot.entries, model.objects.values().cloned().collect::<Vec<_>>());
    let known: Vec<_> = model.events.iter().filter(|event| event.revision.0 >= model.oldest).cloned().collect();
    let watched: Vec<_> =
        store.watch("/", Revision(model.oldest - 1)).take(known.len()).map(Result::unwrap).collect().await;
    assert_eq!(watched, known);
    if model.oldest > 2 {
        let compacted = store.watch("/", Revision(model.oldest - 2)).next().await;
        assert!(matches!(compacted, Some(Err(Error::Compacted { oldest })) if oldest.0 == model.oldest));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn the_memory_store_behaves_like_the_model(operations in prop::collection::vec(operation(), 0..60)) {
        Runtime::new().unwrap().block_on(compare(Box::new(MemoryStore::new()), |store| store, operations));
    }

    #[test]
    fn the_sqlite_store_behaves_like_the_model(operations in prop::collection::vec(operation(), 0..60)) {
        let folder = tempfile::tempdir().unwrap();
        let open = || Box::new(SqliteStore::open(folder.path().join("db")).unwrap());
        let reopen = |store: Box<dyn Store>| -> Box<dyn Store> {
            drop(store);
            open()
        };
        Runtime::new().unwrap().block_on(compare(open(), reopen, operations));
    }
}
