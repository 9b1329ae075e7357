//! Server-side printing: the columns of a kind and an object's cells in them (`pkg/printers/internalversion`).

mod age;
mod column;
mod paths;
mod text;

use crate::meta;
use jiff::Timestamp;
use serde_json::Value;

pub use age::{age, human_duration, since, timestamp};
pub use column::{AGE, CONTAINERS, CREATED_AT, Column, IMAGES, NAME, SELECTOR};
pub use paths::PathColumn;
pub use text::{NONE, abridged, condition, containers, count, items, joined, labels, number, or_none, selector};

/// How objects of a kind are shown in a table.
#[derive(Debug, Clone)]
pub enum Printer {
    /// By code of the kind's own.
    Code {
        /// The columns.
        columns: &'static [Column<'static>],
        /// One cell for each column. The time is now: ages are counted up to it.
        cells: fn(&Value, Timestamp) -> Vec<Value>,
    },
    /// The name, and what stands at the columns' paths.
    Paths(Vec<PathColumn>),
}

impl Printer {
    /// What is shown of kinds that have nothing of their own to show.
    pub const GENERIC: Self = Self::Code {
        columns: &[NAME, CREATED_AT],
        cells: |object, _| vec![meta::name(object).into(), object["metadata"]["creationTimestamp"].clone()],
    };

    /// The columns; those of priority 1 are for wide output.
    #[must_use]
    pub fn columns(&self) -> Vec<Column<'_>> {
        match self {
            Self::Code { columns, .. } => columns.to_vec(),
            Self::Paths(columns) => [NAME].into_iter().chain(columns.iter().map(PathColumn::column)).collect(),
        }
    }

    /// An object's cells, one for each column.
    #[must_use]
    pub fn cells(&self, object: &Value, now: Timestamp) -> Vec<Value> {
        match self {
            Self::Code { cells, .. } => cells(object, now),
            Self::Paths(columns) => {
                let cells = columns.iter().map(|column| column.cell(object, now));
                [meta::name(object).into()].into_iter().chain(cells).collect()
            }
        }
    }
}
