//! What is known of an object before it is there: its schema, as the caller has it, and what follows from it for types and
//! sizes. Nothing is copied: types and values refer to the caller's schema.

mod bounds;
mod escape;
mod json;
mod shape;
mod structural;

pub use bounds::max_cardinality;
pub use escape::{escape, unescape};
pub(crate) use shape::{Form, Shape};

/// Whether a list is a sequence, a set, or a map by keys (`x-kubernetes-list-type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    #[default]
    Atomic,
    Set,
    Map,
}

/// An `OpenAPI` or structural schema. What a schema does not say is `None`, empty or false
/// (k8s.io/apiserver, pkg/cel/common/adaptor.go).
pub trait Schema: Send + Sync {
    /// `object`, `array`, `string`, `integer`, `number`, `boolean`, or nothing.
    fn type_name(&self) -> &str;
    /// The format of a string, or nothing.
    fn format(&self) -> &str;
    fn property(&self, name: &str) -> Option<&dyn Schema>;
    /// Calls back with each property.
    fn for_each_property<'s>(&'s self, visit: &mut dyn FnMut(&'s str, &'s dyn Schema));
    fn items(&self) -> Option<&dyn Schema>;
    /// The schema of additional properties, if one is given (not if they are only allowed).
    fn additional_properties(&self) -> Option<&dyn Schema>;
    fn is_required(&self, _property: &str) -> bool {
        false
    }
    fn has_default(&self) -> bool {
        false
    }
    fn max_length(&self) -> Option<i64> {
        None
    }
    fn max_items(&self) -> Option<i64> {
        None
    }
    fn max_properties(&self) -> Option<i64> {
        None
    }
    /// The length in bytes of the longest string of an `enum`, if there is one.
    fn longest_of_enum(&self) -> Option<i64> {
        None
    }
    fn is_nullable(&self) -> bool {
        false
    }
    fn is_int_or_string(&self) -> bool {
        false
    }
    fn is_embedded_resource(&self) -> bool {
        false
    }
    fn list_type(&self) -> ListType {
        ListType::Atomic
    }
    /// The properties that tell the items of a list of type `map` apart.
    fn list_map_keys(&self) -> Vec<&str> {
        Vec::new()
    }
}
