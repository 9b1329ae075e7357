//! Server-side printing: the columns of a kind and an object's cells in them (`pkg/printers/internalversion`).

/// A column as it stands in a `meta.k8s.io/v1` Table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    /// An `OpenAPI` type: string, integer, boolean, date.
    pub r#type: &'static str,
    /// An `OpenAPI` format; `name` marks the column that identifies the object.
    pub format: &'static str,
    pub description: &'static str,
    /// 0: always shown; 1: only in wide output.
    pub priority: i32,
}
