//! A schema as expressions see it: one of a few forms. Resources have `apiVersion`, `kind` and a little metadata even
//! where the schema does not say so.

use super::{ListType, Schema};

/// A schema of which a type can be made, and whether what it describes is a whole resource.
#[derive(Clone, Copy)]
pub struct Shape<'s> {
    pub schema: &'s dyn Schema,
    pub form: Form,
    resource: bool,
}

/// What a schema describes (k8s.io/apiserver, pkg/cel/common/schemas.go).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    IntOrString,
    List,
    Map,
    Object,
    String,
    Bytes,
    Duration,
    Date,
    DateTime,
    Bool,
    Double,
    Int,
}

impl<'s> Shape<'s> {
    /// `None` if the schema says nothing that a type could be made of: expressions cannot reach what it describes.
    pub fn new(schema: &'s dyn Schema) -> Option<Self> {
        Self::with_resource(schema, schema.is_embedded_resource())
    }

    pub fn of_resource(schema: &'s dyn Schema) -> Option<Self> {
        Self::with_resource(schema, true)
    }

    fn with_resource(schema: &'s dyn Schema, resource: bool) -> Option<Self> {
        Some(Self { schema, form: form(schema, resource)?, resource })
    }

    /// The items of a list, the values of a map.
    pub fn elements(self) -> Option<Shape<'s>> {
        match self.form {
            Form::List => Shape::new(self.schema.items()?),
            Form::Map => Shape::new(self.schema.additional_properties()?),
            _ => None,
        }
    }

    /// The property of this name (not escaped), if expressions can reach it.
    pub fn property(self, name: &str) -> Option<Shape<'s>> {
        Shape::new(self.implied(name).or_else(|| self.schema.property(name))?)
    }

    fn implied(self, name: &str) -> Option<&'static dyn Schema> {
        match name {
            "apiVersion" | "kind" if self.resource => Some(&TEXT),
            "metadata" if self.resource => Some(&METADATA),
            _ => None,
        }
    }

    pub fn for_each_property(self, visit: &mut dyn FnMut(&'s str, Shape<'s>)) {
        let mut reachable = |name: &'s str, schema: &'s dyn Schema| {
            if let Some(shape) = Shape::new(schema) {
                visit(name, shape);
            }
        };
        self.schema.for_each_property(&mut |name, schema| {
            if self.implied(name).is_none() {
                reachable(name, schema);
            }
        });
        if self.resource {
            for (name, schema) in RESOURCE {
                reachable(name, *schema);
            }
        }
    }
}

fn form(schema: &dyn Schema, resource: bool) -> Option<Form> {
    if schema.is_int_or_string() {
        return Some(Form::IntOrString);
    }
    Some(match schema.type_name() {
        "array" => Shape::new(schema.items()?).map(|_| Form::List)?,
        "object" => match schema.additional_properties() {
            Some(values) => Shape::new(values).map(|_| Form::Map)?,
            None => Form::Object,
        },
        "string" => match schema.format() {
            "byte" => Form::Bytes,
            "duration" => Form::Duration,
            "date" => Form::Date,
            "date-time" => Form::DateTime,
            _ => Form::String,
        },
        "boolean" => Form::Bool,
        "number" => Form::Double,
        "integer" => Form::Int,
        // A resource without a type still has what resources have.
        "" if resource => Form::Object,
        _ => return None,
    })
}

const RESOURCE: &[(&str, &dyn Schema)] = &[("apiVersion", &TEXT), ("kind", &TEXT), ("metadata", &METADATA)];

static TEXT: Implied = Implied { type_name: "string", properties: &[] };
static METADATA: Implied = Implied { type_name: "object", properties: &[("name", &TEXT), ("generateName", &TEXT)] };

/// A schema that Kubernetes adds by itself.
struct Implied {
    type_name: &'static str,
    properties: &'static [(&'static str, &'static Implied)],
}

impl Schema for Implied {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn format(&self) -> &'static str {
        ""
    }

    fn property(&self, name: &str) -> Option<&dyn Schema> {
        self.properties.iter().find(|(property, _)| *property == name).map(|(_, schema)| *schema as &dyn Schema)
    }

    fn for_each_property<'s>(&'s self, visit: &mut dyn FnMut(&'s str, &'s dyn Schema)) {
        for (name, schema) in self.properties {
            visit(name, *schema);
        }
    }

    fn items(&self) -> Option<&dyn Schema> {
        None
    }

    fn additional_properties(&self) -> Option<&dyn Schema> {
        None
    }

    fn list_type(&self) -> ListType {
        ListType::Atomic
    }
}
