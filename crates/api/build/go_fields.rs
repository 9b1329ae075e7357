//! Reads `go_fields.txt` and holds it against the schemas.

use crate::{merge_facts::full_name, tables};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    str::SplitWhitespace,
};

/// What is known of the fields of a struct, by its name.
pub type GoFields = BTreeMap<String, Vec<Entry>>;

/// One field, or several in a struct that Go embeds.
pub enum Entry {
    Field(Field),
    Embedded(u16, Vec<Self>),
}

/// What Go says of a field.
pub struct Field {
    pub name: String,
    /// In protobuf; 0 if it is not in there.
    pub number: u16,
    /// Go holds a pointer.
    pub pointer: bool,
    /// JSON has it even if it is empty.
    pub always: bool,
}

/// Panics if the file and the schemas do not have the same types with the same fields.
pub fn read(definitions: &BTreeMap<String, Value>) -> GoFields {
    let lines = include_str!("go_fields.txt").lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>();
    let joined = lines.join("\n").replace("\n  ", " ");
    let mut known = GoFields::new();
    for line in joined.lines().filter(|line| !line.trim().is_empty()) {
        let (name, fields) = line.split_once(':').unwrap_or_else(|| panic!("go_fields.txt: no colon in {line:?}"));
        known.insert(full_name(name), entries(name, &mut fields.split_whitespace()));
    }
    for name in tables::structs(definitions).keys() {
        let entries = known.get(*name).unwrap_or_else(|| panic!("go_fields.txt: {name} is missing"));
        let properties = definitions[*name]["properties"].as_object();
        let ours: BTreeSet<&str> = properties.into_iter().flatten().map(|(field, _)| field.as_str()).collect();
        let theirs: BTreeSet<&str> = in_order(entries).iter().map(|field| field.name.as_str()).collect();
        assert_eq!(ours, theirs, "go_fields.txt: {name}");
    }
    known
}

/// The fields of a struct and of what it embeds, in Go's order.
pub fn in_order(entries: &[Entry]) -> Vec<&Field> {
    let mut fields = Vec::new();
    for entry in entries {
        match entry {
            Entry::Field(field) => fields.push(field),
            Entry::Embedded(_, entries) => fields.extend(in_order(entries)),
        }
    }
    fields
}

/// Reads up to the closing brace or the end of the line.
fn entries(of: &str, words: &mut SplitWhitespace<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    while let Some(word) = words.next().filter(|word| *word != "}") {
        let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("go_fields.txt: {of}: {word}"));
        entries.push(match word.split_once('=') {
            Some((left, "{")) => Entry::Embedded(number(left), self::entries(of, words)),
            Some((name, right)) => Entry::Field(field(name, number(right))),
            None => Entry::Field(field(word, 0)),
        });
    }
    entries
}

fn field(marked: &str, number: u16) -> Field {
    let name = marked.trim_start_matches(['*', '!']);
    let marks = &marked[..marked.len() - name.len()];
    Field { name: name.to_owned(), number, pointer: marks.contains('*'), always: marks.contains('!') }
}
