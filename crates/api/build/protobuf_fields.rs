//! Renders the tables that `protobuf` reads.

use crate::{
    go_fields::{Entry, GoFields},
    tables,
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write};

/// What a row says after its number.
enum Row<'a> {
    /// The place of a field among those of the type in the order of their names.
    Field(usize),
    Embedded(&'a [Entry]),
}

/// Renders the statics of messages that `definitions.rs` includes. The messages of the definitions come first, in the order of
/// the definitions; the embedded ones follow.
pub fn render(definitions: &BTreeMap<String, Value>, known: &GoFields) -> String {
    let structs = tables::structs(definitions);
    let mut messages: Vec<(&str, &[Entry])> = structs.keys().map(|name| (*name, known[*name].as_slice())).collect();
    let (mut starts, mut rows, mut count) = (Vec::new(), String::new(), 0);
    let mut next = 0;
    while next < messages.len() {
        let (name, entries) = messages[next];
        starts.push(count);
        for (number, row) in self::rows(&definitions[name], entries) {
            let entry = match row {
                Row::Field(place) => format!("Entry::Field({place})"),
                Row::Embedded(entries) => {
                    messages.push((name, entries));
                    format!("Entry::Embedded({})", messages.len() - 1)
                }
            };
            let _ = write!(rows, "({number},{entry}),");
            count += 1;
        }
        next += 1;
    }
    starts.push(count);
    format!(
        "static MESSAGE_STARTS: [u16; {}] = {starts:?};\nstatic ENTRY_ROWS: [(u16, Entry); {count}] = [{rows}];\n",
        starts.len()
    )
}

/// The rows of a message, in the order of the numbers.
fn rows<'a>(schema: &Value, entries: &'a [Entry]) -> Vec<(u16, Row<'a>)> {
    let mut names: Vec<&String> =
        schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
    names.sort_unstable();
    let row = |entry: &'a Entry| match entry {
        Entry::Field(field) => (field.number, Row::Field(names.binary_search(&&field.name).expect("the field exists"))),
        Entry::Embedded(number, entries) => (*number, Row::Embedded(entries)),
    };
    let mut rows: Vec<_> = entries.iter().map(row).filter(|(number, _)| *number > 0).collect();
    rows.sort_unstable_by_key(|(number, _)| *number);
    assert!(rows.is_sorted_by(|a, b| a.0 < b.0), "go_fields.txt: a number occurs twice");
    rows
}
