//! The operations of a JSON patch, and bounds to what they may cost.

use super::place;
use serde_json::{Map, Value};
use std::io::{self, Write};

const MISSING: &str = "missing value";
/// So many bytes of JSON may be copied in all (`JSONPatchMaxCopyBytes` of `k8s.io/apiserver/pkg/server/config.go`).
const MOST_COPIED: usize = 3 << 20;
/// So many items of lists may move aside in all.
const MOST_MOVED: usize = 50_000_000;
/// Values may come to lie so deep in each other; what is read from JSON never does.
const DEEPEST: usize = 500;

/// One operation; a member that is missing is none.
pub(super) struct Operation {
    kind: Option<String>,
    path: Option<String>,
    from: Option<String>,
    value: Value,
}

impl Operation {
    /// Reads an operation; the error is Go's text.
    pub(super) fn read(value: Value) -> Result<Self, String> {
        let Value::Object(mut members) = value else {
            return Err("json: cannot unmarshal value into Go value of type jsonpatch.Operation".into());
        };
        Ok(Self {
            kind: text(&mut members, "op")?,
            path: text(&mut members, "path")?,
            from: text(&mut members, "from")?,
            value: members.remove("value").unwrap_or_default(),
        })
    }

    fn path(&self, kind: &str) -> Result<&str, String> {
        self.path.as_deref().ok_or_else(|| format!("{kind} operation failed to decode path: {MISSING}"))
    }

    fn from(&self, kind: &str) -> Result<&str, String> {
        let fault = || format!("{kind} operation failed to decode from: operation, missing from field: {MISSING}");
        self.from.as_deref().ok_or_else(fault)
    }
}

fn text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("json: cannot unmarshal value into Go struct field jsonPatchOp.{name} of type string")),
    }
}

/// The document with all operations done in turn; the error is the text of Go's library.
pub(super) fn apply(document: Value, operations: Vec<Operation>) -> Result<Value, String> {
    let deepest = depth(&document);
    let mut patching = Patching { document, copied: 0, moved: 0, deepest };
    operations.into_iter().try_for_each(|operation| patching.operation(operation))?;
    Ok(patching.document)
}

/// A document on its way, and what the way has cost.
struct Patching {
    document: Value,
    copied: usize,
    moved: usize,
    /// Nothing lies deeper in the document.
    deepest: usize,
}

impl Patching {
    fn operation(&mut self, mut operation: Operation) -> Result<(), String> {
        let value = std::mem::take(&mut operation.value);
        match operation.kind.as_deref().unwrap_or("unknown") {
            "add" => self.add(&operation, value),
            "remove" => self.remove(&operation),
            "replace" => self.replace(&operation, value),
            "move" => self.r#move(&operation),
            "copy" => self.copy(&operation),
            "test" => self.test(&operation, &value),
            kind => Err(format!("Unexpected kind: {kind}")),
        }
    }

    fn add(&mut self, operation: &Operation, value: Value) -> Result<(), String> {
        let path = operation.path("add")?;
        self.note_depth(steps(path) + depth(&value))?;
        let (holder, step) = place::find(&mut self.document, path)
            .ok_or_else(|| format!("add operation does not apply: doc is missing path: {path:?}: {MISSING}"))?;
        let moved =
            place::add(holder, &step, value).map_err(|fault| format!("error in add for path: '{path}': {fault}"))?;
        self.note_moved(moved)
    }

    fn remove(&mut self, operation: &Operation) -> Result<(), String> {
        let path = operation.path("remove")?;
        let (holder, step) = place::find(&mut self.document, path)
            .ok_or_else(|| format!("remove operation does not apply: doc is missing path: {path:?}: {MISSING}"))?;
        let (_, moved) =
            place::remove(holder, &step).map_err(|fault| format!("error in remove for path: '{path}': {fault}"))?;
        self.note_moved(moved)
    }

    fn replace(&mut self, operation: &Operation, value: Value) -> Result<(), String> {
        let path = operation.path("replace")?;
        self.note_depth(steps(path) + depth(&value))?;
        if path.is_empty() {
            if !value.is_object() && !value.is_array() {
                return Err("replace operation value must be object or array".into());
            }
            self.document = value;
            return Ok(());
        }
        let (holder, step) = place::find(&mut self.document, path)
            .ok_or_else(|| format!("replace operation does not apply: doc is missing path: {path}: {MISSING}"))?;
        place::set(holder, &step, value)
            .map_err(|_| format!("replace operation does not apply: doc is missing key: {path}: {MISSING}"))
    }

    fn r#move(&mut self, operation: &Operation) -> Result<(), String> {
        let from = operation.from("move")?;
        let (holder, step) = place::find(&mut self.document, from)
            .ok_or_else(|| format!("move operation does not apply: doc is missing from path: {from}: {MISSING}"))?;
        let (value, moved) =
            place::remove(holder, &step).map_err(|fault| format!("error in move for path: '{step}': {fault}"))?;
        let path = operation.path("move")?;
        self.note_depth(steps(path) + self.deepest.saturating_sub(steps(from)))?;
        let (holder, step) = place::find(&mut self.document, path).ok_or_else(|| {
            format!("move operation does not apply: doc is missing destination path: {path}: {MISSING}")
        })?;
        let moved_there =
            place::add(holder, &step, value).map_err(|fault| format!("error in move for path: '{path}': {fault}"))?;
        self.note_moved(moved + moved_there)
    }

    fn copy(&mut self, operation: &Operation) -> Result<(), String> {
        let from = operation.from("copy")?;
        let (holder, step) = place::find(&mut self.document, from)
            .ok_or_else(|| format!("copy operation does not apply: doc is missing from path: {from}: {MISSING}"))?;
        let value = place::get(holder, &step).map_err(|fault| format!("error in copy for from: '{from}': {fault}"))?;
        self.copied += size(value);
        if self.copied > MOST_COPIED {
            return Err(format!(
                "Unable to complete the copy, the accumulated size increase of copy is {}, exceeding the limit {MOST_COPIED}",
                self.copied
            ));
        }
        let value = value.clone();
        let path = operation.path("copy")?;
        self.note_depth(steps(path) + depth(&value))?;
        let (holder, step) = place::find(&mut self.document, path).ok_or_else(|| {
            format!("copy operation does not apply: doc is missing destination path: {path}: {MISSING}")
        })?;
        let moved = place::add(holder, &step, value)
            .map_err(|fault| format!("error while adding value during copy: {fault}"))?;
        self.note_moved(moved)
    }

    fn test(&mut self, operation: &Operation, expected: &Value) -> Result<(), String> {
        let path = operation.path("test")?;
        let failed = || Err(format!("testing value {path} failed: test failed"));
        if path.is_empty() {
            return if self.document == *expected { Ok(()) } else { failed() };
        }
        let (holder, step) = place::find(&mut self.document, path)
            .ok_or_else(|| format!("test operation does not apply: is missing path: {path}: {MISSING}"))?;
        let value = place::get(holder, &step).map_err(|fault| format!("error in test for path: '{path}': {fault}"))?;
        if value == expected { Ok(()) } else { failed() }
    }

    fn note_moved(&mut self, items: usize) -> Result<(), String> {
        self.moved += items;
        if self.moved > MOST_MOVED { Err("the patch moves too many items of lists".into()) } else { Ok(()) }
    }

    fn note_depth(&mut self, depth: usize) -> Result<(), String> {
        self.deepest = self.deepest.max(depth);
        if self.deepest > DEEPEST { Err("the patch puts values too deep into each other".into()) } else { Ok(()) }
    }
}

/// How deep what a path names lies.
fn steps(path: &str) -> usize {
    path.bytes().filter(|byte| *byte == b'/').count()
}

/// How deep values lie in this one.
fn depth(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The length of the JSON text.
fn size(value: &Value) -> usize {
    let mut counter = Counter(0);
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
