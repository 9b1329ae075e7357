//! The house as ARCHITECTURE.md draws it: which crate may use which, and no two modules that use each other.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/modules.rs"]
mod modules;
#[path = "architecture/table.rs"]
mod table;

use std::{collections::BTreeSet, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn crates_use_what_the_table_allows() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = table::rows(&map);
    let (allowed, crates) = (table::allowed(&rows), table::crates(&root().join("crates")));
    let drawn: BTreeSet<_> = allowed.keys().cloned().collect();
    let there: BTreeSet<_> = crates.keys().cloned().collect();
    assert_eq!(drawn, there, "the crates in ARCHITECTURE.md and those in crates/");
    for (name, uses) in &crates {
        let too_many: Vec<_> = uses.iter().filter(|used| !allowed[name].contains(*used)).collect();
        assert!(too_many.is_empty(), "{name} uses {too_many:?}, which ARCHITECTURE.md does not allow");
    }
}

#[test]
fn the_table_points_one_way() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = table::rows(&map);
    for (index, row) in rows.iter().enumerate() {
        let above: BTreeSet<_> = rows[..index].iter().map(|row| row.name.clone()).collect();
        for used in row.uses.iter().filter(|used| *used != "all") {
            assert!(above.contains(used), "{} may use {used}, which does not stand above it in the table", row.name);
        }
    }
}

/// Crates whose modules are one recursion as yet: the parts of an interpreter call each other. To be taken apart.
const RECURSIVE: [&str; 1] = ["expressions"];

#[test]
fn no_two_modules_use_each_other() {
    let mut found = Vec::new();
    for folder in table::folders(&root().join("crates")) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if RECURSIVE.contains(&name.as_str()) {
            continue;
        }
        let uses = modules::uses(&folder.join("src"));
        found.extend(circles::find(&uses).into_iter().map(|circle| format!("{name}: {circle}")));
    }
    assert!(found.is_empty(), "modules that use each other:\n{}", found.join("\n"));
}
