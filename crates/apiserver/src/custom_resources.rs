//! Kinds that come and go with `CustomResourceDefinition`s: follows the definitions, gives them their names, serves what
//! they define (`k8s.io/apiextensions-apiserver/pkg/{apiserver,controller}`).

mod cleanup;
mod served;

pub use served::ServedKinds;

use crate::{
    error::Error,
    options::ListOptions,
    registry::{Registry, WatchEvent, WatchStream},
    target::Target,
};
use api::{
    custom_resources::{Names, accept, has_condition},
    kinds::{CUSTOM_RESOURCE_DEFINITION, defined},
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
    while let Some(event) = changes.next().await {
        if matches!(event, WatchEvent::Bookmark { .. }) {
            break;
        }
        definitions.handle(&event).await;
    }
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
                        Ok(anew) => changes = anew,
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

    async fn handle(&mut self, event: &WatchEvent) {
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => self.look_at(&object.value()).await,
            WatchEvent::Deleted(object) => self.forget(&object.value()).await,
            WatchEvent::Bookmark { .. } | WatchEvent::Error(_) => {}
        }
    }

    /// Gives a definition the names that are free, and serves its kinds.
    async fn look_at(&mut self, definition: &Value) {
        let name = meta::name(definition);
        let others = self.names_of_others(definition);
        let now = meta::time(Timestamp::now());
        let accepted = accept(definition, &others, &now);
        let group = &definition["spec"]["group"];
        let names = json!({"spec": {"group": group}, "status": {"acceptedNames": accepted["status"]["acceptedNames"]}});
        self.names.insert(name.to_owned(), names);
        if has_condition(&accepted, "Established") {
            match defined(&accepted) {
                Ok(kinds) => self.served.put(name, meta::generation(&accepted), kinds),
                Err(error) => tracing::warn!(name, %error, "what is defined cannot be served"),
            }
        }
        let Some(registry) = self.registry.upgrade() else { return };
        if accepted != *definition {
            // Said only now: who hears of it finds the kinds served.
            let target = Target::all(CUSTOM_RESOURCE_DEFINITION);
            let done = registry.adjust(&target, name, |found| accept(found, &others, &now)).await;
            if let Err(status) = done {
                tracing::warn!(name, %status, "cannot note the names of a kind");
            }
        }
        if meta::deletion_timestamp(definition).is_some() && self.served.begin_cleanup(name) {
            tokio::spawn(cleanup::clean_up(Arc::downgrade(&registry), Arc::clone(&self.served), accepted));
        }
    }

    fn names_of_others(&self, definition: &Value) -> Names {
        let mut names = Names::default();
        let is_other = |name: &str, other: &Value| {
            name != meta::name(definition) && other["spec"]["group"] == definition["spec"]["group"]
        };
        self.names.iter().filter(|(name, other)| is_other(name, other)).for_each(|(_, other)| names.add(other));
        names
    }

    /// Serves the kinds of a definition no longer; others may have its names now.
    async fn forget(&mut self, definition: &Value) {
        let name = meta::name(definition);
        self.served.remove(name);
        self.names.remove(name);
        let Some(registry) = self.registry.upgrade() else { return };
        let group = &definition["spec"]["group"];
        let others = self.names.iter().filter(|(_, other)| other["spec"]["group"] == *group);
        let others: Vec<String> = others.map(|(name, _)| name.clone()).collect();
        for other in others {
            let target = Target::all(CUSTOM_RESOURCE_DEFINITION);
            if let Ok(found) = registry.get(&target, &other, crate::options::Version::MostRecent).await {
                self.look_at(&found.value()).await;
            }
        }
    }
}
