//! Server-side apply (KEP-555): merging what a manager wants into an object, and remembering who set which field.
//! Source: `sigs.k8s.io/structured-merge-diff/v6/merge`, `k8s.io/apimachinery/pkg/util/managedfields`.

mod difference;
mod field_set;
mod last_applied;
mod manager;
mod shape;
mod typed;
mod walk;

pub use typed::check;

use crate::{
    meta,
    schema::Definition,
    serializer::{self},
    status::Status,
};
use difference::{Difference, compare};
use field_set::FieldSet;
use jiff::Timestamp;
use last_applied::KUBECTL;
use manager::{Entry, Identity, Operation};
use serde_json::{Value, json};
use shape::Shape;

/// Who had set the fields of an object that nobody was known to manage when it was first applied.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Who says nothing of itself.
const UNKNOWN: &str = "unknown";

/// Metadata that the server sets, which nobody owns.
const UNOWNED_METADATA: [&str; 9] = [
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
    "deletionTimestamp",
];

/// Who writes an object, and how.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// Query parameter `fieldManager`, or what the user agent says.
    pub manager: &'a str,
    /// Subresource that is written; empty for the object itself.
    pub subresource: &'a str,
    /// Time of the write.
    pub now: Timestamp,
}

/// The live object, whose kind has `definition`, with the fields of `applied` put in, those that the manager applied
/// before and does not any more taken out, and the managers of all fields noted. No live object: it is created.
/// `applied` is as it was written, and has passed [`check`]. A 409 names the conflicts if fields of other managers would
/// change and `force` is not set.
pub fn apply(
    definition: Definition<'_>,
    live: Option<&Value>,
    applied: &Value,
    writer: Writer<'_>,
    force: bool,
) -> Result<Value, Status> {
    if !applied["metadata"]["managedFields"].is_null() {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    let shape = Shape::Struct(definition);
    let nothing = json!({});
    let live = live.unwrap_or(&nothing);
    let identity = writer.identity(Operation::Apply, applied);
    let mut entries = Entry::read(live);
    if entries.is_empty() {
        entries.extend(before_first_apply(live, shape));
    }
    let mine =
        entries.iter().position(|entry| entry.identity.is_same_manager(&identity)).map(|index| entries.remove(index));
    let fields = owned_fields(walk::fields_of(applied, shape), writer.subresource);

    let mut object = walk::merge(live, applied, shape);
    if let Some(mine) = &mine {
        object = prune(&object, &mine.fields, &managed(&entries, &fields), shape);
    }
    let difference = compare(live, &object, shape);
    if !force {
        let applied_before =
            if writer.manager == KUBECTL { last_applied::fields(live, shape) } else { FieldSet::default() };
        refuse_conflicts(&entries, &difference.changed, &applied_before)?;
    }
    take_over(&mut entries, &difference);
    serializer::conform(&mut object, definition).map_err(Status::bad_request)?;
    let unchanged = mine.as_ref().filter(|mine| mine.fields == fields && *live == object);
    let time = unchanged.map_or_else(|| Some(meta::time(writer.now)), |mine| mine.time.clone());
    entries.push(Entry { identity, time, fields });
    meta::set(&mut object, "managedFields", Entry::write(entries));
    if writer.manager == KUBECTL {
        last_applied::note(&mut object, applied);
    }
    Ok(object)
}

/// All fields that somebody owns.
fn managed(entries: &[Entry], fields: &FieldSet) -> FieldSet {
    let mut managed = fields.clone();
    for entry in entries {
        managed.unite(&entry.fields);
    }
    managed
}

/// Takes out what the manager applied before, all that is in it included, unless somebody owns it (`prune` of
/// `merge/update.go`).
fn prune(merged: &Value, last: &FieldSet, managed: &FieldSet, shape: Shape<'_>) -> Value {
    let members = |set: &FieldSet| walk::with_parents(set, shape);
    let fields = |value: &Value| members(&walk::fields_of(value, shape));
    let (last, all) = (members(last), fields(merged));
    let mut kept = fields(&walk::without(merged, &last, shape));
    // What somebody owns comes back.
    kept.unite(&members(managed));
    let mut unowned = all.clone();
    unowned.subtract(&kept);
    let pruned = walk::without(merged, &unowned, shape);
    // So does what the manager had not applied.
    let mut gone = all;
    gone.subtract(&fields(&pruned));
    walk::without(merged, &gone.intersection(&last), shape)
}

/// What changed belongs to the others no longer.
fn take_over(entries: &mut [Entry], difference: &Difference) {
    for entry in entries {
        entry.fields.subtract(&difference.changed);
        entry.fields.subtract(&difference.removed);
    }
}

/// Others keep the fields they own, but for those that the writer may take.
fn refuse_conflicts(entries: &[Entry], changed: &FieldSet, free: &FieldSet) -> Result<(), Status> {
    let of_entry = |entry: &Entry| {
        let mut fields = entry.fields.intersection(changed);
        fields.subtract(free);
        (!fields.is_empty()).then(|| (entry.clone(), fields))
    };
    let conflicts: Vec<(Entry, FieldSet)> = entries.iter().filter_map(of_entry).collect();
    if conflicts.is_empty() { Ok(()) } else { Err(manager::conflict(&conflicts)) }
}

/// Notes in `new` who set the fields that a create, update or patch changed. Managers are taken over from the live
/// object, unless the client says which it wants.
pub fn record_update(definition: Definition<'_>, live: Option<&Value>, new: &mut Value, writer: Writer<'_>) {
    let shape = Shape::Struct(definition);
    let nothing = json!({});
    let live = live.unwrap_or(&nothing);
    let mut entries = if writer.subresource.is_empty() { Entry::wanted_or_live(new, live) } else { Entry::read(live) };
    let difference = compare(live, new, shape);
    let changed = owned_fields(difference.changed, writer.subresource);
    let identity = writer.identity(Operation::Update, new);
    for entry in &mut entries {
        entry.fields.subtract(&difference.removed);
        if entry.identity != identity {
            entry.fields.subtract(&changed);
        }
    }
    if !changed.is_empty() {
        let index = entries.iter().position(|entry| entry.identity == identity);
        let mut fields = index.map(|index| entries.remove(index).fields).unwrap_or_default();
        fields.unite(&changed);
        entries.push(Entry { identity, time: Some(meta::time(writer.now)), fields });
    }
    Entry::cap_updaters(&mut entries);
    let entries = Entry::write(entries);
    if entries.as_array().is_some_and(Vec::is_empty) {
        meta::remove(new, &["managedFields"]);
    } else {
        meta::set(new, "managedFields", entries);
    }
}

impl Writer<'_> {
    fn identity(&self, operation: Operation, object: &Value) -> Identity {
        Identity {
            operation,
            manager: if self.manager.is_empty() { UNKNOWN } else { self.manager }.to_owned(),
            api_version: object["apiVersion"].as_str().unwrap_or_default().to_owned(),
            subresource: self.subresource.to_owned(),
        }
    }
}

/// All fields of an object whose managers are not known, if there is one.
fn before_first_apply(live: &Value, shape: Shape<'_>) -> Option<Entry> {
    let fields = owned_fields(compare(&json!({}), live, shape).changed, "");
    let identity = Identity {
        operation: Operation::Update,
        manager: BEFORE_FIRST_APPLY.to_owned(),
        api_version: live["apiVersion"].as_str().unwrap_or_default().to_owned(),
        subresource: String::new(),
    };
    (!fields.is_empty()).then_some(Entry { identity, time: None, fields })
}

/// Without what nobody can own, and without what a write to this subresource does not change.
fn owned_fields(mut fields: FieldSet, subresource: &str) -> FieldSet {
    for name in ["f:apiVersion", "f:kind", if subresource == "status" { "f:spec" } else { "f:status" }] {
        fields.elements.remove(name);
    }
    if let Some(metadata) = fields.elements.get_mut("f:metadata") {
        metadata.member = false;
        for name in UNOWNED_METADATA {
            metadata.below.elements.remove(&format!("f:{name}"));
        }
        if metadata.below.is_empty() {
            fields.elements.remove("f:metadata");
        }
    }
    fields
}
