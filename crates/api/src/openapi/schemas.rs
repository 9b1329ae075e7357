//! The schemas that the build script compressed, one package of definitions each.

use flate2::read::DeflateDecoder;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

include!(concat!(env!("OUT_DIR"), "/packages.rs"));

/// What references to schemas begin with.
pub(super) const SCHEMAS: &str = "#/components/schemas/";

/// Changes whenever a schema does.
pub(super) fn hash() -> &'static str {
    SCHEMAS_HASH
}

/// The names that a JSON text refers to, each behind the prefix.
pub(super) fn references(text: &str, prefix: &str) -> BTreeSet<String> {
    let names = text.split(prefix).skip(1).filter_map(|rest| rest.split('"').next());
    names.map(ToOwned::to_owned).collect()
}

/// These schemas and all that they refer to, as JSON texts.
pub(super) fn closure(names: BTreeSet<String>) -> BTreeMap<String, String> {
    let mut packages: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    let mut left: Vec<String> = names.into_iter().collect();
    while let Some(name) = left.pop() {
        let Some((package, _)) = name.rsplit_once('.') else { continue };
        let definitions = packages.entry(package.to_owned()).or_insert_with(|| unpack(package));
        // What is taken out was met before.
        if let Some(schema) = definitions.remove(&name) {
            left.extend(references(&schema, SCHEMAS));
            found.insert(name, schema);
        }
    }
    found
}

fn unpack(package: &str) -> BTreeMap<String, String> {
    let compressed = PACKAGES.iter().find(|(name, _)| *name == package).map_or(&[][..], |(_, bytes)| bytes);
    let mut text = String::new();
    // The bytes are part of the program; a test reads them all.
    if DeflateDecoder::new(compressed).read_to_string(&mut text).is_err() {
        return BTreeMap::new();
    }
    text.lines().filter_map(|line| line.split_once('\t')).map(|(name, schema)| (name.into(), schema.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_schema_is_json_and_refers_to_schemas_that_exist() {
        let schemas: BTreeMap<_, _> = PACKAGES.iter().flat_map(|(package, _)| unpack(package)).collect();
        assert!(schemas.len() > 500, "{}", schemas.len());
        for (name, text) in &schemas {
            serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            for reference in references(text, SCHEMAS) {
                assert!(schemas.contains_key(&reference), "{name} refers to {reference}");
            }
        }
    }

    #[test]
    fn a_closure_has_what_is_referred_to_and_no_more() {
        let name = "io.k8s.api.core.v1.ConfigMap".to_owned();
        let names: Vec<_> = closure([name, "no.such.Thing".into()].into()).into_keys().collect();
        assert_eq!(
            names,
            [
                "io.k8s.api.core.v1.ConfigMap",
                "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
                "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
                "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
                "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
                "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
            ]
        );
    }
}
