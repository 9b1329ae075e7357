//! How a field behaves: what becomes of it if it is empty, and how its values merge.

use std::borrow::Cow;

/// What may stand in the place of a schema (`JSONSchemaPropsOrArray` and its like in
/// `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/types_jsonschema.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alternative {
    /// Several schemas.
    Schemas,
    Bool,
    /// Names of properties.
    Texts,
}

/// What Go's JSON encoder makes of a field whose value is empty (`omitempty` and the pointers of Kubernetes' types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is written.
    Always,
    /// It is left out, unless it is a struct: Go knows no empty ones.
    Filled,
    /// A pointer: it is written if it was set, to whatever.
    Set,
}

/// How a field behaves in strategic merge patches and in server-side apply (`x-kubernetes-*` in `OpenAPI` documents).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merge<'a> {
    /// A strategic merge patch merges the list instead of replacing it.
    pub merges: bool,
    /// A strategic merge patch may name the keys to keep (`$retainKeys`).
    pub retains_keys: bool,
    /// A strategic merge patch replaces the object instead of merging it.
    pub replaces: bool,
    /// The field that tells items of a merged list apart; empty for lists of primitives.
    pub key: &'a str,
    /// Ownership in server-side apply.
    pub list: List<'a>,
}

/// `x-kubernetes-list-type`, and `x-kubernetes-map-type: atomic`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum List<'a> {
    /// Nothing is said: lists are replaced as a whole, maps and structs merge by key.
    #[default]
    Unsaid,
    /// Owned as a whole.
    Atomic,
    /// Values are owned one by one.
    Set,
    /// Items are owned one by one, told apart by these fields.
    Map(Keys<'a>),
}

/// Names of the fields that tell the items of a list apart.
pub type Keys<'a> = &'a [Cow<'static, str>];
