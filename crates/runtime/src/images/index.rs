//! The index: which references name which images, and what each image consists of.

use super::{
    Error, ImageReference, Result,
    digest::{Digest, is_hexadecimal},
    layout::Layout,
    unsettled::Unsettled,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
};

/// Digits that an abbreviated image id must have, as many as listings show.
const SHORTEST_ID: usize = 12;

/// The content of `index.json`. An image is in the store if and only if it is here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Index {
    /// Normalized tags, and the id of the image that each names.
    pub references: BTreeMap<String, Digest>,
    /// Images by id.
    pub images: BTreeMap<Digest, Record>,
}

/// What the index knows of an image; the rest is in its config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// `name@sha256:...` by which it can be pulled again.
    pub repo_digests: BTreeSet<String>,
    /// Its manifest, if it came with one.
    pub manifest: Option<Digest>,
    /// Diff ids, bottom to top.
    pub layers: Vec<Digest>,
    /// Bytes that its files take.
    pub size: u64,
    /// Set until its files are known to have reached the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<Unsettled>,
}

impl Index {
    /// The index on disk: whole at any time, without a lock.
    pub fn read(layout: &Layout) -> Result<Self> {
        let path = layout.index();
        let json = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            json => json.map_err(|error| Error::io("reading", &path, error))?,
        };
        serde_json::from_slice(&json).map_err(|error| Error::corrupted(path.display().to_string(), error))
    }

    /// Replaces the index on disk; the caller has its lock.
    pub fn write(&self, layout: &Layout) -> Result<()> {
        let path = layout.index();
        let json = serde_json::to_vec(self).map_err(|error| Error::corrupted(path.display().to_string(), error))?;
        Layout::write(&path, &json, true)
    }

    /// The id of the image that `name` (a reference, a repo digest or an id, also abbreviated) stands for.
    pub fn find(&self, name: &str) -> Result<Option<&Digest>> {
        let hex = name.strip_prefix("sha256:").unwrap_or(name);
        if hex.len() >= SHORTEST_ID && hex.bytes().all(is_hexadecimal) {
            let mut matching = self.images.keys().filter(|id| id.hex().starts_with(hex));
            if let (Some(id), None) = (matching.next(), matching.next()) {
                return Ok(Some(id));
            }
            if name != hex || hex.len() == 64 {
                return Ok(None);
            }
        }
        let reference: ImageReference = name.parse()?;
        let normalized = reference.to_string();
        if reference.digest().is_none() {
            return Ok(self.references.get(&normalized));
        }
        Ok(self.images.iter().find(|(_, record)| record.repo_digests.contains(&normalized)).map(|(id, _)| id))
    }

    /// The tags that name an image, in order.
    pub fn references_to(&self, id: &Digest) -> Vec<String> {
        self.references.iter().filter(|(_, named)| *named == id).map(|(reference, _)| reference.clone()).collect()
    }

    /// Adds an image, or what is new of one that is known, and lets `references` name it from now on.
    pub fn insert(&mut self, id: Digest, mut record: Record, references: &[ImageReference]) {
        for reference in references {
            self.references.insert(reference.to_string(), id.clone());
        }
        if let Some(known) = self.images.get(&id) {
            record.repo_digests.extend(known.repo_digests.iter().cloned());
            record.manifest = record.manifest.or_else(|| known.manifest.clone());
            record.unsettled.clone_from(&known.unsettled);
        }
        self.images.insert(id, record);
    }

    /// Takes `name` away. The image goes with its last tag; named by id or repo digest, it goes with all of them.
    ///
    /// Returns what no longer names anything, and the image if it is gone; `None` if `name` names no image.
    pub fn remove(&mut self, name: &str) -> Result<Option<(Vec<String>, Option<Digest>)>> {
        let Some(id) = self.find(name)?.cloned() else { return Ok(None) };
        let references = self.references_to(&id);
        let tag = name.parse::<ImageReference>().ok().map(|reference| reference.to_string());
        if let Some(tag) = tag.filter(|tag| references.len() > 1 && references.contains(tag)) {
            self.references.remove(&tag);
            return Ok(Some((vec![tag], None)));
        }
        self.references.retain(|_, named| *named != id);
        let record = self.images.remove(&id);
        let digests = record.into_iter().flat_map(|record| record.repo_digests);
        Ok(Some((references.into_iter().chain(digests).collect(), Some(id))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(repo_digests: &[&str]) -> Record {
        let repo_digests = repo_digests.iter().map(ToString::to_string).collect();
        Record { repo_digests, manifest: None, layers: vec![Digest::of(b"layer")], size: 7, unsettled: None }
    }

    fn references(names: &[&str]) -> Vec<ImageReference> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn repo_digest(content: &[u8]) -> String {
        format!("docker.io/library/one@{}", Digest::of(content))
    }

    fn index() -> Index {
        let mut index = Index::default();
        index.insert(Digest::of(b"1"), record(&[&repo_digest(b"manifest")]), &references(&["one", "uno:v1"]));
        index.insert(Digest::of(b"2"), record(&[]), &references(&["two"]));
        index
    }

    #[test]
    fn images_are_found_by_every_name_they_have() {
        let index = index();
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        let table = [
            ("one", Some(&one)),
            ("docker.io/library/one:latest", Some(&one)),
            ("uno:v1", Some(&one)),
            ("uno", None),
            (one.as_str(), Some(&one)),
            (one.hex(), Some(&one)),
            (&one.hex()[..12], Some(&one)),
            (&one.hex()[..11], None),
            ("two", Some(&two)),
            (&repo_digest(b"manifest"), Some(&one)),
            (&repo_digest(b"other"), None),
            ("sha256:0000000000000000000000000000000000000000000000000000000000000000", None),
        ];
        for (name, expected) in table {
            assert_eq!(index.find(name).unwrap(), expected, "{name}");
        }
        assert!(index.find("No/Such").is_err());
    }

    #[test]
    fn an_image_goes_with_its_last_tag() {
        let mut index = index();
        let (untagged, deleted) = index.remove("uno:v1").unwrap().unwrap();
        assert_eq!((untagged, deleted), (vec!["docker.io/library/uno:v1".to_owned()], None));
        let (untagged, deleted) = index.remove("one").unwrap().unwrap();
        assert_eq!(untagged, ["docker.io/library/one:latest".to_owned(), repo_digest(b"manifest")]);
        assert_eq!(deleted, Some(Digest::of(b"1")));
        assert_eq!(index.remove("one").unwrap(), None);
        assert_eq!(index.images.len(), 1);
    }

    #[test]
    fn by_id_an_image_goes_with_all_its_tags() {
        let mut index = index();
        let (untagged, deleted) = index.remove(Digest::of(b"1").as_str()).unwrap().unwrap();
        assert_eq!(untagged.len(), 3);
        assert_eq!(deleted, Some(Digest::of(b"1")));
    }

    #[test]
    fn a_tag_moves_to_the_newer_image_and_the_older_one_stays() {
        let mut index = index();
        index.insert(Digest::of(b"3"), record(&[]), &references(&["two"]));
        assert_eq!(index.find("two").unwrap(), Some(&Digest::of(b"3")));
        assert_eq!(index.references_to(&Digest::of(b"2")), Vec::<String>::new());
        assert!(index.images.contains_key(&Digest::of(b"2")));
    }

    #[test]
    fn loading_an_image_again_keeps_what_was_known_of_it() {
        let mut index = index();
        index.insert(Digest::of(b"1"), record(&["docker.io/x/y@sha256:1"]), &references(&["x/y"]));
        assert_eq!(index.images[&Digest::of(b"1")].repo_digests.len(), 2);
        assert_eq!(index.references_to(&Digest::of(b"1")).len(), 3);
    }
}
