//! The versions of a definition. What all versions have alike is told as if it stood beside them, as Kubernetes does,
//! which keeps it so.

use super::{columns, dialect, label_errors, rules, structure};
use machinery::{
    field::{Error, ErrorList, Path},
    schema::Structural,
};
use serde::Deserialize;
use serde_json::Value;

/// Everything about versions.
pub fn validate(spec: &Value, path: &Path) -> ErrorList {
    let versions: &[Value] = spec["versions"].as_array().map_or(&[], Vec::as_slice);
    let place = path.child("versions");
    let mut errors = ErrorList::new();
    for (index, version) in versions.iter().enumerate() {
        let name = version["name"].as_str().unwrap_or_default();
        errors.extend(label_errors(name, &place.index(index).child("name")));
        if version["schema"]["openAPIV3Schema"].is_null() {
            let path = place.index(index).child("schema").child("openAPIV3Schema");
            errors.push(Error::required(&path, "schemas are required"));
        }
    }
    let alike = |field: &str| versions.windows(2).all(|pair| pair[0].get(field) == pair[1].get(field));
    for (field, hoisted, check) in PARTS {
        if alike(field) {
            errors.extend(versions.first().into_iter().flat_map(|version| check(version, &path.child(hoisted))));
        } else {
            let each = versions.iter().enumerate();
            errors.extend(each.flat_map(|(index, version)| check(version, &place.index(index).child(field))));
        }
    }
    let repeated =
        |(index, version): (usize, &Value)| versions[..index].iter().any(|other| other["name"] == version["name"]);
    let listed = || Value::Array(versions.to_vec());
    if versions.iter().enumerate().any(repeated) {
        errors.push(Error::invalid(&place, listed(), "must contain unique version names"));
    }
    if versions.iter().filter(|version| version["storage"] == true).count() != 1 {
        errors.push(Error::invalid(&place, listed(), "must have exactly one version marked as storage version"));
    }
    errors
}

/// A part of a version: its field, where it is told if it is alike in all versions, what is wrong with it.
type Part = (&'static str, &'static str, fn(&Value, &Path) -> ErrorList);

const PARTS: [Part; 4] = [
    ("schema", "validation", schema),
    ("subresources", "subresources", |version, path| columns::subresources(&version["subresources"], path)),
    ("additionalPrinterColumns", "additionalPrinterColumns", |version, path| {
        columns::columns(&version["additionalPrinterColumns"], path)
    }),
    ("selectableFields", "selectableFields", |version, path| {
        columns::selectable(&version["selectableFields"], &version["schema"]["openAPIV3Schema"], path)
    }),
];

fn schema(version: &Value, path: &Path) -> ErrorList {
    let schema = &version["schema"]["openAPIV3Schema"];
    if schema.is_null() {
        return ErrorList::new();
    }
    let path = path.child("openAPIV3Schema");
    if let Err(error) = Structural::deserialize(schema) {
        return vec![Error::invalid(&path, "", format!("error building validator: {error}"))];
    }
    let mut errors = dialect::validate(schema, &path);
    errors.extend(structure::validate(schema, &path));
    // Expressions are checked against types, which only a schema that is right has.
    if errors.is_empty() {
        errors.extend(rules::validate(schema, &path));
    }
    errors
}
