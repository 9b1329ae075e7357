//! Which objects a list or watch is about: label and field selectors, and what of an object they look at.

use crate::{cache::Object, options::ListOptions};
use api::{
    kinds::{self, Kind},
    selector::{self, FieldSelector, LabelSelector},
    status::Status,
};
use serde_json::{Value, json};

/// A selection of a collection's objects.
pub struct Selectors {
    labels: LabelSelector,
    fields: FieldSelector,
    /// Empty: all.
    namespace: String,
}

impl Selectors {
    /// Reads the selectors of a request.
    pub fn parse(kind: &Kind, options: &ListOptions) -> Result<Self, Status> {
        let labels = LabelSelector::parse(&options.label_selector)?;
        let fields = FieldSelector::parse(kind, &options.field_selector)?;
        Ok(Self { labels, fields, namespace: String::new() })
    }

    /// The same, of one namespace only.
    #[must_use]
    pub fn in_namespace(self, namespace: &str) -> Self {
        Self { namespace: namespace.to_string(), ..self }
    }

    /// Whether all objects are selected.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether an object is selected.
    pub fn match_object(&self, object: &Object) -> bool {
        let metadata = &object.selectable["metadata"];
        (self.namespace.is_empty() || metadata["namespace"] == self.namespace)
            && self.labels.matches(&object.selectable)
            && self.fields.matches(&object.selectable)
    }
}

/// The part of an object that selectors can look at: its names, its labels, the fields that its kind allows.
pub fn of(key: &str, object: &Value) -> Value {
    let metadata = &object["metadata"];
    let mut part = json!({"metadata": {"name": metadata["name"], "namespace": metadata["namespace"], "labels": metadata["labels"]}});
    for field in kind_of(key).map(selector::selectable_fields).unwrap_or_default() {
        let value = field.split('.').fold(object, |value, name| &value[name]);
        if !value.is_null() {
            let place = field.split('.').fold(&mut part, |place, name| &mut place[name]);
            *place = value.clone();
        }
    }
    part
}

/// The stored kind of the collection that a key lies in.
fn kind_of(key: &str) -> Option<&'static Kind> {
    let mut parts = key.split('/');
    let (group, plural) = (parts.next()?, parts.next()?);
    let group = if group == "core" { "" } else { group };
    kinds::all().iter().find(|kind| kind.group == group && kind.plural == plural)
}
