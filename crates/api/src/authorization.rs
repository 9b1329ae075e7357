//! What authorizers decide about (`k8s.io/apiserver/pkg/authorization/authorizer`).

pub mod review;

use machinery::selector::FieldRequirement;

/// A request, all but who makes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// `get`, `list`, `create`, … for resources; the lower-case HTTP method for paths.
    pub verb: &'a str,
    /// Empty for the core group.
    pub group: &'a str,
    /// Version of the group.
    pub version: &'a str,
    /// Empty for what is not in one, or in all of them.
    pub namespace: &'a str,
    /// The plural, such as `pods`.
    pub resource: &'a str,
    /// `status`, `log`, …; empty for the object itself.
    pub subresource: &'a str,
    /// Empty for collections.
    pub name: &'a str,
    /// The path of a request that is not about a resource; `None` for all others.
    pub path: Option<&'a str>,
    /// What a list, watch or deletion of many is limited to: all of it holds. A selector that was not understood only
    /// leaves more objects selected.
    pub fields: &'a [FieldRequirement],
}

impl Attributes<'_> {
    /// Whether the request is about a resource (and not, say, about `/version`).
    #[must_use]
    pub fn is_resource(&self) -> bool {
        self.path.is_none()
    }

    /// Whether all objects of the request have this value in a field.
    #[must_use]
    pub fn is_limited_to(&self, field: &str, value: &str) -> bool {
        self.fields.iter().any(|own| own.equal && own.field == field && own.value == value)
    }
}
