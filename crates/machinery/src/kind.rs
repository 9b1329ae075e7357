//! What a kind of object is: its names, what can be done with its objects, where they are stored.

use crate::{
    behaviour::Behaviour,
    schema::{CustomSchema, Definition, Structural, Tables},
};
use std::{borrow::Cow, fmt, ops::Deref, ptr, sync::Arc};

/// A kind of object in one version of its API group: a handle that is cheap to copy around, on a definition that is
/// part of the program (built-in kinds) or that came at run time and goes with its last handle (custom kinds).
///
/// Two handles are equal if they are on the same definition.
#[derive(Clone)]
pub struct Kind(Handle);

#[derive(Clone)]
enum Handle {
    Fixed(&'static KindDefinition),
    Shared(Arc<KindDefinition>),
}

/// All there is to know of a kind.
#[derive(Debug)]
pub struct KindDefinition {
    /// API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// Version of the group, such as `v1` or `v1beta1`.
    pub version: Cow<'static, str>,
    /// Name of the kind, such as `Pod`.
    pub kind: Cow<'static, str>,
    /// Name of a list of its objects; `None`: that of the kind with `List` behind it.
    pub list_kind: Option<Cow<'static, str>>,
    /// Name of the resource in paths, such as `pods`.
    pub plural: Cow<'static, str>,
    /// The singular name that kubectl accepts; `None`: that of the kind in lower case.
    pub singular: Option<Cow<'static, str>>,
    /// Names that kubectl accepts beside plural and singular.
    pub short_names: Cow<'static, [Cow<'static, str>]>,
    /// Groups of resources that kubectl knows by one name, such as `all`.
    pub categories: Cow<'static, [Cow<'static, str>]>,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Verbs of the resource itself, in alphabetical order.
    pub verbs: &'static [&'static str],
    /// Subresources, in alphabetical order.
    pub subresources: Cow<'static, [Subresource]>,
    /// The kind in whose version objects are stored; `None`: this one.
    pub storage: Option<Kind>,
    /// What its objects look like.
    pub schema: Schema,
    /// What its objects do differently from others.
    pub behaviour: Cow<'static, Behaviour>,
}

/// Where it is written what objects of a kind look like.
#[derive(Debug)]
pub enum Schema {
    /// In tables that are part of the program.
    Tables(&'static Tables),
    /// In a structural schema that came with the kind.
    Custom(Box<CustomSchema>),
}

/// A subresource of a kind, such as `pods/eviction`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subresource {
    /// Last segment of its path, such as `eviction`.
    pub name: &'static str,
    /// The kind of its body, if it is not that of the parent.
    pub body: Option<Kind>,
    /// Verbs, in alphabetical order.
    pub verbs: &'static [&'static str],
}

impl Kind {
    /// A handle on a definition that is part of the program.
    #[must_use]
    pub const fn fixed(definition: &'static KindDefinition) -> Self {
        Self(Handle::Fixed(definition))
    }

    /// A handle on a definition that came at run time.
    #[must_use]
    pub fn shared(definition: KindDefinition) -> Self {
        Self(Handle::Shared(Arc::new(definition)))
    }

    /// The kind in which objects are stored: all versions of a resource share the storage of one.
    #[must_use]
    pub fn storage(&self) -> &Self {
        self.storage.as_ref().unwrap_or(self)
    }

    /// Whether its definition is part of the program.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        matches!(self.0, Handle::Fixed(_))
    }

    /// Whether its objects are stored as they are, in this version.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        self.storage.is_none()
    }
}

impl Deref for Kind {
    type Target = KindDefinition;

    fn deref(&self) -> &KindDefinition {
        match &self.0 {
            Handle::Fixed(definition) => definition,
            Handle::Shared(definition) => definition,
        }
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(&raw const **self, &raw const **other)
    }
}

impl Eq for Kind {}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, Kind={}", self.api_version(), self.kind)
    }
}

impl KindDefinition {
    /// The singular name that kubectl accepts and discovery shows.
    #[must_use]
    pub fn singular(&self) -> Cow<'_, str> {
        self.singular.as_deref().map_or_else(|| self.kind.to_lowercase().into(), Cow::Borrowed)
    }

    /// What a list of its objects has for its kind.
    #[must_use]
    pub fn list_kind(&self) -> Cow<'_, str> {
        self.list_kind.as_deref().map_or_else(|| format!("{}List", self.kind).into(), Cow::Borrowed)
    }

    /// `apiVersion` of objects of this kind.
    #[must_use]
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// `pods` or `deployments.apps`: how error messages name the resource.
    #[must_use]
    pub fn resource(&self) -> String {
        qualified(&self.plural, &self.group)
    }

    /// What its objects look like; none for the bodies of connect subresources.
    #[must_use]
    pub fn definition(&self) -> Option<Definition<'_>> {
        match &self.schema {
            Schema::Tables(tables) => tables.identified(&self.group, &self.version, &self.kind),
            Schema::Custom(schema) => Some(schema.definition()),
        }
    }

    /// What its objects look like, if the kind came at run time.
    #[must_use]
    pub fn structural(&self) -> Option<&Structural> {
        match &self.schema {
            Schema::Tables(_) => None,
            Schema::Custom(schema) => Some(schema.structural()),
        }
    }

    /// The tables that say what built-in objects and all metadata look like.
    #[must_use]
    pub fn tables(&self) -> &'static Tables {
        match &self.schema {
            Schema::Tables(tables) => tables,
            Schema::Custom(schema) => schema.tables(),
        }
    }

    /// Whether the resource answers to a verb.
    #[must_use]
    pub fn has_verb(&self, verb: &str) -> bool {
        self.verbs.contains(&verb)
    }

    /// The subresource of that name.
    #[must_use]
    pub fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|subresource| subresource.name == name)
    }
}

/// Joins group and version the way `apiVersion` has them.
#[must_use]
pub fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}
