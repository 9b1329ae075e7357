//! Objects, lists and watch events as JSON in the form that a client asked for.

use crate::{
    cache::Object,
    negotiation::{Form, Include},
    registry::{List, WatchEvent},
};
use api::TABLES;
use bytes::Bytes;
use jiff::Timestamp;
use machinery::{conversion, kind::Kind, serializer, status::Status, table};
use serde_json::{Value, json};

/// How objects of one kind are shown to one client.
#[derive(Clone)]
pub struct Presentation {
    /// In the version that the client speaks.
    pub kind: Kind,
    /// The form it asked for.
    pub form: Form,
    /// For ages.
    pub now: Timestamp,
}

impl Presentation {
    /// One object as it is in the cache.
    pub fn object(&self, object: &Object) -> Bytes {
        match self.form {
            // What schemas of custom kinds know and fill in may have changed since.
            Form::Object if self.kind.is_stored() && self.kind.is_built_in() => object.json.clone(),
            _ => text(&self.value(self.converted(object))),
        }
    }

    /// One object, already in the client's version.
    pub fn value(&self, object: Value) -> Value {
        match self.form {
            Form::Object => object,
            Form::Metadata => partial(&object),
            Form::Table(include) => self.table(&[object], include, &json!({}), true),
        }
    }

    /// The text of one object, already in the client's version.
    pub fn text(&self, object: Value) -> Bytes {
        text(&self.value(object))
    }

    /// A list.
    pub fn list(&self, list: &List) -> Bytes {
        let mut metadata = json!({ "resourceVersion": list.revision.to_string() });
        if let Some(next) = &list.next {
            metadata["continue"] = next.token.clone().into();
            if let Some(remaining) = next.remaining {
                metadata["remainingItemCount"] = remaining.into();
            }
        }
        let values = || list.objects.iter().map(|object| self.converted(object));
        match self.form {
            Form::Table(include) => {
                let values: Vec<_> = values().collect();
                text(&self.table(&values, include, &metadata, true))
            }
            Form::Metadata => {
                let items: Vec<_> = values().map(|value| partial(&value)).collect();
                text(
                    &json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items}),
                )
            }
            Form::Object => self.list_of(&metadata, list.objects.iter().map(|object| self.object(object))),
        }
    }

    /// Whole objects need no parsing: the list is put together from their texts.
    fn list_of(&self, metadata: &Value, items: impl Iterator<Item = Bytes>) -> Bytes {
        let (kind, version) = (self.kind.list_kind(), self.kind.api_version());
        let head = format!(r#"{{"kind":"{kind}","apiVersion":"{version}","metadata":{metadata},"items":["#);
        let mut list = head.into_bytes();
        for (index, item) in items.enumerate() {
            if index > 0 {
                list.push(b',');
            }
            list.extend_from_slice(&item);
        }
        list.extend_from_slice(b"]}");
        list.into()
    }

    /// One line of a watch. `first`: a table's columns are told once.
    pub fn event(&self, event: &WatchEvent, first: bool) -> Bytes {
        let line = |name: &str, object: &[u8]| {
            let mut line = format!(r#"{{"type":"{name}","object":"#).into_bytes();
            line.extend_from_slice(object);
            line.extend_from_slice(b"}\n");
            Bytes::from(line)
        };
        let object = |object: &Object| match self.form {
            Form::Table(include) => text(&self.table(&[self.converted(object)], include, &json!({}), first)),
            _ => self.object(object),
        };
        match event {
            WatchEvent::Added(added) => line("ADDED", &object(added)),
            WatchEvent::Modified(modified) => line("MODIFIED", &object(modified)),
            WatchEvent::Deleted(deleted) => line("DELETED", &object(deleted)),
            WatchEvent::Error(status) => line("ERROR", &status_text(status)),
            WatchEvent::Bookmark { revision, initial_events_end } => {
                let mut metadata = json!({"resourceVersion": revision.to_string(), "creationTimestamp": null});
                if *initial_events_end {
                    metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
                }
                let (kind, version) = match self.form {
                    Form::Object => (&*self.kind.kind, self.kind.api_version()),
                    Form::Metadata => ("PartialObjectMetadata", "meta.k8s.io/v1".into()),
                    Form::Table(_) => ("Table", "meta.k8s.io/v1".into()),
                };
                line("BOOKMARK", &text(&json!({"kind": kind, "apiVersion": version, "metadata": metadata})))
            }
        }
    }

    fn table(&self, objects: &[Value], include: Include, metadata: &Value, columns: bool) -> Value {
        let printer = &self.kind.behaviour.printer;
        let rows: Vec<_> = objects
            .iter()
            .map(|object| {
                let cells = printer.cells(object, self.now);
                match include {
                    Include::None => json!({ "cells": cells }),
                    Include::Metadata => json!({ "cells": cells, "object": partial(object) }),
                    Include::Object => json!({ "cells": cells, "object": object }),
                }
            })
            .collect();
        let definitions: Vec<_> = printer.columns().iter().filter(|_| columns).map(definition).collect();
        json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": definitions, "rows": rows})
    }

    fn converted(&self, object: &Object) -> Value {
        conversion::present(object.value(), &self.kind)
    }
}

fn definition(column: &table::Column<'_>) -> Value {
    json!({"name": column.name, "type": column.r#type, "format": column.format, "description": column.description, "priority": column.priority})
}

fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// A Status as JSON.
pub fn status_text(status: &Status) -> Bytes {
    serde_json::to_vec(status).unwrap_or_default().into()
}

fn text(value: &Value) -> Bytes {
    serializer::to_json(&TABLES, value).into()
}
