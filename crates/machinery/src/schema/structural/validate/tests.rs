//! Values of structural schemas, good and bad.

use crate::schema::Structural;
use serde_json::{Value, json};

fn schema() -> Structural {
    serde_json::from_value(json!({"type": "object", "properties": {"spec": {"type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 40},
        "color": {"type": "string", "default": "grey", "enum": ["grey", "blue"]},
        "calves": {"type": "array", "maxItems": 2, "items": {"type": "object", "properties": {
            "name": {"type": "string", "minLength": 2, "default": "moby"}}}},
        "notes": {"type": "object", "additionalProperties": {"type": "string"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "port": {"x-kubernetes-int-or-string": true},
    }}}}))
    .unwrap()
}

#[test]
fn faults_are_told_as_kubernetes_tells_them() {
    let number = "spec.size in body must be of type integer: \"string\"";
    for (spec, expected) in [
        (json!({"size": 3, "port": "http", "calves": [{}]}), vec![]),
        (json!({}), vec!["spec.size: Required value".to_owned()]),
        (json!({"size": "x"}), vec![format!("spec.size: Invalid value: \"string\": {number}")]),
        (
            json!({"size": 0}),
            vec!["spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1".into()],
        ),
        (
            json!({"size": 41}),
            vec!["spec.size: Invalid value: 41: spec.size in body should be less than or equal to 40".into()],
        ),
        (
            json!({"size": 1, "color": "red"}),
            vec!["spec.color: Unsupported value: \"red\": supported values: \"grey\", \"blue\"".into()],
        ),
        (
            json!({"size": 1, "calves": [{"name": "a"}]}),
            vec![
                "spec.calves[0].name: Invalid value: \"a\": spec.calves[0].name in body should be at least 2 chars long"
                    .into(),
            ],
        ),
        (json!({"size": 1, "calves": [1, 2, 3]}), vec!["spec.calves: Too many: 3: must have at most 2 items".into()]),
    ] {
        let errors = schema().validate_object(&json!({"spec": spec}), None);
        let texts: Vec<String> = errors.iter().take(expected.len().max(1)).map(ToString::to_string).collect();
        assert_eq!(texts, expected, "{spec}");
    }
}

#[test]
fn defaults_are_filled_in_where_something_is_missing() {
    let mut object = json!({"spec": {"size": 3, "calves": [{}, {"name": "ahab"}], "color": null}});
    schema().default(&mut object);
    let spec = json!({"size": 3, "calves": [{"name": "moby"}, {"name": "ahab"}], "color": "grey"});
    assert_eq!(object, json!({ "spec": spec }));
}

/// What is wrong with a value of a schema.
fn errors(schema: &Value, value: &Value, old: Option<&Value>) -> Vec<String> {
    let schema: Structural = serde_json::from_value(schema.clone()).unwrap();
    schema.validate_object(value, old).iter().map(ToString::to_string).collect()
}

#[test]
fn rules_hold_or_not() {
    let of = |ty: &str, rule: Value| {
        let mut schema = rule;
        schema["type"] = ty.into();
        json!({"type": "object", "properties": {"x": schema}})
    };
    for (schema, good, bad, fault) in [
        (
            of("string", json!({"pattern": "^a+$"})),
            json!("aa"),
            json!("b"),
            "Invalid value: \"b\": x in body should match '^a+$'",
        ),
        (of("string", json!({"maxLength": 2})), json!("éé"), json!("abc"), "Too long: may not be more than 2 bytes"),
        (
            of("string", json!({"format": "ipv4"})),
            json!("10.0.0.1"),
            json!("10.0.0"),
            "Invalid value: \"10.0.0\": x in body must be of type ipv4: \"10.0.0\"",
        ),
        (
            of("string", json!({"format": "no-such"})),
            json!("x"),
            Value::Bool(true),
            "Invalid value: \"boolean\": x in body must be of type string: \"boolean\"",
        ),
        (
            of("number", json!({"minimum": 1, "exclusiveMinimum": true})),
            json!(1.5),
            json!(1),
            "Invalid value: 1: x in body should be greater than 1",
        ),
        (
            of("integer", json!({"multipleOf": 3})),
            json!(9),
            json!(10),
            "Invalid value: 10: x in body should be a multiple of 3",
        ),
        (
            of("object", json!({"maxProperties": 1, "additionalProperties": {"type": "string"}})),
            json!({"a": "b"}),
            json!({"a": "b", "c": "d"}),
            "Too many: 2: must have at most 1 item",
        ),
        (
            of("integer", json!({"anyOf": [{"minimum": 5}, {"maximum": 1}]})),
            json!(0),
            json!(3),
            "Invalid value: 3: \"x\" must validate at least one schema (anyOf)",
        ),
        (
            of("integer", json!({"oneOf": [{"minimum": 5}, {"minimum": 7}]})),
            json!(6),
            json!(8),
            "Invalid value: 8: \"x\" must validate one and only one schema (oneOf). Found 2 valid alternatives",
        ),
        (
            of("integer", json!({"allOf": [{"minimum": 5}, {"maximum": 6}]})),
            json!(6),
            json!(7),
            "Invalid value: 7: \"x\" must validate all the schemas (allOf)",
        ),
        (
            of("integer", json!({"not": {"minimum": 5}})),
            json!(4),
            json!(7),
            "Invalid value: 7: \"x\" must not validate the schema (not)",
        ),
        (
            of("array", json!({"items": {"type": "string"}, "x-kubernetes-list-type": "set"})),
            json!(["a", "b"]),
            json!(["a", "a"]),
            "Duplicate value: \"a\"",
        ),
    ] {
        assert_eq!(errors(&schema, &json!({"x": good}), None), [""; 0], "{schema}");
        let found = errors(&schema, &json!({"x": bad}), None);
        assert!(found.len() == 1 && found[0].ends_with(fault), "{schema}: {found:?}");
    }
}

#[test]
fn what_did_not_change_is_not_judged_again() {
    let calf =
        json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "maximum": 3}}});
    let schema = json!({"type": "object", "properties": {
        "a": {"type": "integer", "maximum": 3},
        "b": {"type": "integer", "maximum": 3},
        "calves": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": calf},
    }});
    let old = json!({"a": 9, "calves": [{"name": "x", "age": 9}]});
    let new = json!({"a": 9, "b": 1, "calves": [{"name": "y", "age": 1}, {"name": "x", "age": 9}]});
    assert_eq!(errors(&schema, &new, Some(&old)), [""; 0]);
    assert_eq!(errors(&schema, &new, None).len(), 2);
    let worse = json!({"a": 10, "calves": [{"name": "x", "age": 10}]});
    assert_eq!(errors(&schema, &worse, Some(&old)).len(), 2);
}

#[test]
fn formats_tell_texts_apart() {
    for (format, good, bad) in [
        ("bsonobjectid", "507f1f77bcf86cd799439011", "507f"),
        ("byte", "YQ==", "Y"),
        ("cidr", "10.0.0.0/8", "10.0.0.0/33"),
        ("creditcard", "4111 1111 1111 1111", "4111 1111 1111 1112"),
        ("date", "2026-11-28", "2026-13-28"),
        ("date-time", "2026-11-28T01:02:03Z", "2026-11-28"),
        ("duration", "1h30m", "one hour"),
        ("email", "a@b.example", "a b"),
        ("hexcolor", "#fff", "#ffff"),
        ("hostname", "a.example.com", "a_b..c"),
        ("ipv6", "::1", "10.0.0.1"),
        ("isbn10", "0-306-40615-2", "0-306-40615-3"),
        ("isbn13", "978-0-306-40615-7", "978-0-306-40615-8"),
        ("mac", "00:1b:44:11:3a:b7", "00:1b"),
        ("rgbcolor", "rgb(1, 2, 255)", "rgb(1, 2, 256)"),
        ("ssn", "111-22-3333", "1-2-3"),
        ("uri", "https://a.example/b", "a b"),
        ("uuid4", "7a2c2e5c-8f3b-4d4e-9b1a-0123456789ab", "7a2c2e5c-8f3b-1d4e-9b1a-0123456789ab"),
        ("k8s-short-name", "a-b", "a.b"),
        ("k8s-long-name", "a.b", "A"),
    ] {
        let schema = json!({"type": "object", "properties": {"x": {"type": "string", "format": format}}});
        assert_eq!(errors(&schema, &json!({"x": good}), None), [""; 0], "{format}");
        assert_eq!(errors(&schema, &json!({"x": bad}), None).len(), 1, "{format} {bad}");
    }
}

#[test]
fn long_lists_are_compared_item_by_item_and_not_with_each_other() {
    let item =
        json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "maximum": 3}}});
    let schema = json!({"type": "object", "properties": {
        "calves": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": item},
        "names": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
    }});
    let name = |index: usize| format!("a{}", index % 19_999);
    let object = |age: usize| {
        let calf = |index: usize| json!({"name": format!("a{index}"), "age": age});
        json!({"calves": (0..20_000).map(calf).collect::<Vec<_>>(), "names": (0..20_000).map(name).collect::<Vec<_>>()})
    };
    let (old, mut new) = (object(9), object(9));
    new["calves"][7]["age"] = 8.into();
    new["names"][0] = "b".into();
    let expected = ["calves[7].age: Invalid value: 8: calves[7].age in body should be less than or equal to 3"];
    assert_eq!(errors(&schema, &new, Some(&old)), expected);
    assert_eq!(errors(&schema, &object(1), None), ["names[19999]: Duplicate value: \"a0\""]);
}

#[test]
fn many_errors_are_enough() {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let set = json!({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "integer"}});
    for (schema, value) in [(texts, json!(vec![1; 100_000])), (set, json!(vec![1; 100_000]))] {
        let schema = json!({"type": "object", "properties": {"x": schema}});
        assert_eq!(errors(&schema, &json!({"x": value}), None).len(), 1000, "{schema}");
    }
}

#[test]
fn fractions_are_multiples_but_for_what_rounding_loses() {
    for (divisor, number, is_multiple) in [
        (json!(0.01), json!(0.07), true),
        (json!(0.01), json!(0.29), true),
        (json!(0.01), json!(-0.07), true),
        (json!(0.01), json!(0.075), false),
        (json!(0.01), json!(3), true),
        (json!(2.5), json!(7.5), true),
        (json!(2.5), json!(7.6), false),
        (json!(0.1), json!(0.0), true),
        (json!(3), json!(9_007_199_254_740_993_i64), true),
        (json!(3), json!(9_007_199_254_740_994_i64), false),
        (json!(0.5), json!(1e300), false),
    ] {
        let schema = json!({"type": "object", "properties": {"x": {"type": "number", "multipleOf": divisor}}});
        let errors = errors(&schema, &json!({"x": number}), None);
        assert_eq!(errors.is_empty(), is_multiple, "{number} of {divisor}: {errors:?}");
    }
}

#[test]
fn patterns_are_those_of_re2() {
    let schema = json!({"type": "object", "properties": {"x": {"type": "string", "pattern": r"^\d+$"}}});
    assert_eq!(errors(&schema, &json!({"x": "12"}), None), [""; 0]);
    assert_eq!(errors(&schema, &json!({"x": "١٢"}), None).len(), 1);
}
