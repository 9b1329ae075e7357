//! The schemas of documents: those that the build script compressed, one package of definitions each, and those that came
//! with their kinds.

use super::{
    custom::{self, Version},
    names::{self, SCHEMAS},
};
use crate::{
    catalog::Catalog,
    kind::{Kind, Schema},
    schema::Tables,
};
use flate2::read::DeflateDecoder;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Read,
};

/// Where schemas are found by their names.
pub(super) struct Schemas<'a> {
    tables: Option<&'static Tables>,
    /// Kinds that came at run time, and whether the name is that of their lists.
    custom: HashMap<String, (&'a Kind, bool)>,
    version: Version,
}

/// The names that a JSON text refers to, each behind the prefix.
pub(super) fn references(text: &str, prefix: &str) -> BTreeSet<String> {
    let names = text.split(prefix).skip(1).filter_map(|rest| rest.split('"').next());
    names.map(ToOwned::to_owned).collect()
}

impl<'a> Schemas<'a> {
    pub(super) fn of(served: &'a Catalog, version: Version) -> Self {
        let kinds = served.iter().filter(|kind| matches!(kind.schema, Schema::Custom(_)));
        let entries = |kind: &'a Kind| {
            let entry = |name: Option<String>, is_list| name.map(|name| (name, (kind, is_list)));
            [entry(names::of(kind), false), entry(names::of_list(kind), true)].into_iter().flatten()
        };
        Self { tables: served.tables(), custom: kinds.flat_map(entries).collect(), version }
    }

    /// These schemas and all that they refer to, as JSON texts.
    pub(super) fn closure(&self, names: BTreeSet<String>) -> BTreeMap<String, String> {
        let mut packages: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut found = BTreeMap::new();
        let mut left: Vec<String> = names.into_iter().collect();
        while let Some(name) = left.pop() {
            if found.contains_key(&name) {
                continue;
            }
            let schema = self
                .custom
                .get(&name)
                .and_then(|(kind, is_list)| custom::schema(kind, *is_list, self.version))
                .or_else(|| {
                    let package = name.rsplit_once('.')?.0;
                    packages.entry(package.to_owned()).or_insert_with(|| self.unpack(package)).remove(&name)
                });
            if let Some(schema) = schema {
                left.extend(references(&schema, SCHEMAS));
                found.insert(name, schema);
            }
        }
        found
    }

    fn unpack(&self, package: &str) -> BTreeMap<String, String> {
        let documents = self.tables.map_or(&[][..], |tables| tables.documents);
        let compressed = documents.iter().find(|(name, _)| *name == package).map_or(&[][..], |(_, bytes)| bytes);
        let mut text = String::new();
        // The bytes are part of the program; a test reads them all.
        if DeflateDecoder::new(compressed).read_to_string(&mut text).is_err() {
            return BTreeMap::new();
        }
        text.lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(name, schema)| (name.into(), schema.into()))
            .collect()
    }
}
