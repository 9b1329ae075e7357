//! Columns.

/// A column as it stands in a `meta.k8s.io/v1` Table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column<'a> {
    pub name: &'a str,
    /// An `OpenAPI` type: string, integer, boolean, date.
    pub r#type: &'a str,
    /// An `OpenAPI` format; `name` marks the column that identifies the object.
    pub format: &'a str,
    pub description: &'a str,
    /// 0: always shown; 1: only in wide output.
    pub priority: i32,
}

impl Column<'static> {
    /// A column of text.
    #[must_use]
    pub const fn text(name: &'static str, description: &'static str) -> Self {
        Self { name, r#type: "string", format: "", description, priority: 0 }
    }

    /// A column of whole numbers.
    #[must_use]
    pub const fn number(name: &'static str, description: &'static str) -> Self {
        Self { r#type: "integer", ..Self::text(name, description) }
    }

    /// A column of text for wide output only.
    #[must_use]
    pub const fn wide(name: &'static str, description: &'static str) -> Self {
        Self { priority: 1, ..Self::text(name, description) }
    }
}

/// A column of that name and type that says no more.
pub(super) fn of_type<'a>(name: &'a str, r#type: &'a str) -> Column<'a> {
    Column { name, r#type, format: "", description: "", priority: 0 }
}

/// The name of the object.
pub const NAME: Column<'static> =
    Column { format: "name", ..Column::text("Name", "The name of the object, unique within its namespace.") };
/// How long ago the object was created.
pub const AGE: Column<'static> = Column::text("Age", "How long ago the object was created.");
/// When the object was created.
pub const CREATED_AT: Column<'static> =
    Column { r#type: "date", ..Column::text("Created At", "When the object was created.") };
/// The containers of a workload's template.
pub const CONTAINERS: Column<'static> = Column::wide("Containers", "Names of the containers in the template.");
/// The images of a workload's template.
pub const IMAGES: Column<'static> = Column::wide("Images", "Images of the containers in the template.");
/// Which pods a workload or a Service is about.
pub const SELECTOR: Column<'static> = Column::wide("Selector", "Which pods the object is about.");
