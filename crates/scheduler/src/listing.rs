//! Tells apart what a watcher lists (again) from what it watches, to notice what went in between.

use kube::runtime::watcher::{Event, Result};
use std::collections::HashSet;

/// What a watcher's event means.
#[derive(Debug, PartialEq)]
pub(crate) enum News<K> {
    Applied(K),
    Gone(K),
    /// A list is complete: only the objects with these keys exist.
    Only(HashSet<String>),
}

/// Follows the events of one watcher.
#[derive(Default)]
pub(crate) struct Listing {
    listed: HashSet<String>,
    complete: bool,
}

impl Listing {
    /// Whether all objects are known.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(crate) fn follow<K>(&mut self, event: Event<K>, key: impl Fn(&K) -> Option<String>) -> Option<News<K>> {
        match event {
            Event::Init => {
                self.listed.clear();
                None
            }
            Event::InitApply(object) => {
                self.listed.extend(key(&object));
                Some(News::Applied(object))
            }
            Event::InitDone => {
                self.complete = true;
                Some(News::Only(std::mem::take(&mut self.listed)))
            }
            Event::Apply(object) => Some(News::Applied(object)),
            Event::Delete(object) => Some(News::Gone(object)),
        }
    }
}

/// A watch's event. One that failed is resumed by itself.
pub(crate) fn received<K>(event: Result<Event<K>>) -> Option<Event<K>> {
    event.inspect_err(|error| tracing::warn!(%error, "the scheduler's watch failed and is resumed")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_new_list_the_others_are_known_to_be_gone() {
        let mut listing = Listing::default();
        let mut follow = |event| listing.follow(event, |name: &&str| Some((*name).to_owned()));
        assert_eq!(follow(Event::Init), None);
        assert_eq!(follow(Event::InitApply("a")), Some(News::Applied("a")));
        assert_eq!(follow(Event::InitDone), Some(News::Only(["a".to_owned()].into())));
        assert_eq!(follow(Event::Apply("b")), Some(News::Applied("b")));
        assert_eq!(follow(Event::Delete("b")), Some(News::Gone("b")));
        assert_eq!(follow(Event::Init), None);
        assert_eq!(follow(Event::InitApply("c")), Some(News::Applied("c")));
        assert_eq!(follow(Event::InitDone), Some(News::Only(["c".to_owned()].into())));
        assert!(listing.is_complete());
    }
}
