//! The table of crates in ARCHITECTURE.md, and what the crates' manifests say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A row: a crate and what it may use.
pub struct Row {
    pub name: String,
    pub uses: Vec<String>,
}

/// The rows of the table whose lines begin with a link to a crate: name, meaning, may use, where to begin.
pub fn rows(map: &str) -> Vec<Row> {
    map.lines().filter(|line| line.starts_with("| [`")).map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<_> = line.split('|').map(str::trim).collect();
    let [_, name, _, uses, ..] = cells[..] else { panic!("a row of the crates' table lacks cells: {line}") };
    let name = name.split('`').nth(1).expect("a name in backquotes").to_owned();
    let uses = uses.split(',').map(str::trim).filter(|used| *used != "-").map(str::to_owned).collect();
    Row { name, uses }
}

/// What each crate may use.
pub fn allowed(rows: &[Row]) -> BTreeMap<String, BTreeSet<String>> {
    let names: BTreeSet<_> = rows.iter().map(|row| row.name.clone()).collect();
    let of = |row: &Row| match &row.uses[..] {
        [all] if all == "all" => names.clone(),
        uses => uses.iter().cloned().collect(),
    };
    rows.iter().map(|row| (row.name.clone(), of(row))).collect()
}

/// The folders of the crates.
pub fn folders(crates: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(crates).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.join("Cargo.toml").exists()).collect();
    folders.sort();
    folders
}

/// The crates of ours that each crate's program or library uses; what only its tests use is left out.
pub fn crates(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let manifests = folders(folder).into_iter().map(|path| fs::read_to_string(path.join("Cargo.toml")).unwrap());
    let manifests: Vec<_> = manifests.map(|text| (name(&text), dependencies(&text))).collect();
    let ours: BTreeSet<_> = manifests.iter().map(|(name, _)| name.clone()).collect();
    let of_ours = |all: BTreeSet<String>| all.intersection(&ours).cloned().collect();
    manifests.into_iter().map(|(name, all)| (name, of_ours(all))).collect()
}

fn name(manifest: &str) -> String {
    let line = manifest.lines().find(|line| line.starts_with("name = ")).expect("a package has a name");
    line.split('"').nth(1).unwrap().to_owned()
}

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split(['.', ' ', '=']).next()).map(str::to_owned).collect()
}
