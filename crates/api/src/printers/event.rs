//! Events.

use jiff::Timestamp;
use machinery::{
    meta,
    table::{Column, NAME, Printer, number, since},
};
use serde_json::Value;

pub const EVENT: Printer = Printer::Code {
    columns: &[
        Column::text("Last Seen", "How long ago this happened last."),
        Column::text("Type", "Normal or Warning."),
        Column::text("Reason", "Why this happened, for programs."),
        Column::text("Object", "The object that this is about."),
        Column::wide("Subobject", "The part of the object that this is about."),
        Column::wide("Source", "Who tells."),
        Column::text("Message", "What happened, for people."),
        Column::wide("First Seen", "How long ago this happened first."),
        Column { r#type: "integer", ..Column::wide("Count", "How often this happened.") },
        Column { priority: 1, ..NAME },
    ],
    cells,
};

fn cells(event: &Value, now: Timestamp) -> Vec<Value> {
    // `events.k8s.io` calls some fields differently.
    let either = |new: &str, old: &str| if event[new].is_null() { event[old].clone() } else { event[new].clone() };
    let (object, message) = (either("regarding", "involvedObject"), either("note", "message"));
    let (first, last) =
        (either("deprecatedFirstTimestamp", "firstTimestamp"), either("deprecatedLastTimestamp", "lastTimestamp"));
    let first = if first.is_null() { &event["eventTime"] } else { &first };
    let mut last = if last.is_null() { first } else { &last };
    let count = either("deprecatedCount", "count");
    let mut count = number(&count).max(1);
    if event["series"].is_object() {
        last = &event["series"]["lastObservedTime"];
        count = number(&event["series"]["count"]);
    }
    let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
    let target = match object["name"].as_str().unwrap_or_default() {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    vec![
        since(last, now).into(),
        event["type"].as_str().unwrap_or_default().into(),
        event["reason"].as_str().unwrap_or_default().into(),
        target.into(),
        object["fieldPath"].as_str().unwrap_or_default().into(),
        source(event).into(),
        message.as_str().unwrap_or_default().trim().into(),
        since(first, now).into(),
        count.into(),
        meta::name(event).into(),
    ]
}

/// The component and its host or instance.
fn source(event: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let old = if event["source"].is_object() { &event["source"] } else { &event["deprecatedSource"] };
    let mut parts = vec![text(&old["component"]), text(&old["host"])];
    if parts[0].is_empty() {
        parts = vec![text(&event["reportingComponent"]), text(&event["reportingInstance"])];
        if parts[0].is_empty() {
            parts[0] = text(&event["reportingController"]);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}
