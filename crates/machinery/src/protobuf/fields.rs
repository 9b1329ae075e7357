//! Which field of a type a number on the wire stands for.

use crate::schema::{Definition, Entry, Field, MessageTables, Tables};

/// A message on the wire: the whole of a type, or a part that Go embeds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message {
    definition: Definition<'static>,
    tables: &'static Tables,
    number: u16,
}

/// What a field of a message is.
pub(super) enum Part {
    /// A field in JSON.
    Field(Field<'static>),
    /// More fields of the same object.
    Embedded(Message),
}

impl Message {
    /// The message of a definition, if it is one of the program: what came at run time has none.
    pub(super) fn of(definition: Definition<'static>) -> Option<Self> {
        definition.row().map(|(tables, number)| Self { definition, tables, number })
    }

    pub(super) fn part(self, number: u32) -> Option<Part> {
        let MessageTables { starts, entries } = self.tables.messages;
        let bound = |offset| starts.get(usize::from(self.number) + offset).map(|start| usize::from(*start));
        let rows = entries.get(bound(0)?..bound(1)?)?;
        let row = rows.binary_search_by_key(&number, |(number, _)| u32::from(*number)).ok()?;
        match rows.get(row)?.1 {
            Entry::Field(place) => self.definition.fields().nth(usize::from(place)).map(Part::Field),
            Entry::Embedded(number) => Some(Part::Embedded(Self { number, ..self })),
        }
    }
}
