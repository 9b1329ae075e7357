//! Rules applied to objects: what is said of each.

use super::rules;
use machinery::schema::Structural;
use serde_json::{Value, json};

fn schema(properties: &Value, validations: &Value) -> Structural {
    let schema = json!({"type": "object", "properties": properties, "x-kubernetes-validations": validations});
    serde_json::from_value::<Structural>(schema).unwrap().of_objects()
}

fn said(schema: &Structural, object: &Value, old: Option<&Value>) -> Vec<String> {
    rules(schema)
        .map_or_else(Vec::new, |rules| rules.check(schema, object, old).iter().map(ToString::to_string).collect())
}

#[test]
fn rules_say_what_is_wrong_and_where() {
    let properties = json!({
        "spec": {"type": "object", "properties": {"min": {"type": "integer"}, "max": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.min <= self.max", "message": " min is above max "}]},
        "names": {"type": "array", "items": {"type": "string", "x-kubernetes-validations": [{"rule": "self != 'no'"}]}},
        "labels": {"type": "object", "additionalProperties": {"type": "string", "x-kubernetes-validations":
            [{"rule": "self.size() < 3", "messageExpression": "'too long: ' + self", "reason": "FieldValueForbidden"}]}},
    });
    let root = json!([
        {"rule": "!has(self.names) || self.names.size() < 3", "fieldPath": ".names", "reason": "FieldValueRequired"},
        {"rule": "self.metadata.name != 'bad'"},
        {"rule": "!has(self.labels) || self.labels['k'] == 'v'"},
    ]);
    let schema = schema(&properties, &root);
    let object = |more: Value| {
        let mut object = json!({"metadata": {"name": "x"}});
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    for (object, expected) in [
        (object(json!({"spec": {"min": 1, "max": 2}})), vec![]),
        (object(json!({"spec": {"min": 3, "max": 2}})), vec!["spec: Invalid value: min is above max"]),
        (
            object(json!({"spec": {"min": 3}})),
            vec!["spec: Invalid value: \"object\": no such key: max evaluating rule: min is above max"],
        ),
        (object(json!({"names": ["a", "no"]})), vec!["names[1]: Invalid value: \"no\": failed rule: self != 'no'"]),
        (
            object(json!({"names": ["a", "b", "c"]})),
            vec!["names: Required value: failed rule: !has(self.names) || self.names.size() < 3"],
        ),
        (object(json!({"labels": {"k": "v", "l": "long"}})), vec!["labels[l]: Forbidden: too long: long"]),
        (
            object(json!({"labels": {"k": "w"}})),
            vec!["<nil>: Invalid value: failed rule: !has(self.labels) || self.labels['k'] == 'v'"],
        ),
        (json!({"metadata": {"name": "bad"}}), vec!["<nil>: Invalid value: failed rule: self.metadata.name != 'bad'"]),
    ] {
        assert_eq!(said(&schema, &object, None), expected, "{object}");
    }
}

#[test]
fn transitions_are_for_what_was_there_before() {
    let properties = json!({
        "color": {"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "immutable"}]},
        "size": {"type": "integer", "x-kubernetes-validations":
            [{"rule": "!oldSelf.hasValue() || oldSelf.value() < self", "optionalOldSelf": true, "message": "must grow"}]},
        "list": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}},
                "x-kubernetes-validations": [{"rule": "self.v >= oldSelf.v", "message": "went down"}]}},
    });
    let schema = schema(&properties, &json!([]));
    let old = json!({"color": "red", "size": 2, "list": [{"k": "a", "v": 1}, {"k": "b", "v": 5}]});
    for (object, old, expected) in [
        (json!({"color": "blue", "size": 1}), None, vec![]),
        (json!({"color": "red", "size": 3}), Some(&old), vec![]),
        (
            json!({"color": "blue", "size": 2}),
            Some(&old),
            vec!["color: Invalid value: \"blue\": immutable", "size: Invalid value: 2: must grow"],
        ),
        (
            json!({"list": [{"k": "b", "v": 4}, {"k": "a", "v": 1}, {"k": "c", "v": 0}]}),
            Some(&old),
            vec!["list[0]: Invalid value: went down"],
        ),
    ] {
        assert_eq!(said(&schema, &object, old), expected, "{object}");
    }
}

#[test]
fn what_has_not_changed_need_not_hold_to_new_rules() {
    let properties = json!({
        "spec": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.a > 10", "message": "a is small"}]},
        "other": {"type": "integer"},
    });
    let schema = schema(&properties, &json!([]));
    let old = json!({"spec": {"a": 1, "b": 1}, "other": 1});
    let same = json!({"spec": {"a": 1, "b": 1}, "other": 2});
    let changed = json!({"spec": {"a": 1, "b": 2}, "other": 1});
    assert_eq!(said(&schema, &same, Some(&old)), Vec::<String>::new());
    assert_eq!(said(&schema, &changed, Some(&old)), ["spec: Invalid value: a is small"]);
    assert_eq!(said(&schema, &same, None), ["spec: Invalid value: a is small"]);
}

#[test]
fn an_object_costs_no_more_than_its_budget() {
    let properties = json!({"list": {"type": "array", "items": {"type": "integer", "x-kubernetes-validations":
        [{"rule": "[1, 2, 3, 4, 5, 6, 7, 8].all(x, x > 0)"}]}}});
    let object = json!({"list": vec![1; 300_000]});
    let said = said(&schema(&properties, &json!([])), &object, None);
    assert_eq!(said.len(), 1);
    let end = "validation failed due to running out of cost budget, no further validation rules will be run";
    assert!(said[0].ends_with(end), "{said:?}");

    let rule = json!([{"rule": "self.list.all(x, self.list.all(y, x == y))"}]);
    let properties = json!({"list": {"type": "array", "items": {"type": "integer"}}});
    let said = self::said(&schema(&properties, &rule), &json!({"list": vec![1; 2000]}), None);
    let end = "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost \
               exceeds limit for rule: self.list.all(x, self.list.all(y, x == y))";
    assert_eq!(said, [format!("<nil>: Invalid value: \"object\": {end}")]);
}

#[test]
fn long_lists_are_compared_item_by_item_and_not_with_each_other() {
    let properties = json!({"list": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
        "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.v >= oldSelf.v", "message": "went down"}]}}});
    let schema = schema(&properties, &json!([]));
    let list = |value: fn(usize) -> usize| {
        let item = |index: usize| json!({"k": format!("a{index}"), "v": value(index)});
        json!({"list": (0..20_000).map(item).collect::<Vec<_>>()})
    };
    let said = said(&schema, &list(|index| usize::from(index != 19_999)), Some(&list(|_| 1)));
    assert_eq!(said, ["list[19999]: Invalid value: went down"]);
}

#[test]
fn many_errors_are_enough() {
    let properties = json!({"list": {"type": "array", "items": {"type": "integer", "x-kubernetes-validations":
        [{"rule": "self > 0"}]}}});
    let object = json!({"list": vec![0; 10_000]});
    assert_eq!(said(&schema(&properties, &json!([])), &object, None).len(), 1000);
    let mut old = object.clone();
    old["more"] = 1.into();
    assert_eq!(
        said(&schema(&properties, &json!([])), &object, Some(&old)),
        Vec::<String>::new(),
        "the list is as it was"
    );
}
