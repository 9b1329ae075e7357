//! What is said of rules in definitions.

use super::*;

fn texts(schema: &Value) -> Vec<String> {
    validate(schema, &Path::new("schema")).iter().map(ToString::to_string).collect()
}

fn with_rule(properties: &Value, rule: &Value) -> Value {
    json!({"type": "object", "properties": properties, "x-kubernetes-validations": [rule]})
}

#[test]
fn rules_have_a_form() {
    let properties = json!({"a": {"type": "string", "maxLength": 10}});
    let place = "schema.x-kubernetes-validations[0]";
    for (rule, expected) in [
        (json!({"rule": "self.a == 'x'", "message": "m", "reason": "FieldValueRequired", "fieldPath": ".a"}), None),
        (json!({"rule": " "}), Some("rule: Required value: rule is not specified")),
        (
            json!({"rule": "true", "message": " "}),
            Some("message: Invalid value: \" \": must be non-empty if specified"),
        ),
        (
            json!({"rule": "true ||\nfalse"}),
            Some("message: Required value: message must be specified if rule contains line breaks"),
        ),
        (
            json!({"rule": "true", "reason": "Whim"}),
            Some(
                "reason: Unsupported value: \"Whim\": supported values: \"FieldValueDuplicate\", \
                 \"FieldValueForbidden\", \"FieldValueInvalid\", \"FieldValueRequired\"",
            ),
        ),
        (
            json!({"rule": "true", "fieldPath": ".nope"}),
            Some("fieldPath: Invalid value: \".nope\": must be a valid path"),
        ),
        (
            json!({"rule": "true", "optionalOldSelf": true}),
            Some("optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule"),
        ),
    ] {
        let expected: Vec<String> = expected.into_iter().map(|text| format!("{place}.{text}")).collect();
        assert_eq!(texts(&with_rule(&properties, &rule)), expected, "{rule}");
    }
}

#[test]
fn expressions_are_checked_against_the_schema() {
    let properties = json!({"a": {"type": "string", "maxLength": 10}, "n": {"type": "integer"}});
    for (rule, expected) in [
        (
            json!({"rule": "self.b == 'x'"}),
            "compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == 'x'\n | ....^",
        ),
        (json!({"rule": "self.n"}), "cel expression must evaluate to a bool"),
        (json!({"rule": "self.n == 1", "messageExpression": "self.n"}), "messageExpression must evaluate to a string"),
        (json!({"rule": "[1].includes(1)"}), "undeclared reference to 'includes'"),
    ] {
        let said = texts(&with_rule(&properties, &rule));
        assert_eq!(said.len(), 1);
        assert!(said[0].contains(expected), "{said:?}");
    }
}

#[test]
fn what_would_cost_too_much_is_refused() {
    let quadratic = json!({"rule": "self.list.all(x, self.list.all(y, x == y))"});
    let list = |limits: Value| {
        let mut list = json!({"type": "array", "items": {"type": "string", "maxLength": 10}});
        list.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        json!({"list": list})
    };
    assert_eq!(texts(&with_rule(&list(json!({"maxItems": 100})), &quadratic)), [""; 0]);
    let hint = "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
    let said = texts(&with_rule(&list(json!({})), &quadratic));
    assert_eq!(
        said,
        [
            format!(
                "schema.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x {hint}"
            ),
            "schema.x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema".to_owned(),
            format!(
                "schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x {hint}"
            ),
        ]
    );
    let many = json!({"type": "object", "properties": {"list": {"type": "array", "items": {"type": "string", "maxLength": 50,
        "x-kubernetes-validations": [{"rule": "self.matches('^[a-z]+$')"}]}}}});
    let said = texts(&many);
    assert!(said[0].starts_with("schema.properties[list].items.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of"), "{said:?}");
}

#[test]
fn items_without_keys_have_no_former_selves() {
    let item = json!({"type": "object", "required": ["k"], "properties": {"k": {"type": "string", "maxLength": 5}},
        "x-kubernetes-validations": [{"rule": "self.k == oldSelf.k"}]});
    let list = |kind: &str| {
        json!({"type": "object", "properties": {"list": {"type": "array", "maxItems": 5, "items": item,
            "x-kubernetes-list-type": kind, "x-kubernetes-list-map-keys": if kind == "map" { vec!["k"] } else { vec![] }}}})
    };
    assert_eq!(texts(&list("map")), [""; 0]);
    assert_eq!(
        texts(&list("atomic")),
        [
            "schema.properties[list].items.x-kubernetes-validations[0].rule: Invalid value: \"self.k == oldSelf.k\": oldSelf cannot be used on the uncorrelatable portion of the schema within schema.properties[list]"
        ]
    );
}
