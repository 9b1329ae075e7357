//! LIST: a page of the objects that selectors let through.

use super::{Registry, Target, continuations::Objects, selection::Selectors};
use crate::{
    cache::Object,
    options::{ListOptions, Version},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use machinery::status::Status;
use std::sync::Arc;
use store::Revision;

/// What a list answers.
pub struct List {
    /// The state that the objects belong to.
    pub revision: Revision,
    /// The objects of this page.
    pub objects: Vec<Arc<Object>>,
    /// If there are more.
    pub next: Option<Page>,
}

/// The rest of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// What the client sends to get it.
    pub token: String,
    /// How many objects it holds; unknown if a selector was given.
    pub remaining: Option<usize>,
}

impl Registry {
    /// The objects of a collection.
    pub async fn list(&self, target: &Target, options: &ListOptions) -> Result<List, Status> {
        let selectors = Selectors::parse(&target.kind, options)?;
        let prefix = target.prefix();
        let (revision, all, start) = if options.continue_token.is_empty() {
            let (revision, all) = self.state(target, &prefix, options.version).await?;
            (revision, all, String::new())
        } else {
            let (revision, start) = read_token(&options.continue_token)?;
            let all = self.continuations.find(&prefix, revision).ok_or_else(expired)?;
            (revision, all, start)
        };
        let first = all.partition_point(|object| object.key.as_str() <= start.as_str());
        let rest = all.get(first..).unwrap_or_default();
        let mut matching = rest.iter().filter(|object| selectors.match_object(object));
        if options.limit == 0 {
            return Ok(List { revision, objects: matching.cloned().collect(), next: None });
        }
        let objects: Vec<_> = matching.by_ref().take(options.limit).cloned().collect();
        let left = matching.count();
        let next = objects.last().filter(|_| left > 0).map(|last| Page {
            token: write_token(revision, &last.key),
            remaining: selectors.is_empty().then_some(left),
        });
        if next.is_some() {
            self.continuations.remember(prefix, revision, all);
        }
        Ok(List { revision, objects, next })
    }

    async fn state(&self, target: &Target, prefix: &str, version: Version) -> Result<(Revision, Objects), Status> {
        self.reach(version).await?;
        // The revision is read first: the objects may be newer than it says, and a watch from it misses nothing.
        let revision = self.cache.revision();
        if let Version::Exact(wanted) = version
            && wanted != revision.0
        {
            let wanted = Revision(wanted);
            return self.continuations.find(prefix, wanted).map(|all| (wanted, all)).ok_or_else(expired);
        }
        Ok((revision, Arc::new(self.cache.collection(&target.collection()).list(prefix))))
    }
}

fn expired() -> Status {
    Status::expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
    )
}

fn write_token(revision: Revision, last_key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{revision}:{last_key}"))
}

fn read_token(token: &str) -> Result<(Revision, String), Status> {
    let invalid = || Status::bad_request("continue key is not valid");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
    let text = String::from_utf8(bytes).map_err(|_| invalid())?;
    let (revision, key) = text.split_once(':').ok_or_else(invalid)?;
    Ok((Revision(revision.parse().map_err(|_| invalid())?), key.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_as_they_were() {
        let token = write_token(Revision(7), "core/pods/a/b");
        assert_eq!(read_token(&token).unwrap(), (Revision(7), "core/pods/a/b".to_string()));
        for broken in ["", "*", "YQ", &URL_SAFE_NO_PAD.encode("x:y")] {
            assert!(read_token(broken).is_err(), "{broken}");
        }
    }
}
