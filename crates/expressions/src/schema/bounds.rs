//! How large what a schema describes can be in a request (k8s.io/apiserver, pkg/cel/common/schemas.go, limits.go).

use super::{
    Schema,
    shape::{Form, Shape},
};

/// The largest request (`MaxRequestSizeBytes`).
pub const MAX_REQUEST_BYTES: i64 = 3 * 1024 * 1024;
/// Without the quotes or brackets around it.
const MAX_CONTENT: i64 = MAX_REQUEST_BYTES - 2;

impl Shape<'_> {
    /// The largest number of characters, bytes, items or properties; 0 of what has no size.
    pub fn max_elements(self) -> i64 {
        match self.form {
            Form::IntOrString => self.max_characters().unwrap_or(MAX_CONTENT),
            Form::String => self.max_characters().or_else(|| self.schema.longest_of_enum()).unwrap_or(MAX_CONTENT),
            Form::Bytes => self.schema.max_length().map_or(MAX_CONTENT, not_negative),
            Form::Duration | Form::DateTime => 32,
            Form::Date => 12,
            Form::List => self.schema.max_items().map_or_else(|| MAX_CONTENT / (self.min_element() + 1), not_negative),
            // A key takes at least two quotes, a colon, a comma and two characters.
            Form::Map => {
                self.schema.max_properties().map_or_else(|| MAX_CONTENT / (self.min_element() + 6), not_negative)
            }
            Form::Object | Form::Bool | Form::Double | Form::Int => 0,
        }
    }

    /// A character may take four bytes.
    fn max_characters(self) -> Option<i64> {
        self.schema.max_length().map(|length| not_negative(length).saturating_mul(4))
    }

    /// The fewest bytes that it takes in JSON.
    pub fn min_size(self) -> i64 {
        match self.form {
            Form::IntOrString | Form::Double | Form::Int => 1,
            Form::String | Form::Bytes | Form::List | Form::Map => 2,
            Form::Duration => 3,
            Form::Date => 12,
            Form::DateTime => 21,
            Form::Bool => 4,
            Form::Object => self.min_object_size(),
        }
    }

    fn min_element(self) -> i64 {
        self.elements().map_or(0, Shape::min_size)
    }

    fn min_object_size(self) -> i64 {
        let mut size = 2;
        self.for_each_property(&mut |name, property| {
            if self.schema.is_required(name) && !property.schema.has_default() {
                size += i64::try_from(name.len()).unwrap_or(0) + property.min_size() + 4;
            }
        });
        size
    }
}

/// How many values that a schema describes fit into a request at most; `None` if it says nothing that a type could be made
/// of.
#[must_use]
pub fn max_cardinality(schema: &dyn Schema) -> Option<u64> {
    let size = Shape::new(schema)?.min_size();
    // Something has to stand between them.
    u64::try_from(MAX_REQUEST_BYTES / (size + 1)).ok()
}

fn not_negative(limit: i64) -> i64 {
    limit.max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_follow_from_limits_or_from_the_largest_request() {
        let item = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}});
        for (schema, most, least) in [
            (json!({"type": "string", "maxLength": 10}), 40, 2),
            (json!({"type": "string"}), 3_145_726, 2),
            (json!({"type": "string", "enum": ["a", "abc"]}), 3, 2),
            (json!({"type": "string", "format": "date-time"}), 32, 21),
            (json!({"type": "array", "items": {"type": "integer"}}), 1_572_863, 2),
            (json!({"type": "array", "items": item.clone()}), 3_145_726 / 13, 2),
            (json!({"type": "array", "maxItems": 5, "items": {"type": "integer"}}), 5, 2),
            (json!({"type": "object", "additionalProperties": {"type": "boolean"}}), 314_572, 2),
            (json!({"x-kubernetes-int-or-string": true}), 3_145_726, 1),
            (item, 0, 12),
        ] {
            let shape = Shape::new(&schema).expect("a form");
            assert_eq!((shape.max_elements(), shape.min_size()), (most, least), "{schema}");
        }
    }
}
