//! Reads `protobuf_fields.txt`, holds it against the schemas and renders the tables that `protobuf` reads.

use crate::{merge_facts::full_name, tables};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write, str::SplitWhitespace};

/// The fields of one message.
type Message = Vec<(u16, Entry)>;

/// What a field number stands for.
enum Entry {
    /// A field of the type, by its place among the fields in the order of their names.
    Field { place: usize, pointer: bool },
    /// A struct that Go embeds.
    Embedded(Message),
}

/// Renders the statics that `protobuf/fields.rs` includes. Panics if a line names a type or field that does not exist.
pub fn render(definitions: &BTreeMap<String, Value>) -> String {
    let structs = tables::structs(definitions);
    let mut messages: Vec<Message> = structs.keys().map(|_| Message::new()).collect();
    let lines = include_str!("protobuf_fields.txt").lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>();
    let joined = lines.join("\n").replace("\n  ", " ");
    for line in joined.lines().filter(|line| !line.trim().is_empty()) {
        let (name, fields) = line.split_once(": ").unwrap_or_else(|| panic!("no colon in {line:?}"));
        let name = full_name(name);
        let number =
            structs.get(name.as_str()).unwrap_or_else(|| panic!("protobuf_fields.txt: there is no type {name}"));
        let properties: Vec<&str> = definitions[&name]["properties"]
            .as_object()
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        assert!(messages[*number].is_empty(), "protobuf_fields.txt: {name} occurs twice");
        messages[*number] = message(&name, &properties, &mut fields.split_whitespace());
    }
    rows(messages)
}

/// Reads up to the closing brace or the end of the line.
fn message(name: &str, properties: &[&str], words: &mut SplitWhitespace<'_>) -> Message {
    let mut message = Message::new();
    while let Some(word) = words.next().filter(|word| *word != "}") {
        let (left, right) = word.split_once('=').unwrap_or_else(|| panic!("protobuf_fields.txt: {name}: {word}"));
        let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("protobuf_fields.txt: {name}: {word}"));
        if right == "{" {
            message.push((number(left), Entry::Embedded(self::message(name, properties, words))));
            continue;
        }
        let field = left.trim_start_matches('*');
        let mut sorted = properties.to_vec();
        sorted.sort_unstable();
        let place = sorted
            .binary_search(&field)
            .unwrap_or_else(|_| panic!("protobuf_fields.txt: there is no field {name}.{field}"));
        message.push((number(right), Entry::Field { place, pointer: left.starts_with('*') }));
    }
    message.sort_unstable_by_key(|(number, _)| *number);
    assert!(message.is_sorted_by(|a, b| a.0 < b.0), "protobuf_fields.txt: {name}: a number occurs twice");
    message
}

/// The messages of the definitions come first, in the order of the definitions; the embedded ones follow.
fn rows(mut messages: Vec<Message>) -> String {
    let (mut starts, mut rows, mut count) = (Vec::new(), String::new(), 0);
    let mut next = 0;
    while next < messages.len() {
        starts.push(count);
        for (number, entry) in std::mem::take(&mut messages[next]) {
            let entry = match entry {
                Entry::Field { place, pointer } => format!("Entry::Field{{place:{place},pointer:{pointer}}}"),
                Entry::Embedded(embedded) => {
                    messages.push(embedded);
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
