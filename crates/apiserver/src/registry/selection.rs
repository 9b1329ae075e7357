//! Which objects a list or watch is about.

use crate::{cache::Object, options::ListOptions};
use machinery::{
    kind::Kind,
    selector::{FieldSelector, LabelSelector},
    status::Status,
};

/// A selection of a collection's objects.
pub struct Selectors {
    labels: LabelSelector,
    fields: FieldSelector,
    /// Whether the fields are those that objects in the cache have at hand; kinds may come after their objects.
    at_hand: bool,
    /// Empty: all.
    namespace: String,
}

impl Selectors {
    /// Reads the selectors of a request.
    pub fn parse(kind: &Kind, options: &ListOptions) -> Result<Self, Status> {
        let labels = LabelSelector::parse(&options.label_selector)?;
        let fields = FieldSelector::parse(kind, &options.field_selector)?;
        let at_hand = kind.is_built_in() || fields.is_empty();
        Ok(Self { labels, fields, at_hand, namespace: String::new() })
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
        self.is_in_namespace(object) && (self.is_empty() || self.match_fields(object))
    }

    fn is_in_namespace(&self, object: &Object) -> bool {
        // Group, resource, namespace, name.
        self.namespace.is_empty() || object.key.split('/').nth(2) == Some(&self.namespace)
    }

    fn match_fields(&self, object: &Object) -> bool {
        let selectable = object.selectable();
        let fields_match =
            || if self.at_hand { self.fields.matches(&selectable) } else { self.fields.matches(&object.value()) };
        self.labels.matches(&selectable) && fields_match()
    }
}
