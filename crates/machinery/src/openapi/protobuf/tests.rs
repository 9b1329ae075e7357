use super::{Message, Type, message, messages::DOCUMENT, v2_protobuf};
use crate::{
    catalog::Catalog,
    openapi::v2,
    protobuf::wire::{Wire, fields},
    samples::whale,
};
use serde_json::{Map, Value, json};

/// Reads back what was written, by the same messages.
fn read_message(kind: &Message, bytes: &[u8]) -> Value {
    let mut object = Map::new();
    for field in fields(bytes) {
        let (number, wire) = field.unwrap();
        if number == kind.extensions {
            let (name, value) = read_entry(Type::Any, wire);
            object.insert(name, value);
            continue;
        }
        let (name, _, ty) = kind.fields.iter().find(|(_, known, _)| *known == number).expect("a known field");
        match ty {
            Type::Each(ty) => {
                let items = object.entry(*name).or_insert_with(|| json!([]));
                items.as_array_mut().unwrap().push(read(**ty, wire));
            }
            ty => {
                object.insert((*name).to_owned(), read(*ty, wire));
            }
        }
    }
    Value::Object(object)
}

fn read(ty: Type, wire: Wire<'_>) -> Value {
    match ty {
        Type::Text => wire.text().unwrap().into(),
        Type::Flag => (wire.varint().unwrap() == 1).into(),
        Type::Integer => wire.int64().unwrap().into(),
        Type::Double => wire.double().unwrap().into(),
        Type::Any => serde_json::from_str(only(2, wire).text().unwrap()).unwrap(),
        // In the document the type is one, though it could be many.
        Type::Each(ty) => read(*ty, wire),
        Type::Message(kind) => read_message(kind, wire.bytes().unwrap()),
        Type::Within(number, ty) => read(*ty, only(number, wire)),
        Type::Entries(number, ty) => {
            let entries = fields(wire.bytes().unwrap()).map(Result::unwrap);
            let entries = entries.inspect(|(found, _)| assert_eq!(*found, number));
            Value::Object(entries.map(|(_, entry)| read_entry(*ty, entry)).collect())
        }
        Type::Choice(choose) => read(*choose(&sample(wire)), wire),
    }
}

/// A value that makes a choice fall on what the wire has: parameters of three kinds, schema or boolean.
fn sample(wire: Wire<'_>) -> Value {
    let (outer, value) = first(wire).unwrap();
    let inner = first(value).map(|(number, place)| (number, first(place).map(|(number, _)| number)));
    match (outer, inner) {
        (2, _) => json!(true),
        (_, Some((1, _))) => json!({"in": "body"}),
        (_, Some((2, Some(4)))) => json!({"in": "path"}),
        _ => json!({"in": "query"}),
    }
}

fn first(wire: Wire<'_>) -> Option<(u32, Wire<'_>)> {
    fields(wire.bytes().ok()?).next()?.ok()
}

fn read_entry(ty: Type, wire: Wire<'_>) -> (String, Value) {
    let entry: Vec<_> = fields(wire.bytes().unwrap()).collect::<Result<_, _>>().unwrap();
    assert_eq!([entry[0].0, entry[1].0], [1, 2]);
    (entry[0].1.text().unwrap().to_owned(), read(ty, entry[1].1))
}

fn only(number: u32, wire: Wire<'_>) -> Wire<'_> {
    let all: Vec<_> = fields(wire.bytes().unwrap()).collect::<Result<_, _>>().unwrap();
    assert_eq!((all.len(), all[0].0), (1, number));
    all[0].1
}

#[test]
fn all_of_the_document_is_in_it() {
    let schema = json!({"type": "object", "description": "A whale.", "required": ["spec"], "properties": {
        "spec": {"type": "object", "properties": {
            "size": {"type": "integer", "format": "int64", "minimum": 1.5, "maximum": 40.5, "default": 3},
            "color": {"type": "string", "enum": ["grey", "blue"], "pattern": "^[a-z]+$", "maxLength": 9},
            "calves": {"type": "array", "maxItems": 2, "items": {"type": "object"}, "x-kubernetes-list-type": "set"},
            "notes": {"type": "object", "additionalProperties": {"type": "string"}},
            "old": {"type": "boolean"},
        }},
    }});
    let served: Catalog = [whale(&schema)].into_iter().collect();
    let document: Value = serde_json::from_str(&v2(&served)).unwrap();
    let read = read_message(&DOCUMENT, &v2_protobuf(&served));
    for part in ["swagger", "info"] {
        assert_eq!(read[part], document[part]);
    }
    for part in ["paths", "definitions"] {
        let (read, expected) = (read[part].as_object().unwrap(), document[part].as_object().unwrap());
        assert_eq!(read.len(), expected.len());
        for (name, value) in expected {
            assert_eq!(&read[name], value, "{name}");
        }
    }
}

#[test]
fn the_bytes_are_those_of_gnostic() {
    let document = json!({"swagger": "2.0", "definitions": {"a": {"type": "string", "x-b": [1]}}});
    // definitions (9): entry (1) of name (1) and schema (2): type (22), extension (31) of name and yaml (2).
    let schema = b"\xb2\x01\x08\x0a\x06string\xfa\x01\x0d\x0a\x03x-b\x12\x06\x12\x04[1]\n";
    let mut expected = b"\x4a\x22\x0a\x20\x0a\x01a\x12\x1b".to_vec();
    expected.extend_from_slice(&schema[..]);
    expected.extend_from_slice(b"\x0a\x032.0");
    assert_eq!(message(&DOCUMENT, &document), expected);
}
