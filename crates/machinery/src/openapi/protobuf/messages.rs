//! The messages of `OpenAPIv2.proto`, as far as Kubernetes' document has something to put in.

use super::{
    Message,
    Type::{self, Any, Choice, Double, Each, Entries, Flag, Integer, Text, Within},
};
use serde_json::Value;

pub(super) static DOCUMENT: Message = Message {
    fields: &[
        ("swagger", 1, Text),
        ("info", 2, Type::Message(&INFO)),
        ("paths", 8, Entries(2, &Type::Message(&PATH_ITEM))),
        ("definitions", 9, Entries(1, &SCHEMA)),
    ],
    extensions: 16,
};

static INFO: Message =
    Message { fields: &[("title", 1, Text), ("version", 2, Text), ("description", 3, Text)], extensions: 7 };

static PATH_ITEM: Message = Message {
    fields: &[
        ("get", 2, OPERATION),
        ("put", 3, OPERATION),
        ("post", 4, OPERATION),
        ("delete", 5, OPERATION),
        ("options", 6, OPERATION),
        ("head", 7, OPERATION),
        ("patch", 8, OPERATION),
        ("parameters", 9, Each(&Choice(parameter))),
    ],
    extensions: 10,
};

const OPERATION: Type = Type::Message(&Message {
    fields: &[
        ("tags", 1, Each(&Text)),
        ("summary", 2, Text),
        ("description", 3, Text),
        ("operationId", 5, Text),
        ("produces", 6, Each(&Text)),
        ("consumes", 7, Each(&Text)),
        ("parameters", 8, Each(&Choice(parameter))),
        ("responses", 9, Entries(1, &Within(1, &RESPONSE))),
        ("schemes", 10, Each(&Text)),
        ("deprecated", 11, Flag),
    ],
    extensions: 13,
});

const RESPONSE: Type =
    Type::Message(&Message { fields: &[("description", 1, Text), ("schema", 2, Within(1, &SCHEMA))], extensions: 5 });

/// Parameters in the body and elsewhere are messages of different kinds.
fn parameter(value: &Value) -> &'static Type {
    static BODY: Type = Within(1, &Within(1, &Type::Message(&BODY_PARAMETER)));
    static QUERY: Type = Within(1, &Within(2, &Within(3, &Type::Message(&QUERY_PARAMETER))));
    static PATH: Type = Within(1, &Within(2, &Within(4, &Type::Message(&PATH_PARAMETER))));
    match value["in"].as_str() {
        Some("body") => &BODY,
        Some("path") => &PATH,
        _ => &QUERY,
    }
}

static BODY_PARAMETER: Message = Message {
    fields: &[
        ("description", 1, Text),
        ("name", 2, Text),
        ("in", 3, Text),
        ("required", 4, Flag),
        ("schema", 5, SCHEMA),
    ],
    extensions: 6,
};

static QUERY_PARAMETER: Message = Message {
    fields: &[
        ("required", 1, Flag),
        ("in", 2, Text),
        ("description", 3, Text),
        ("name", 4, Text),
        ("type", 6, Text),
        ("format", 7, Text),
        ("uniqueItems", 20, Flag),
    ],
    extensions: 23,
};

static PATH_PARAMETER: Message = Message {
    fields: &[
        ("required", 1, Flag),
        ("in", 2, Text),
        ("description", 3, Text),
        ("name", 4, Text),
        ("type", 5, Text),
        ("format", 6, Text),
        ("uniqueItems", 19, Flag),
    ],
    extensions: 22,
};

static SCHEMA: Type = Type::Message(&SCHEMA_FIELDS);

static SCHEMA_FIELDS: Message = Message {
    fields: &[
        ("$ref", 1, Text),
        ("format", 2, Text),
        ("title", 3, Text),
        ("description", 4, Text),
        ("default", 5, Any),
        ("maximum", 7, Double),
        ("minimum", 9, Double),
        ("maxLength", 11, Integer),
        ("minLength", 12, Integer),
        ("pattern", 13, Text),
        ("maxItems", 14, Integer),
        ("minItems", 15, Integer),
        ("uniqueItems", 16, Flag),
        ("required", 19, Each(&Text)),
        ("enum", 20, Each(&Any)),
        ("additionalProperties", 21, Choice(additional_properties)),
        ("type", 22, Within(1, &Each(&Text))),
        ("items", 23, Within(1, &SCHEMA)),
        ("allOf", 24, Each(&SCHEMA)),
        ("properties", 25, Entries(1, &SCHEMA)),
    ],
    extensions: 31,
};

/// A schema, or whether there may be any.
fn additional_properties(value: &Value) -> &'static Type {
    static THESE: Type = Within(1, &SCHEMA);
    static WHETHER: Type = Within(2, &Flag);
    if value.is_boolean() { &WHETHER } else { &THESE }
}
