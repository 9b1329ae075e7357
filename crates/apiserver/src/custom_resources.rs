//! Kinds that come and go with `CustomResourceDefinition`s: follows the definitions, gives them their names, serves what
//! they define (`k8s.io/apiextensions-apiserver/pkg/{apiserver,controller}`).

mod cleanup;
mod served;

pub use served::ServedKinds;

use crate::{
    error::Error,
    options::{ListOptions, Version},
    registry::{Registry, WatchEvent, WatchStream},
    target::Target,
};
use api::{
    custom_resources::{Names, accept, has_condition},
    kinds::{self, CUSTOM_RESOURCE_DEFINITION, defined},
};
use jiff::Timestamp;
use machinery::{meta, status::Status};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// How long the definitions are followed before they are followed anew.
const LONGEST_WATCH: Duration = Duration::from_hours(24);
/// How long to wait before what failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves the kinds that are defined, and what changes of them from then on. When this returns those of the store are
/// served.
pub async fn serve(
    registry: &Arc<Registry>,
    served: Arc<ServedKinds>,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let failed =
        |status: Status| Error::Bootstrap { object: "the kinds that are defined".into(), reason: status.to_string() };
    let mut definitions = Definitions { registry: Arc::downgrade(registry), served, names: BTreeMap::new() };
    let mut changes = watch(registry).await.map_err(failed)?;
    definitions.take_stock(&mut changes).await;
    tokio::spawn(async move { shutdown.run_until_cancelled_owned(definitions.follow(changes)).await });
    Ok(())
}

/// All definitions, and their changes.
async fn watch(registry: &Registry) -> Result<WatchStream, Status> {
    let target = Target::all(CUSTOM_RESOURCE_DEFINITION);
    registry.watch(&target, &ListOptions::state_and_changes(), LONGEST_WATCH).await
}

/// The definitions as far as they have been looked at.
struct Definitions {
    registry: Weak<Registry>,
    served: Arc<ServedKinds>,
    /// The group of each, and the names that it has been given.
    names: BTreeMap<String, Value>,
}

impl Definitions {
    async fn follow(mut self, mut changes: WatchStream) {
        loop {
            match changes.next().await {
                Some(WatchEvent::Error(_)) | None => {
                    let Some(registry) = self.registry.upgrade() else { return };
                    match watch(&registry).await {
                        Ok(anew) => {
                            changes = anew;
                            self.take_stock(&mut changes).await;
                        }
                        Err(status) => {
                            tracing::warn!(%status, "cannot follow the definitions of kinds: trying again");
                            tokio::time::sleep(PAUSE).await;
                        }
                    }
                }
                Some(event) => self.handle(&event).await,
            }
        }
    }

    /// Looks at all definitions that a watch begins with. The names that they have been given come first: who came late
    /// may stand first in the list.
    async fn take_stock(&mut self, changes: &mut WatchStream) {
        let mut found = BTreeMap::new();
        while let Some(event) = changes.next().await {
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    let definition = object.value();
                    found.insert(meta::name(&definition).to_owned(), definition);
                }
                WatchEvent::Deleted(_) | WatchEvent::Bookmark { .. } | WatchEvent::Error(_) => break,
            }
        }
        let gone: Vec<String> = self.names.keys().filter(|name| !found.contains_key(*name)).cloned().collect();
        for name in gone {
            self.served.remove(&name);
            self.names.remove(&name);
        }
        for (name, definition) in &found {
            self.names.insert(name.clone(), names_of(definition));
        }
        for definition in found.values() {
            self.look_at(definition).await;
        }
    }

    async fn handle(&mut self, event: &WatchEvent) {
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                let definition = object.value();
                let before = self.names.get(meta::name(&definition)).cloned();
                self.look_at(&definition).await;
                // A name that was let go may be another's now.
                if before.is_some_and(|before| self.names.get(meta::name(&definition)) != Some(&before)) {
                    self.look_at_others(&definition).await;
                }
            }
            WatchEvent::Deleted(object) => self.forget(&object.value()).await,
            WatchEvent::Bookmark { .. } | WatchEvent::Error(_) => {}
        }
    }

    /// Gives a definition the names that are free, and serves its kinds.
    async fn look_at(&mut self, definition: &Value) {
        let (name, uid) = (meta::name(definition), meta::uid(definition));
        let others = self.names_of_others(definition);
        let now = meta::time(Timestamp::now());
        let accepted = accept(definition, &others, &now);
        self.names.insert(name.to_owned(), names_of(&accepted));
        if has_condition(&accepted, "Established") {
            match defined(&accepted) {
                Ok(kinds) => self.served.put(name, (uid, meta::generation(&accepted)), kinds),
                Err(error) => tracing::warn!(name, %error, "what is defined cannot be served"),
            }
        }
        let Some(registry) = self.registry.upgrade() else { return };
        if accepted != *definition {
            // Said only now: who hears of it finds the kinds served.
            let target = Target::all(CUSTOM_RESOURCE_DEFINITION);
            let adjusted =
                |found: &Value| if meta::uid(found) == uid { accept(found, &others, &now) } else { found.clone() };
            if let Err(status) = registry.adjust(&target, name, adjusted).await {
                tracing::warn!(name, %status, "cannot note the names of a kind");
            }
        }
        if meta::deletion_timestamp(definition).is_some() && self.served.begin_cleanup(uid) {
            tokio::spawn(cleanup::clean_up(Arc::downgrade(&registry), name.to_owned(), uid.to_owned()));
        }
    }

    /// The names that a definition cannot have: those of the other definitions of its group and of built-in kinds.
    fn names_of_others(&self, definition: &Value) -> Names {
        let mut names = Names::default();
        let group = &definition["spec"]["group"];
        for kind in kinds::all().iter().filter(|kind| *group == *kind.group) {
            let accepted = json!({"plural": kind.plural, "singular": kind.singular(), "shortNames": kind.short_names,
                "kind": kind.kind, "listKind": kind.list_kind()});
            names.add(&json!({"status": {"acceptedNames": accepted}}));
        }
        let is_other = |name: &str, other: &Value| name != meta::name(definition) && other["spec"]["group"] == *group;
        self.names.iter().filter(|(name, other)| is_other(name, other)).for_each(|(_, other)| names.add(other));
        names
    }

    /// Serves the kinds of a definition no longer; others may have its names now.
    async fn forget(&mut self, definition: &Value) {
        let name = meta::name(definition);
        self.served.remove(name);
        self.served.end_cleanup(meta::uid(definition));
        self.names.remove(name);
        self.look_at_others(definition).await;
    }

    async fn look_at_others(&mut self, definition: &Value) {
        let Some(registry) = self.registry.upgrade() else { return };
        let group = &definition["spec"]["group"];
        let is_other = |name: &str, other: &Value| name != meta::name(definition) && other["spec"]["group"] == *group;
        let others = self.names.iter().filter(|(name, other)| is_other(name, other));
        let others: Vec<String> = others.map(|(name, _)| name.clone()).collect();
        for other in others {
            let target = Target::all(CUSTOM_RESOURCE_DEFINITION);
            if let Ok(found) = registry.get(&target, &other, Version::MostRecent).await {
                self.look_at(&found.value()).await;
            }
        }
    }
}

/// What is remembered of a definition: its group, and the names that it has been given.
fn names_of(definition: &Value) -> Value {
    let (group, names) = (&definition["spec"]["group"], &definition["status"]["acceptedNames"]);
    json!({"spec": {"group": group}, "status": {"acceptedNames": names}})
}
