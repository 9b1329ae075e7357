//! What a worker before this one left of a pod: one of an earlier run of the node, or one that broke.

use super::{
    inheritance::Inheritance,
    merge::Listing,
    parts::Parts,
    record_file::{PodRecord, load},
};
use crate::{
    blocking,
    directories::PodDirectory,
    pod::{Exit, SandboxState},
};
use runtime::Sandbox;

/// What a pod's folder tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Folder {
    /// What the node knew of the pod when it wrote last.
    Recorded,
    /// No record that can be read: a crash while the folder was made, or while it was removed.
    HalfMade,
}

/// Whether the pod's supervisor answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Supervisor {
    /// It is the one of the record.
    Noted,
    /// It was started after the record was written last.
    Unnoted,
    Gone,
}

/// What is to be done about a pod that is found on the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Adoption {
    /// The sandbox goes on: containers keep their ids, nothing counts as a restart.
    Attach,
    /// Record and volumes are taken over, the sandbox counts as dead.
    Revive,
    /// What is there is removed; a pod that is wanted begins anew.
    Remove,
}

/// Decides from the state of the folder, of the supervisor, and whether the API server has such a pod for this node.
fn reconcile(folder: Folder, supervisor: Supervisor, is_wanted: bool) -> Adoption {
    match (is_wanted, folder, supervisor) {
        (true, Folder::Recorded, Supervisor::Noted) => Adoption::Attach,
        (true, Folder::Recorded, Supervisor::Unnoted | Supervisor::Gone) => Adoption::Revive,
        (false, ..) | (true, Folder::HalfMade, _) => Adoption::Remove,
    }
}

/// A pod as it is found on the node.
pub struct Leftover {
    pub uid: String,
    directory: PodDirectory,
    record: Option<PodRecord>,
    sandbox: Option<Sandbox>,
}

impl Leftover {
    /// Reads the pod's folder and looks for its supervisor.
    pub async fn find(parts: &Parts, uid: String) -> Self {
        let directory = parts.directory.pod(&uid);
        let loaded = directory.clone();
        let record = blocking::run(move || load(&loaded)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, uid, "cannot read a pod's record");
            None
        });
        let sandbox = parts.sandboxes.attach(&directory).await.unwrap_or_else(|error| {
            tracing::warn!(%error, uid, "cannot attach to a pod's supervisor");
            None
        });
        Self { uid, directory, record, sandbox }
    }

    /// Ends and removes what nobody wants; hands over the rest.
    pub async fn settle(self, parts: &Parts, is_wanted: bool) -> Option<Inheritance> {
        let folder = if self.record.is_some() { Folder::Recorded } else { Folder::HalfMade };
        let adoption = reconcile(folder, self.supervisor(), is_wanted);
        tracing::info!(uid = self.uid, ?adoption, "found a pod that another worker left");
        match adoption {
            Adoption::Attach => Some(self.attach(parts).await),
            Adoption::Revive => Some(self.revive(parts).await),
            Adoption::Remove => {
                let record = self.record.unwrap_or_default();
                // What cannot be stopped keeps its folder, by which the next start finds it.
                let stopped = parts.sandboxes.stop(self.sandbox.as_ref(), &self.directory, &record.cgroup).await;
                if stopped.is_ok() {
                    parts.remover.remove_pod(&self.uid, &self.directory, &record.observed.containers).await;
                }
                None
            }
        }
    }

    fn supervisor(&self) -> Supervisor {
        let noted = self.record.as_ref().and_then(|record| record.observed.sandbox.as_ref());
        match (&self.sandbox, noted) {
            (None, _) => Supervisor::Gone,
            (Some(alive), Some(noted)) if alive.id() == noted.id => Supervisor::Noted,
            (Some(_), _) => Supervisor::Unnoted,
        }
    }

    async fn attach(self, parts: &Parts) -> Inheritance {
        let asked_at = parts.clock.now();
        let listing = match &self.sandbox {
            Some(sandbox) => sandbox.containers().await.ok().map(|states| Listing { asked_at, states }),
            None => None,
        };
        let observed = self.record.unwrap_or_default().observed;
        Inheritance { observed, sandbox: self.sandbox, is_unstopped: false, listing }
    }

    async fn revive(self, parts: &Parts) -> Inheritance {
        let PodRecord { cgroup, mut observed } = self.record.unwrap_or_default();
        // The pod's next sandbox needs the same cgroup: what is left of this one is in its way until it is gone.
        let stopped = parts.sandboxes.stop(self.sandbox.as_ref(), &self.directory, &cgroup).await;
        if let Some(sandbox) = &mut observed.sandbox {
            sandbox.state = SandboxState::NotReady;
        }
        let now = parts.clock.now();
        let alive: Vec<_> = observed.live().map(|record| record.id.clone()).collect();
        for id in alive {
            observed.container_exited(&id, Exit::lost(None, now));
        }
        let is_unstopped = stopped.is_err();
        Inheritance { observed, sandbox: self.sandbox.filter(|_| is_unstopped), is_unstopped, listing: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_attached_revived_or_removed() {
        use Adoption::{Attach, Remove, Revive};
        use Folder::{HalfMade, Recorded};
        use Supervisor::{Gone, Noted, Unnoted};
        for (folder, supervisor, is_wanted, adoption) in [
            (Recorded, Noted, true, Attach),
            (Recorded, Unnoted, true, Revive),
            (Recorded, Gone, true, Revive),
            (HalfMade, Unnoted, true, Remove),
            (HalfMade, Gone, true, Remove),
            (Recorded, Noted, false, Remove),
            (Recorded, Gone, false, Remove),
            (HalfMade, Unnoted, false, Remove),
        ] {
            assert_eq!(reconcile(folder, supervisor, is_wanted), adoption, "{folder:?} {supervisor:?} {is_wanted}");
        }
    }
}
