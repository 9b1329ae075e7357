//! GET of one object.

use super::{Registry, Target, damaged::damaged};
use crate::{cache::Object, options::Version};
use machinery::status::Status;
use std::sync::Arc;
use store::Revision;

impl Registry {
    /// The object of that name, no older than asked for; `None` if there is none.
    pub async fn find(&self, target: &Target, name: &str, version: Version) -> Result<Option<Arc<Object>>, Status> {
        self.reach(version).await?;
        let found = self.cache.collection(&target.collection()).get(&target.key(name));
        if found.is_none() && self.damaged(target, name).is_some() {
            return Err(damaged(target, name));
        }
        Ok(found)
    }

    /// The object of that name, which must be there.
    pub async fn get(&self, target: &Target, name: &str, version: Version) -> Result<Arc<Object>, Status> {
        self.find(target, name, version).await?.ok_or_else(|| target.not_found(name))
    }

    /// All objects of a collection, as they are now.
    pub async fn all(&self, target: &Target) -> Result<Vec<Arc<Object>>, Status> {
        self.cache.catch_up().await?;
        Ok(self.cache.collection(&target.collection()).list(&target.prefix()))
    }

    /// Waits until the cache is as new as asked for.
    pub(super) async fn reach(&self, version: Version) -> Result<(), Status> {
        match version {
            Version::Any => Ok(()),
            Version::MostRecent => self.cache.catch_up().await,
            Version::NotOlderThan(revision) | Version::Exact(revision) => {
                let newest = self.store.revision();
                if revision > newest.0 {
                    return Err(Status::too_large_resource_version(revision, newest.0));
                }
                self.cache.wait_for(Revision(revision)).await
            }
        }
    }
}
