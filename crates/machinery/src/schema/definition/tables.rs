//! The definitions of the kinds that are part of the program, as tables that a build script writes.
//!
//! Rows refer to each other by number instead of by pointer: the tables lie in read-only memory that all processes of
//! the program share, and the dynamic linker has nothing to relocate in them.

use super::{Alternative, Definition, Element, Merge, Presence, Source, Type};

/// What objects of the kinds look like that are part of the program: as values, on the wire, in documents.
#[derive(Debug)]
pub struct Tables {
    /// All texts, one after the other.
    pub texts: &'static str,
    /// Where each text ends.
    pub text_ends: &'static [u32],
    /// Types of fields, items and values.
    pub types: &'static [TypeRow],
    /// How fields merge.
    pub merges: &'static [Merge<'static>],
    /// In the order of their names.
    pub definitions: &'static [DefinitionRow],
    /// Definition by definition, in the order of their names.
    pub fields: &'static [FieldRow],
    /// In the order of group, version, kind.
    pub kinds: &'static [KindRow],
    /// Numbers on the wire.
    pub messages: MessageTables,
    /// `OpenAPI` schemas, compressed, by package: a line `name TAB schema` for each definition.
    pub documents: &'static [(&'static str, &'static [u8])],
    /// Changes whenever a document does.
    pub documents_hash: &'static str,
}

/// Name; number of the first field; whether server-side apply owns the whole.
pub type DefinitionRow = (u16, u16, bool);
/// Name; type; presence; order; number of the merge behaviour, from 1, 0 if there is none.
pub type FieldRow = (u16, u16, Presence, u8, u8);
/// Group, version, kind; definition.
pub type KindRow = (u16, u16, u16, u16);

/// A [`Type`] whose parts are numbers of rows.
#[derive(Debug, Clone, Copy)]
pub enum TypeRow {
    /// A type without parts.
    Plain(Type<'static>),
    /// A list of that type.
    Array(u16),
    /// An object with values of that type.
    Map(u16),
    /// A struct of that definition.
    Struct(u16),
    /// A schema of that definition, or what may stand in its place.
    SchemaOr(u16, Alternative),
}

/// The messages of the definitions, in their order, and after them those that Go embeds in others.
#[derive(Debug)]
pub struct MessageTables {
    /// The number of each message's first entry, and of the first behind all.
    pub starts: &'static [u16],
    /// Number on the wire and what it stands for; message by message, sorted within.
    pub entries: &'static [(u16, Entry)],
}

/// What a field number stands for.
#[derive(Debug, Clone, Copy)]
pub enum Entry {
    /// A field of the definition: its place among the fields in the order of their names.
    Field(u16),
    /// The message of that number, whose fields stand among those of the definition.
    Embedded(u16),
}

impl Tables {
    /// The definition of the kind of that group and version.
    #[must_use]
    pub fn identified(&'static self, group: &str, version: &str, kind: &str) -> Option<Definition<'static>> {
        let key = (group, version, kind);
        let identity = |row: &KindRow| (self.text(row.0), self.text(row.1), self.text(row.2));
        let row = self.kinds.binary_search_by(|row| identity(row).cmp(&key)).ok()?;
        self.kinds.get(row).map(|row| self.definition(row.3))
    }

    /// The definition of the kind that an object says it is of.
    #[must_use]
    pub fn of_type(&'static self, api_version: &str, kind: &str) -> Option<Definition<'static>> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.identified(group, version, kind)
    }

    /// The definition of that name.
    #[must_use]
    pub fn named(&'static self, name: &str) -> Option<Definition<'static>> {
        let row = self.definitions.binary_search_by(|row| self.text(row.0).cmp(name)).ok()?;
        u16::try_from(row).ok().map(|number| self.definition(number))
    }

    /// What all objects have for their metadata.
    #[must_use]
    pub fn object_meta(&'static self) -> Option<Definition<'static>> {
        self.named("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
    }

    /// All definitions, in the order of their names.
    pub fn all(&'static self) -> impl Iterator<Item = Definition<'static>> {
        (0..u16::try_from(self.definitions.len()).unwrap_or(u16::MAX)).map(|number| self.definition(number))
    }

    fn definition(&'static self, number: u16) -> Definition<'static> {
        Definition(Source::Row(self, number))
    }

    pub(super) fn row(&self, definition: u16) -> DefinitionRow {
        self.definitions[usize::from(definition)]
    }

    /// The fields of a definition.
    pub(super) fn fields_of(&self, definition: u16) -> &'static [FieldRow] {
        let start = usize::from(self.row(definition).1);
        let next = self.definitions.get(usize::from(definition) + 1);
        let end = next.map_or(self.fields.len(), |next| usize::from(next.1));
        self.fields.get(start..end).unwrap_or_default()
    }

    pub(super) fn merge(&self, number: u8) -> Merge<'static> {
        usize::from(number).checked_sub(1).and_then(|index| self.merges.get(index).copied()).unwrap_or_default()
    }

    pub(super) fn ty(&'static self, number: u16) -> Type<'static> {
        match self.types[usize::from(number)] {
            TypeRow::Plain(ty) => ty,
            TypeRow::Array(element) => Type::Array(Element::row(self, element)),
            TypeRow::Map(element) => Type::Map(Element::row(self, element)),
            TypeRow::Struct(definition) => Type::Struct(self.definition(definition)),
            TypeRow::SchemaOr(definition, alternative) => Type::SchemaOr(self.definition(definition), alternative),
        }
    }

    /// The text of that number.
    pub(super) fn text(&self, number: u16) -> &'static str {
        let index = usize::from(number);
        let end = self.text_ends[index] as usize;
        let start = if index == 0 { 0 } else { self.text_ends[index - 1] as usize };
        &self.texts[start..end]
    }
}
