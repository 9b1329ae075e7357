//! Power failures: an image is usable at once, but counts after one only if its files had reached the disk before.
//!
//! Waiting for the disk would cost seconds on a busy machine. Instead the index remembers in which boot the files were
//! written, until a thread in the background has synchronized them (syncfs(2)).

use super::{Error, Result, index::Index, layout::Layout};
use std::{fs::File, thread};

/// Drops images whose files were not known to be on the disk when an earlier boot ended; returns their ids.
pub(super) fn drop_lost(index: &mut Index, boot: &str) -> Vec<String> {
    let lost = index.images.extract_if(.., |_, record| record.unsettled.as_ref().is_some_and(|when| when.boot != boot));
    let lost: Vec<_> = lost.map(|(id, _)| id).collect();
    index.references.retain(|_, id| !lost.contains(id));
    lost.into_iter().map(String::from).collect()
}

/// Synchronizes what needs it, in a thread of its own. Should the process end before, the next open will do it.
pub(super) fn in_background(layout: Layout) {
    let settled = thread::Builder::new().name("image-settle".to_owned()).spawn(move || {
        if let Err(error) = settle(&layout) {
            tracing::debug!(%error, "images are not known to be safe on disk");
        }
    });
    if let Err(error) = settled {
        tracing::debug!(%error, "no thread to synchronize images");
    }
}

fn settle(layout: &Layout) -> Result<()> {
    let before = Index::read(layout)?;
    if before.images.values().all(|record| record.unsettled.is_none()) {
        return Ok(());
    }
    let root = File::open(layout.root()).map_err(|error| Error::io("opening", layout.root(), error))?;
    rustix::fs::syncfs(&root).map_err(|error| Error::io("syncing", layout.root(), error))?;
    let _lock = layout.lock_index()?;
    let mut index = Index::read(layout)?;
    mark_settled(&mut index, &before);
    index.write(layout)
}

/// What was unsettled `before` the disk was synchronized is settled now, unless it has been written again since.
fn mark_settled(index: &mut Index, before: &Index) {
    for (id, record) in &mut index.images {
        if before.images.get(id).is_some_and(|before| before.unsettled == record.unsettled) {
            record.unsettled = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{digest::Digest, index::Record, unsettled::Unsettled},
        *,
    };
    use std::collections::BTreeSet;

    fn unsettled(boot: &str, writing: &str) -> Unsettled {
        Unsettled { boot: boot.to_owned(), writing: writing.to_owned() }
    }

    fn index(images: [(&str, Option<Unsettled>); 3]) -> Index {
        let mut index = Index::default();
        for (name, unsettled) in images {
            let record =
                Record { repo_digests: BTreeSet::new(), manifest: None, layers: Vec::new(), size: 0, unsettled };
            index.insert(Digest::of(name.as_bytes()), record, &[name.parse().unwrap()]);
        }
        index
    }

    #[test]
    fn images_that_had_not_reached_the_disk_are_lost_with_the_boot() {
        let mut index =
            index([("safe", None), ("new", Some(unsettled("now", "1"))), ("lost", Some(unsettled("before", "1")))]);
        assert_eq!(drop_lost(&mut index, "now"), [Digest::of(b"lost").to_string()]);
        let left: Vec<_> = index.references.keys().map(String::as_str).collect();
        assert_eq!(left, ["docker.io/library/new:latest", "docker.io/library/safe:latest"]);
        assert_eq!(drop_lost(&mut index, "now"), Vec::<String>::new());
    }

    #[test]
    fn what_is_written_while_the_disk_is_synchronized_is_not_settled() {
        let before =
            index([("safe", None), ("same", Some(unsettled("now", "1"))), ("again", Some(unsettled("now", "2")))]);
        let mut now =
            index([("safe", None), ("same", Some(unsettled("now", "1"))), ("again", Some(unsettled("now", "3")))]);
        mark_settled(&mut now, &before);
        let settled = |name: &str| now.images[&Digest::of(name.as_bytes())].unsettled.is_none();
        assert_eq!(["safe", "same", "again"].map(settled), [true, true, false]);
    }
}
