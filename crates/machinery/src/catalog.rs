//! The kinds that a server serves at one moment.

use crate::{
    kind::{Kind, Subresource},
    schema::Tables,
};
use std::cmp::Ordering;

/// The kinds that a server serves: looked up by path or by `apiVersion` and `kind`, listed in the order of discovery.
/// It never changes; when kinds come or go, a new one takes its place.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// In the order of discovery.
    kinds: Vec<Kind>,
    /// Sorted by group, version, plural.
    by_resource: Vec<Kind>,
    /// Sorted by group, version, kind.
    by_kind: Vec<Kind>,
    /// Which subresources are served; all of them if that is not said.
    serves: Option<Serves>,
}

/// Whether a subresource of a kind is served.
pub type Serves = fn(&Kind, &Subresource) -> bool;

impl Catalog {
    /// The kind behind a path `/apis/{group}/{version}/{plural}`.
    #[must_use]
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Kind> {
        search(&self.by_resource, |kind| resource(kind).cmp(&(group, version, plural)))
    }

    /// The kind that an object with this `apiVersion` and `kind` has.
    #[must_use]
    pub fn find_kind(&self, group: &str, version: &str, kind: &str) -> Option<&Kind> {
        search(&self.by_kind, |row| identity(row).cmp(&(group, version, kind)))
    }

    /// The subresources of a kind that are served.
    pub fn subresources<'a>(&self, kind: &'a Kind) -> impl Iterator<Item = &'a Subresource> + use<'a> {
        let serves = self.serves;
        kind.subresources.iter().filter(move |subresource| serves.is_none_or(|serves| serves(kind, subresource)))
    }

    /// The subresource of that name, if it is served.
    #[must_use]
    pub fn subresource<'a>(&self, kind: &'a Kind, name: &str) -> Option<&'a Subresource> {
        self.subresources(kind).find(|subresource| subresource.name == name)
    }

    /// The catalog of a server that does not serve all subresources.
    #[must_use]
    pub fn serving(self, serves: Serves) -> Self {
        Self { serves: Some(serves), ..self }
    }

    /// The tables that say what objects of built-in kinds and all metadata look like; none if there is no kind.
    #[must_use]
    pub fn tables(&self) -> Option<&'static Tables> {
        self.kinds.first().map(|kind| kind.tables())
    }

    /// All of them, in the order of discovery: groups as they came, the preferred version of a resource first.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter()
    }

    /// The catalog with more kinds, behind those that it has.
    #[must_use]
    pub fn with(&self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        Self { serves: self.serves, ..self.iter().cloned().chain(kinds).collect() }
    }

    /// The catalog without kinds.
    #[must_use]
    pub fn without(&self, kinds: &[Kind]) -> Self {
        Self { serves: self.serves, ..self.iter().filter(|kind| !kinds.contains(kind)).cloned().collect() }
    }
}

impl PartialEq for Catalog {
    fn eq(&self, other: &Self) -> bool {
        self.kinds == other.kinds
    }
}

impl Eq for Catalog {}

impl FromIterator<Kind> for Catalog {
    /// Of kinds that share a path the first is found.
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        let kinds: Vec<Kind> = kinds.into_iter().collect();
        let (mut by_resource, mut by_kind) = (kinds.clone(), kinds.clone());
        by_resource.sort_by(|a, b| resource(a).cmp(&resource(b)));
        by_resource.dedup_by(|a, b| resource(a) == resource(b));
        by_kind.sort_by(|a, b| identity(a).cmp(&identity(b)));
        by_kind.dedup_by(|a, b| identity(a) == identity(b));
        Self { kinds, by_resource, by_kind, serves: None }
    }
}

fn search(sorted: &[Kind], compare: impl Fn(&Kind) -> Ordering) -> Option<&Kind> {
    sorted.binary_search_by(compare).ok().and_then(|index| sorted.get(index))
}

fn resource(kind: &Kind) -> (&str, &str, &str) {
    (&kind.group, &kind.version, &kind.plural)
}

fn identity(kind: &Kind) -> (&str, &str, &str) {
    (&kind.group, &kind.version, &kind.kind)
}
